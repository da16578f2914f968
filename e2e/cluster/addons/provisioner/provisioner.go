// Package provisioner gives each claim of one node a directory of its own, and takes the directory away with the volume.
package provisioner

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/sig-storage-lib-external-provisioner/v13/controller"
)

// Name is what a StorageClass calls this provisioner.
const Name = "chronik.stream/directories"

type directories struct{ root string }

// Run serves until it is ended.
func Run(args []string) error {
	flags := flag.NewFlagSet("provisioner", flag.ContinueOnError)
	kubeconfig := flags.String("kubeconfig", "", "how to reach the API server")
	root := flags.String("root", "", "absolute path under which the volumes lie")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if !filepath.IsAbs(*root) {
		return fmt.Errorf("--root %q: an absolute path is needed", *root)
	}
	config, err := clientcmd.BuildConfigFromFlags("", *kubeconfig)
	if err != nil {
		return err
	}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return err
	}
	ctx := context.Background()
	own := &directories{root: filepath.Clean(*root)}
	controller.NewProvisionController(ctx, client, Name, own, controller.LeaderElection(false)).Run(ctx)
	return nil
}

// Provision makes the directory for a claim whose pod has a node.
func (d *directories) Provision(_ context.Context, options controller.ProvisionOptions) (*corev1.PersistentVolume, controller.ProvisioningState, error) {
	node := options.SelectedNodeName
	if node == "" {
		return nil, controller.ProvisioningFinished, errors.New("the StorageClass has to say volumeBindingMode: WaitForFirstConsumer")
	}
	claim := options.PVC
	path := filepath.Join(d.root, strings.Join([]string{claim.Namespace, claim.Name, options.PVName}, "."))
	if err := os.Mkdir(path, 0o755); err != nil && !os.IsExist(err) {
		return nil, controller.ProvisioningFinished, err
	}
	affinity := corev1.NodeSelectorRequirement{Key: corev1.LabelHostname, Operator: corev1.NodeSelectorOpIn, Values: []string{node}}
	terms := []corev1.NodeSelectorTerm{{MatchExpressions: []corev1.NodeSelectorRequirement{affinity}}}
	return &corev1.PersistentVolume{
		ObjectMeta: metav1.ObjectMeta{Name: options.PVName},
		Spec: corev1.PersistentVolumeSpec{
			AccessModes:                   claim.Spec.AccessModes,
			Capacity:                      corev1.ResourceList{corev1.ResourceStorage: claim.Spec.Resources.Requests[corev1.ResourceStorage]},
			PersistentVolumeReclaimPolicy: *options.StorageClass.ReclaimPolicy,
			NodeAffinity:                  &corev1.VolumeNodeAffinity{Required: &corev1.NodeSelector{NodeSelectorTerms: terms}},
			// A local volume and not a host path: the kubelet gives it to the pod's fsGroup, as it does with the volumes of a cloud.
			PersistentVolumeSource: corev1.PersistentVolumeSource{Local: &corev1.LocalVolumeSource{Path: path}},
		},
	}, controller.ProvisioningFinished, nil
}

// Delete removes what Provision made, and nothing else.
func (d *directories) Delete(_ context.Context, volume *corev1.PersistentVolume) error {
	local := volume.Spec.Local
	if local == nil || filepath.Dir(local.Path) != d.root {
		return &controller.IgnoredError{Reason: "not a directory of this provisioner"}
	}
	return os.RemoveAll(local.Path)
}

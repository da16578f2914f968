// What the programs of a node read: a folder of files, each written once.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Addresses } from './machine.ts';

export const PAUSE_IMAGE = 'chronik-e2e/pause:1';

export interface NodeFiles {
  readonly containerd: string;
  readonly kubelet: string;
  readonly proxy: string;
  readonly corefile: string;
  readonly socket: string;
}

interface Node {
  readonly folder: string;
  readonly name: string;
  readonly addresses: Addresses;
  readonly cgroup: string;
  /** Of the administrator: for what runs beside the kubelet. */
  readonly kubeconfig: string;
  /** Whom the kubelet believes to be the API server. */
  readonly kubeletClients: string;
}

export function writeNodeFiles(node: Node): NodeFiles {
  const { folder, addresses } = node;
  const path = (...names: readonly string[]): string => join(folder, ...names);
  for (const name of ['cni', 'containerd', 'kubelet', 'pod-logs']) mkdirSync(path(name), { recursive: true });
  const socket = path('containerd.sock');
  const files = {
    containerd: path('containerd.toml'),
    kubelet: path('kubelet.json'),
    proxy: path('proxy.json'),
    corefile: path('Corefile'),
    socket,
  };
  writeFileSync(path('resolv.conf'), `nameserver ${addresses.machine}\n`);
  writeFileSync(path('cni/10-pods.conflist'), JSON.stringify(podNetwork(node), undefined, 2));
  writeFileSync(files.containerd, containerd(folder, socket));
  writeFileSync(files.kubelet, JSON.stringify(kubelet(node, socket), undefined, 2));
  writeFileSync(files.proxy, JSON.stringify(proxy(node), undefined, 2));
  writeFileSync(files.corefile, corefile(node));
  return files;
}

/** Each pod on a cable of its own, everything else by routes: what goes from pod to pod passes the rules for services, too. */
function podNetwork({ addresses, folder }: Node): object {
  const ipam = {
    type: 'host-local',
    dataDir: join(folder, 'leases'),
    ranges: [[{ subnet: addresses.pods, gateway: addresses.podGateway }]],
    routes: [{ dst: '0.0.0.0/0' }],
  };
  return { cniVersion: '0.4.0', name: 'pods', plugins: [{ type: 'ptp', ipMasq: false, ipam }] };
}

function containerd(folder: string, socket: string): string {
  const plugins = ['/usr/lib/cni', '/opt/cni/bin'].find((candidate) => existsSync(join(candidate, 'ptp')));
  if (plugins === undefined) throw new Error('no CNI plugins in /usr/lib/cni, /opt/cni/bin: e2e/cluster/packages');
  const unused = [
    'internal.v1.opt',
    'snapshotter.v1.aufs',
    'snapshotter.v1.btrfs',
    'snapshotter.v1.devmapper',
    'snapshotter.v1.zfs',
  ];
  return `version = 2
root = "${folder}/containerd/root"
state = "${folder}/containerd/state"
disabled_plugins = ${JSON.stringify(unused.map((name) => `io.containerd.${name}`))}

[grpc]
address = "${socket}"

[plugins."io.containerd.grpc.v1.cri"]
sandbox_image = "${PAUSE_IMAGE}"
# Not every root may lower the score (CAP_SYS_RESOURCE), and without this no container starts then.
restrict_oom_score_adj = true

[plugins."io.containerd.grpc.v1.cri".cni]
bin_dir = "${plugins}"
conf_dir = "${folder}/cni"

[plugins."io.containerd.grpc.v1.cri".containerd]
snapshotter = "overlayfs"

[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
runtime_type = "io.containerd.runc.v2"

[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
SystemdCgroup = false
`;
}

function kubelet({ folder, addresses, cgroup, kubeletClients }: Node, socket: string): object {
  return {
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    address: addresses.machine,
    healthzPort: 0,
    authentication: {
      anonymous: { enabled: false },
      webhook: { enabled: true },
      x509: { clientCAFile: kubeletClients },
    },
    authorization: { mode: 'Webhook' },
    containerRuntimeEndpoint: `unix://${socket}`,
    cgroupDriver: 'cgroupfs',
    cgroupRoot: `/${cgroup}`,
    // A warning on machines that still have version 1.
    failCgroupV1: false,
    failSwapOn: false,
    clusterDNS: [addresses.dns],
    clusterDomain: 'cluster.local',
    resolvConf: join(folder, 'resolv.conf'),
    podLogsDir: join(folder, 'pod-logs'),
    volumePluginDir: join(folder, 'kubelet/plugins'),
    // Images are brought, never pulled: none may be tidied away, and a full disk of this machine is none of the pods' business.
    imageGCHighThresholdPercent: 100,
    evictionHard: { 'memory.available': '100Mi', 'nodefs.available': '1%', 'imagefs.available': '1%' },
    nodeStatusUpdateFrequency: '4s',
    syncFrequency: '10s',
  };
}

function proxy({ addresses, kubeconfig, name }: Node): object {
  return {
    apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
    kind: 'KubeProxyConfiguration',
    clientConnection: { kubeconfig },
    hostnameOverride: name,
    mode: 'iptables',
    clusterCIDR: addresses.pods,
    healthzBindAddress: '127.0.0.1:10256',
    metricsBindAddress: '127.0.0.1:10249',
    // Zero: leaves the kernel's own limits alone, which belong to the whole computer.
    conntrack: { maxPerCore: 0, tcpEstablishedTimeout: '0s', tcpCloseWaitTimeout: '0s' },
  };
}

function corefile({ addresses, kubeconfig }: Node): string {
  return `.:53 {
  bind ${addresses.machine}
  errors
  ready 127.0.0.1:8181
  kubernetes cluster.local in-addr.arpa {
    kubeconfig ${kubeconfig}
    ttl 5
  }
  cache 5
}
`;
}

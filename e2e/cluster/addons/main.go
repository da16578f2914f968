// Command addons is what a bare cluster lacks, in one program: it is CoreDNS or the volume provisioner, whatever it is called.
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"chronik.stream/e2e/addons/provisioner"
	"github.com/coredns/coredns/coremain"

	// The plugins of CoreDNS that the names of a cluster need; any other word in a Corefile is refused.
	_ "github.com/coredns/coredns/plugin/bind"
	_ "github.com/coredns/coredns/plugin/cache"
	_ "github.com/coredns/coredns/plugin/errors"
	_ "github.com/coredns/coredns/plugin/kubernetes"
	_ "github.com/coredns/coredns/plugin/ready"
)

func main() {
	switch name := filepath.Base(os.Args[0]); name {
	case "coredns":
		coremain.Run()
	case "provisioner":
		if err := provisioner.Run(os.Args[1:]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	default:
		fmt.Fprintf(os.Stderr, "addons: call it coredns or provisioner, not %s\n", name)
		os.Exit(2)
	}
}

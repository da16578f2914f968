// make kubernetes: the one-node Kubernetes of the cluster suite, with the images of this repository, until Ctrl-C.
import { startOwn, stopOnSignals } from '../suite/kubernetes.ts';

const kube = await startOwn();
console.log(`It runs until Ctrl-C. In another terminal:

  export KUBECONFIG=${kube.kubeconfig}
`);
stopOnSignals(kube);

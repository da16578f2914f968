import { HTTP_PORT } from '../../api/index.ts';
import type { ChronikCluster } from '../../api/index.ts';
import type { KubeObject } from '../kube-object.ts';
import { childMeta, names, selectorLabels } from './names.ts';
import { listenerOf } from './settings.ts';

/** Names of single brokers. Also of those that are not ready: a client that was told of one should find it as it returns. */
export function brokersService(cluster: ChronikCluster): KubeObject {
  return service(cluster, names.brokers(cluster.metadata.name), {
    clusterIP: 'None',
    publishNotReadyAddresses: true,
  });
}

/** The stable name with which clients begin; it leads to brokers that serve. */
export function bootstrapService(cluster: ChronikCluster): KubeObject {
  return service(cluster, names.bootstrap(cluster.metadata.name), { type: 'ClusterIP' });
}

function service(cluster: ChronikCluster, name: string, spec: object): KubeObject {
  const listener = listenerOf(cluster.spec);
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: childMeta(cluster, name),
    spec: {
      ...spec,
      selector: selectorLabels(cluster.metadata.name),
      ports: [
        { name: listener.name, port: listener.port, targetPort: listener.name, protocol: 'TCP' },
        { name: 'http', port: HTTP_PORT, targetPort: 'http', protocol: 'TCP' },
      ],
    },
  };
}

/** Only from within the Kubernetes cluster, and only to the two ports: neither of them knows authentication yet. */
export function networkPolicy(cluster: ChronikCluster): KubeObject {
  const ports = [listenerOf(cluster.spec).port, HTTP_PORT].map((port) => ({ port, protocol: 'TCP' }));
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: childMeta(cluster, names.networkPolicy(cluster.metadata.name)),
    spec: {
      podSelector: { matchLabels: selectorLabels(cluster.metadata.name) },
      policyTypes: ['Ingress'],
      ingress: [{ from: [{ namespaceSelector: {} }], ports }],
    },
  };
}

import type { ChronikCluster } from '../../api/index.ts';
import type { KubeObject } from '../kube-object.ts';
import { childMeta, names } from './names.ts';

/** Who the brokers are for the store's workload identity. It has no rights in Kubernetes: brokers need none. */
export function serviceAccount(cluster: ChronikCluster): KubeObject {
  const annotations = cluster.spec.objectStore.credentials?.workloadIdentity?.serviceAccountAnnotations;
  const metadata = childMeta(cluster, names.serviceAccount(cluster.metadata.name));
  return {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: annotations === undefined ? metadata : { ...metadata, annotations },
    automountServiceAccountToken: false,
  };
}

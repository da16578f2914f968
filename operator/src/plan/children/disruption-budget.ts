import type { ChronikCluster } from '../../api/index.ts';
import type { KubeObject } from '../kube-object.ts';
import { childMeta, names, selectorLabels } from './names.ts';

/** One broker at a time may be evicted, and none while one restores. */
export function disruptionBudget(cluster: ChronikCluster, restoring: boolean): KubeObject {
  return {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: childMeta(cluster, names.disruptionBudget(cluster.metadata.name)),
    spec: { maxUnavailable: restoring ? 0 : 1, selector: { matchLabels: selectorLabels(cluster.metadata.name) } },
  };
}

import type { ChronikCluster } from '../../api/index.ts';
import { canonicalJson } from '../canonical.ts';
import type { KubeObject } from '../kube-object.ts';
import { childMeta, names } from './names.ts';

/** Where the pods see the ConfigMap, and its one key. A directory, because the kubelet never renews a single mounted file. */
export const BOOT_PATH = '/etc/chronik/boot';
export const PLAN_FILE = 'plan.json';

/** `crds/boot-plan.v1.schema.json`, as far as this operator writes it. */
export interface BootPlan {
  readonly version: 1;
  readonly planId: string;
  readonly mode: 'Auto';
  readonly activeStore: string;
  readonly lineage?: string;
}

/**
 * What a broker has to know when it starts, and what changes without restarting it: which store is the cluster's, and the lineage
 * once it is known. With it a broker whose bucket was emptied or swapped refuses instead of starting fresh (P9).
 */
export function bootPlan({ status }: ChronikCluster): BootPlan {
  const lineage = status?.lineage;
  return {
    version: 1,
    planId: 'auto',
    mode: 'Auto',
    activeStore: 'primary',
    ...(lineage === undefined ? {} : { lineage }),
  };
}

export function bootConfigMap(cluster: ChronikCluster): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: childMeta(cluster, names.boot(cluster.metadata.name)),
    data: { [PLAN_FILE]: `${canonicalJson(bootPlan(cluster))}\n` },
  };
}

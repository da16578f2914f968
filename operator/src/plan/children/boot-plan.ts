import { RELEASE_ANNOTATION } from '../../api/index.ts';
import type { ChronikCluster } from '../../api/index.ts';
import { canonicalJson, hashOf } from '../canonical.ts';
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
  readonly onEmptyVolume: 'Auto' | 'Hold';
  readonly releasedVolumes?: readonly string[];
}

const VOLUME_ID = /^[A-Za-z0-9_-]{1,64}$/;
/** More than a plan may name. */
const MAX_RELEASED = 64;

/**
 * What a broker has to know when it starts, and what changes without restarting it: which store is the cluster's, and the lineage
 * once it is known. With it a broker whose bucket was emptied or swapped refuses instead of starting fresh (P9).
 */
export function bootPlan({ metadata, spec, status }: ChronikCluster): BootPlan {
  const lineage = status?.lineage;
  const { onEmptyVolume } = spec.recovery;
  const released = releasedVolumes(metadata.annotations?.[RELEASE_ANNOTATION] ?? '');
  return {
    version: 1,
    planId: 'auto',
    mode: 'Auto',
    activeStore: 'primary',
    onEmptyVolume,
    ...(lineage === undefined ? {} : { lineage }),
    ...(onEmptyVolume === 'Auto' || released.length === 0 ? {} : { releasedVolumes: released }),
  };
}

/** What a person wrote may be anything; what is no id releases nothing. */
function releasedVolumes(annotation: string): readonly string[] {
  const ids = annotation.split(',').map((id) => id.trim());
  return ids.filter((id) => VOLUME_ID.test(id)).slice(-MAX_RELEASED);
}

/** Stands for the plan on pods that were told of it. */
export function planHash(cluster: ChronikCluster): string {
  return hashOf(bootPlan(cluster));
}

export function bootConfigMap(cluster: ChronikCluster): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: childMeta(cluster, names.boot(cluster.metadata.name)),
    data: { [PLAN_FILE]: `${canonicalJson(bootPlan(cluster))}\n` },
  };
}

import { RELEASE_ANNOTATION } from '../../api/index.ts';
import type { ChronikCluster } from '../../api/index.ts';
import { canonicalJson, hashOf } from '../canonical.ts';
import { durationMs } from '../duration.ts';
import type { KubeObject } from '../kube-object.ts';
import { activeStoreOf } from '../stores.ts';
import { childMeta, names } from './names.ts';

/** Where the pods see the ConfigMap, and its one key. A directory, because the kubelet never renews a single mounted file. */
export const BOOT_PATH = '/etc/chronik/boot';
export const PLAN_FILE = 'plan.json';

/** `crds/boot-plan.v1.schema.json`, as far as this operator writes it. */
export interface BootPlan {
  readonly version: 1;
  readonly planId: string;
  readonly mode: 'Auto' | 'Promote';
  readonly activeStore: string;
  readonly storeAssumed?: true;
  readonly lineage?: string;
  readonly onEmptyVolume: 'Auto' | 'Hold';
  readonly releasedVolumes?: readonly string[];
  /** Of mode Promote, as are the following. */
  readonly expectedParent?: string;
  readonly maxDataLossMs?: number;
  readonly lostAtMs?: number;
  readonly force?: boolean;
  readonly planned?: boolean;
}

const VOLUME_ID = /^[A-Za-z0-9_-]{1,64}$/;
/** More than a plan may name. */
const MAX_RELEASED = 64;

/**
 * What a broker has to know when it starts, and what changes without restarting it: which store is the cluster's, and the lineage
 * once it is known. With it a broker whose bucket was emptied or swapped refuses instead of starting fresh (P9).
 */
export function bootPlan(cluster: ChronikCluster): BootPlan {
  const { metadata, spec, status } = cluster;
  const lineage = status?.lineage;
  const { onEmptyVolume } = spec.recovery;
  const released = releasedVolumes(metadata.annotations?.[RELEASE_ANNOTATION] ?? '');
  const common = {
    version: 1,
    onEmptyVolume,
    ...(lineage === undefined ? {} : { lineage }),
    ...(onEmptyVolume === 'Auto' || released.length === 0 ? {} : { releasedVolumes: released }),
  } as const;
  const order = status?.failover;
  if (order === undefined) {
    const isAssumed = status?.activeStore === undefined && (spec.replicaStores ?? []).length > 0;
    const store = { activeStore: activeStoreOf(cluster), ...(isAssumed ? { storeAssumed: true as const } : {}) };
    return { ...common, planId: 'auto', mode: 'Auto', ...store };
  }
  return {
    ...common,
    planId: order.planId,
    mode: 'Promote',
    activeStore: order.store,
    expectedParent: order.expectedParent,
    maxDataLossMs: durationMs(order.maxDataLoss),
    ...(order.lostAt === undefined ? {} : { lostAtMs: Date.parse(order.lostAt) }),
    force: order.force,
    ...(order.planned === undefined ? {} : { planned: order.planned }),
  };
}

/** What a person wrote may be anything; what is no id releases nothing. */
function releasedVolumes(annotation: string): readonly string[] {
  const ids = annotation.split(',').map((id) => id.trim());
  return ids.filter((id) => VOLUME_ID.test(id)).slice(-MAX_RELEASED);
}

/** True if the ConfigMap holds the plan that the status orders; while another is ordered, brokers of before must go first. */
export function isOrdered(cluster: ChronikCluster, found: KubeObject | undefined): boolean {
  const data = found?.['data'] as Readonly<Record<string, string>> | undefined;
  return data?.[PLAN_FILE]?.includes(`"planId":"${bootPlan(cluster).planId}"`) === true;
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

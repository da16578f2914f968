import type { ClusterStatus, NodeStatus, Phase } from '../api/index.ts';
import { nodeStatus } from './broker-node.ts';
import { names, selectorLabels } from './children/names.ts';
import { listenerOf } from './children/settings.ts';
import { conditionsOf, verdicts } from './conditions.ts';
import type { Situation } from './conditions.ts';
import { promotedNode } from './failover.ts';
import { replicaStatuses } from './replicas.ts';
import { activeStoreOf } from './stores.ts';
import { isCalledOff } from './switchover.ts';

/** The status of a cluster: the same situation gives the same status, whatever the time. */
export function statusOf(situation: Situation, nowMs: number): ClusterStatus {
  const { cluster, nodes } = situation;
  const { status: before, metadata, spec } = cluster;
  const generation = metadata.generation ?? 0;
  const said = nodes.map(({ report }) => report).find((report) => report?.lineage !== undefined);
  const anyReport = nodes.find(({ report }) => report !== undefined)?.report;
  const nodeStatuses = nodes.map(nodeStatus);
  const { name, namespace = 'default' } = metadata;
  const listener = listenerOf(spec);
  return {
    observedGeneration: generation,
    phase: phaseOf(situation, nodeStatuses),
    ...kept('version', anyReport?.version ?? before?.version),
    ...kept('lineage', said?.lineage ?? before?.lineage),
    ...kept('timeline', said?.timeline ?? before?.timeline),
    ...kept('epoch', said?.metadataEpoch ?? before?.epoch),
    ...kept('store', anyReport?.store?.description ?? before?.store),
    brokers: spec.brokers,
    readyBrokers: nodeStatuses.filter(({ ready }) => ready).length,
    selector: Object.entries(selectorLabels(name))
      .map(([key, value]) => `${key}=${value}`)
      .join(','),
    endpoints: [{ name: listener.name, bootstrap: `${names.bootstrap(name)}.${namespace}.svc:${listener.port}` }],
    nodes: nodeStatuses,
    ...failoverStatus(situation, nowMs),
    ...kept('replicas', replicaStatuses(situation)),
    conditions: conditionsOf(verdicts(situation), before?.conditions ?? [], generation, nowMs),
  };
}

function kept<Name extends string, Value>(name: Name, value: Value | undefined): { readonly [N in Name]?: Value } {
  return value === undefined ? {} : ({ [name]: value } as { readonly [N in Name]: Value });
}

/** The order stands until a broker serves from the promoted store; then that one is the cluster's. */
function failoverStatus({ cluster, nodes, failover }: Situation, nowMs: number): Partial<ClusterStatus> {
  const { status: before, spec } = cluster;
  // Until a broker has told, nobody knows: the resource may be a new one of a cluster that went on elsewhere.
  const serving = nodes.find(({ report }) => report?.state === 'serving')?.report;
  const known = kept('activeStore', before?.activeStore ?? serving?.activeStore);
  if ((spec.replicaStores ?? []).length === 0) return known;
  const activeStore = activeStoreOf(cluster);
  const last = kept('lastFailover', before?.lastFailover);
  const order = before?.failover ?? (failover.kind === 'promote' ? failover.order : undefined);
  if (order === undefined) return { ...known, ...last };
  // Decided on old facts: the order is taken back, and whoever looks at the new ones decides anew.
  const isOutdated = nodes.some(
    ({ assessment }) => assessment.kind === 'holding' && assessment.code === 'PLAN_OUTDATED',
  );
  if (isOutdated || isCalledOff(order, cluster, nodes)) return { ...known, ...last };
  const timeline = promotedNode(order, nodes)?.report?.timeline;
  if (timeline === undefined) return { ...known, failover: order, ...last };
  const finishedAt = new Date(nowMs).toISOString().replace(/\.\d+Z$/, 'Z');
  const lastFailover = { from: activeStore, to: order.store, timeline, ...kept('cutTime', order.cutTime), finishedAt };
  return { activeStore: order.store, lastFailover };
}

function phaseOf({ cluster, nodes, outdated }: Situation, statuses: readonly NodeStatus[]): Phase {
  if (cluster.metadata.deletionTimestamp !== undefined) return 'Deleting';
  if (cluster.spec.paused) return 'Paused';
  const kinds = new Set(nodes.map(({ assessment }) => assessment.kind));
  if (kinds.has('holding')) return 'Holding';
  if (kinds.has('crashing') || kinds.has('blocked')) return 'Degraded';
  const refilling = statuses.some(({ ready, volume }) => !ready && volume === 'Restoring');
  if (refilling || kinds.has('restoring')) return 'Restoring';
  if (outdated.length > 0) return 'Updating';
  if (statuses.every(({ ready }) => ready)) return 'Ready';
  return statuses.every(({ state }) => state === 'NoPod') ? 'Pending' : 'Starting';
}

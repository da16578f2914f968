import { SWITCHOVER_ANNOTATION } from '../api/index.ts';
import type { ChronikCluster } from '../api/index.ts';
import { serves } from './assessment.ts';
import type { BrokerNode } from './broker-node.ts';
import type { FailoverOrder, FailoverVerdict } from './failover.ts';
import { whyNotInSync } from './replicas.ts';
import { standbyStoresOf } from './stores.ts';

/** What a broker says that cannot have all that the one before it wrote. */
const BARRIER_CODES = new Set(['BARRIER_NOT_REACHED', 'PRIMARY_NOT_STOPPED', 'PRIMARY_UNKNOWN']);

/**
 * A move to another store without loss, which a person asked for; the way home after a failover is one, too. Begins once the copy
 * there is in sync, so that the brokers are not stopped for longer than it takes.
 */
export function judgeSwitchover(cluster: ChronikCluster, nodes: readonly BrokerNode[]): FailoverVerdict {
  const asked = askedFor(cluster);
  const running = nodes.find(({ assessment }) => serves(assessment))?.report;
  if (asked === undefined || running?.timeline !== asked.timeline) return { kind: 'none' };
  const { store, timeline } = asked;
  const why = whyNotInSync(store, nodes);
  if (why !== undefined) return { kind: 'waits', store, message: why };
  const planId = `switchover.${store}.${timeline}`;
  return {
    kind: 'promote',
    order: { store, planId, expectedParent: timeline, maxDataLoss: '0s', force: false, planned: true },
  };
}

/** `STORE@TIMELINE`, if the store can be gone to. It counts for the timeline that the person saw and for no later one. */
function askedFor(cluster: ChronikCluster): { readonly store: string; readonly timeline: string } | undefined {
  const [store = '', timeline = ''] = (cluster.metadata.annotations?.[SWITCHOVER_ANNOTATION] ?? '').split('@');
  return standbyStoresOf(cluster).includes(store) ? { store, timeline } : undefined;
}

/** True if a switchover cannot be finished, and whoever asked for it has taken that back: the brokers stay where they were. */
export function isCalledOff(order: FailoverOrder, cluster: ChronikCluster, nodes: readonly BrokerNode[]): boolean {
  if (order.planned !== true || askedFor(cluster)?.timeline === order.expectedParent) return false;
  return isStuck(nodes);
}

function isStuck(nodes: readonly BrokerNode[]): boolean {
  return nodes.some(({ assessment }) => assessment.kind === 'holding' && BARRIER_CODES.has(assessment.code));
}

/** What to do about a switchover that does not come to its end; undefined if it does, or there is none. */
export function wayBack({ metadata, status }: ChronikCluster, nodes: readonly BrokerNode[]): string | undefined {
  if (status?.failover?.planned !== true || !isStuck(nodes)) return undefined;
  return `To stay on ${status.activeStore ?? 'the store of before'}: ${annotate(metadata)} ${SWITCHOVER_ANNOTATION}-`;
}

/** The command that moves the cluster to the store. */
export function switchoverCommand({ metadata }: ChronikCluster, store: string, timeline: string): string {
  return `${annotate(metadata)} --overwrite ${SWITCHOVER_ANNOTATION}=${store}@${timeline}`;
}

function annotate({ name, namespace = 'default' }: ChronikCluster['metadata']): string {
  return `kubectl annotate chk ${name} -n ${namespace}`;
}

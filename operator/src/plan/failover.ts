import { PROMOTE_ANNOTATION } from '../api/index.ts';
import type { ChronikCluster, Reason } from '../api/index.ts';
import type { Action } from './action.ts';
import type { BrokerNode } from './broker-node.ts';
import { isTurnedAway } from './broker-report.ts';
import type { StorePreview } from './broker-report.ts';
import { durationMs } from './duration.ts';
import { activeStoreOf } from './stores.ts';
import { judgeSwitchover } from './switchover.ts';

/** A promotion that was decided and is not over. It stands in the status until a broker serves from the promoted store. */
export type FailoverOrder = NonNullable<NonNullable<ChronikCluster['status']>['failover']>;

/** What is to be done about a store that does not answer. */
export type FailoverVerdict =
  /** Nothing: it answers, or not long enough ago, or there is nowhere to go. */
  | { readonly kind: 'none' }
  /** A person has to decide; `message` has the numbers and the command. */
  | { readonly kind: 'stalled'; readonly reason: Reason; readonly message: string }
  /** A switchover was asked for and cannot begin yet. */
  | { readonly kind: 'waits'; readonly store: string; readonly message: string }
  | { readonly kind: 'promote'; readonly order: FailoverOrder };

export const NO_FAILOVER: FailoverVerdict = { kind: 'none' };

/**
 * Decides about a failover from what the brokers themselves see: since when their store has not answered, and what each copy would
 * keep. Pure. The operator never asks a store.
 */
export function judgeFailover(cluster: ChronikCluster, nodes: readonly BrokerNode[], nowMs: number): FailoverVerdict {
  const lostAt = lostSince(cluster, nodes);
  if (cluster.status?.failover !== undefined) return NO_FAILOVER;
  if (lostAt === undefined) return judgeSwitchover(cluster, nodes);
  const { failover } = cluster.spec.recovery;
  const isLong = nowMs - Date.parse(lostAt) >= durationMs(failover?.after ?? '5m');
  const previews = nodes.flatMap(({ report }) => report?.previews ?? []);
  const asked = askedFor(cluster, previews);
  if (asked !== undefined) return promote(asked, lostAt, failover?.maxDataLoss ?? '60s', true);
  if (!isLong) return NO_FAILOVER;
  const target = targetOf(cluster, previews);
  if (target === undefined) return NO_FAILOVER;
  const { name, cutTime, timeline, error } = target;
  const away = `${activeStoreOf(cluster)} has not answered since ${lostAt}`;
  if (cutTime === undefined || timeline === undefined) {
    const why = error === undefined ? 'it allows no consistent cut yet' : `${error.code}: ${error.message}`;
    return { kind: 'stalled', reason: 'FailoverImpossible', message: `${away}, and ${name} cannot take over: ${why}` };
  }
  const lossMs = lossOf(cutTime, lostAt);
  const command = commandFor(cluster, name, timeline);
  const numbers = `${away}; ${name} holds everything up to ${cutTime}, so at most ${seconds(lossMs)} of acknowledged records would be lost`;
  if (nodes.some(({ report }) => isTurnedAway(report))) {
    // Credentials that were rotated wrongly must not move a cluster to another region.
    const message = `${numbers}. But it is there, and turns the brokers away, as ObjectStoreReachable says: mend that, or go on there: ${command}`;
    return { kind: 'stalled', reason: 'StoreLost', message };
  }
  if (failover?.mode !== 'Automatic') {
    return { kind: 'stalled', reason: 'StoreLost', message: `${numbers}. To go on there: ${command}` };
  }
  const { maxDataLoss } = failover;
  if (lossMs <= durationMs(maxDataLoss)) return promote({ name, cutTime, timeline }, lostAt, maxDataLoss, false);
  const message = `${numbers}, more than recovery.failover.maxDataLoss (${maxDataLoss}). To accept that: ${command}`;
  return { kind: 'stalled', reason: 'DataLossTooGreat', message };
}

/** Since when the active store does not answer, as the status has kept it; only while brokers go on saying so. */
function lostSince({ status }: ChronikCluster, nodes: readonly BrokerNode[]): string | undefined {
  if (!nodes.some(({ report }) => report?.store?.reachable === false)) return undefined;
  const known = status?.conditions?.find(({ type }) => type === 'ObjectStoreReachable');
  return known?.status === 'False' ? known.lastTransitionTime : undefined;
}

/** The copy to take over: the one that is named, else the only one. Never back to one that was left before by itself. */
function targetOf(cluster: ChronikCluster, previews: readonly StorePreview[]): StorePreview | undefined {
  const named = cluster.spec.recovery.failover?.store;
  const candidates = previews.filter(({ name }) => name !== activeStoreOf(cluster));
  if (named !== undefined) return candidates.find(({ name }) => name === named);
  return candidates.length === 1 ? candidates[0] : undefined;
}

type Candidate = Pick<StorePreview, 'name' | 'cutTime' | 'timeline'>;

/** What a person has decided: `STORE@TIMELINE`. It counts for the timeline that the person saw and for no later one. */
function askedFor({ metadata }: ChronikCluster, previews: readonly StorePreview[]): Candidate | undefined {
  const [store, timeline] = (metadata.annotations?.[PROMOTE_ANNOTATION] ?? '').split('@');
  return previews.find((one) => one.name === store && one.timeline === timeline && one.cutTime !== undefined);
}

function promote(
  { name, cutTime = '', timeline = '' }: Candidate,
  lostAt: string,
  maxDataLoss: string,
  force: boolean,
): FailoverVerdict {
  // Told by what it decides: whoever decides the same again makes the same timeline.
  const planId = `failover.${name}.${timeline}`;
  return {
    kind: 'promote',
    order: { store: name, planId, expectedParent: timeline, cutTime, lostAt, maxDataLoss, force },
  };
}

function commandFor({ metadata }: ChronikCluster, store: string, timeline: string): string {
  const where = `${metadata.name} -n ${metadata.namespace ?? 'default'}`;
  return `kubectl annotate chk ${where} --overwrite ${PROMOTE_ANNOTATION}=${store}@${timeline}`;
}

function lossOf(cutTime: string, lostAt: string): number {
  return Math.max(0, Date.parse(lostAt) - Date.parse(cutTime));
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

/** The broker that serves from the promoted store, once there is one: the promotion is over. */
export function promotedNode(order: FailoverOrder, nodes: readonly BrokerNode[]): BrokerNode | undefined {
  return nodes.find(({ report }) => report?.state === 'serving' && report.activeStore === order.store);
}

/** What a broker gets to end that cannot flush, because its store does not answer. */
const HURRIED_SECONDS = 5;

/**
 * Brokers whose store is lost wait in vain for it while they stop; what they could not flush is beyond the cut either way, and their
 * volumes keep it. A planned switchover lets them finish.
 */
export function hurries({ status }: ChronikCluster, nodes: readonly BrokerNode[]): readonly Action[] {
  if (status?.failover?.planned === true) return [];
  return nodes.flatMap(({ name, pod }): readonly Action[] => {
    const { uid, deletionTimestamp, deletionGracePeriodSeconds = 0 } = pod?.metadata ?? {};
    const isEnding = deletionTimestamp !== undefined;
    if (uid === undefined || !isEnding || deletionGracePeriodSeconds <= HURRIED_SECONDS) return [];
    return [{ kind: 'hurryPod', pod: name, graceSeconds: HURRIED_SECONDS, evidence: { podUID: uid } }];
  });
}

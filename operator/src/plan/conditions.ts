import { RELEASE_ANNOTATION } from '../api/index.ts';
import type { ChronikCluster, Condition, ConditionType, Reason } from '../api/index.ts';
import { serves } from './assessment.ts';
import { isForeign, isHeldForRelease } from './broker-node.ts';
import type { BrokerNode } from './broker-node.ts';
import { isTurnedAway } from './broker-report.ts';
import type { FailoverVerdict } from './failover.ts';
import type { Failure } from './observed.ts';
import { quantityValue } from './quantity.ts';
import { replicaInSync } from './replicas.ts';
import { activeStoreOf, standbyStoresOf } from './stores.ts';
import { switchoverCommand, wayBack } from './switchover.ts';

/** What a condition says, before the time of its last change is known. */
export interface Verdict {
  readonly type: ConditionType;
  readonly status: Condition['status'];
  readonly reason: Reason;
  readonly message: string;
}

export interface Situation {
  readonly cluster: ChronikCluster;
  readonly nodes: readonly BrokerNode[];
  /** Writes that are still to be done, in words; empty = as specified. */
  readonly pending: readonly string[];
  /** Brokers that run an older template. */
  readonly outdated: readonly BrokerNode[];
  readonly failure: Failure | undefined;
  readonly failover: FailoverVerdict;
}

export function verdicts(situation: Situation): readonly Verdict[] {
  const replicas = replicaInSync(situation);
  return [
    ready(situation),
    reconciling(situation),
    stalled(situation),
    storeReachable(situation),
    volumesHealthy(situation),
    upToDate(situation),
    ...(replicas === undefined ? [] : [replicas, writeAuthority(situation)]),
  ];
}

/** Keeps the time of a condition whose status has not changed. */
export function conditionsOf(
  found: readonly Verdict[],
  before: readonly Condition[],
  generation: number,
  nowMs: number,
): readonly Condition[] {
  return found.map((verdict) => {
    const old = before.find(({ type }) => type === verdict.type);
    const lastTransitionTime =
      old?.status === verdict.status ? old.lastTransitionTime : new Date(nowMs).toISOString().replace(/\.\d+Z$/, 'Z');
    return { ...verdict, lastTransitionTime, observedGeneration: generation };
  });
}

function ready({ cluster, nodes }: Situation): Verdict {
  const type = 'Ready';
  if (cluster.metadata.deletionTimestamp !== undefined) {
    return { type, status: 'False', reason: 'Deleting', message: 'the cluster is being deleted' };
  }
  const down = nodes.find(({ assessment }) => !serves(assessment));
  if (down === undefined) return { type, status: 'True', reason: 'Serving', message: 'all brokers serve' };
  return { type, status: 'False', ...whyDown(down, cluster) };
}

/** Why a broker does not serve, with what a person can do about it. */
export function whyDown(
  node: BrokerNode,
  { metadata }: ChronikCluster,
): { readonly reason: Reason; readonly message: string } {
  const { name, assessment } = node;
  if (assessment.kind === 'holding' && isHeldForRelease(node)) {
    const command = `kubectl annotate chk ${metadata.name} -n ${metadata.namespace ?? 'default'} --overwrite ${RELEASE_ANNOTATION}=${assessment.volumeId ?? ''}`;
    const message = `${name} has an empty volume and waits, as recovery.onEmptyVolume says. To restore onto it: ${command}`;
    return { reason: 'HeldForRelease', message };
  }
  switch (assessment.kind) {
    case 'absent':
      return { reason: 'NoPod', message: `${name} has no pod yet` };
    case 'stopping':
      return { reason: 'Stopping', message: `${name} is stopping` };
    case 'starting':
      return { reason: 'Starting', message: `${name} is starting` };
    case 'blocked':
      return { reason: assessment.reason, message: `${name}: ${assessment.message}` };
    case 'crashing': {
      const code = assessment.code === undefined ? '' : `${assessment.code}: `;
      return { reason: 'CrashLooping', message: `${name}: ${code}${assessment.message}` };
    }
    case 'silent':
      return { reason: 'NotReporting', message: `${name} runs, but does not answer on /status` };
    case 'restoring':
      return { reason: 'Restoring', message: `${name} restores from the bucket` };
    case 'holding':
      return {
        reason: 'Holding',
        message:
          `${name}: ${assessment.code}: ${assessment.message.replace(/\.$/, '')}. ${assessment.remedy}`.trimEnd(),
      };
    case 'serving':
      return { reason: 'Serving', message: `${name} serves` };
  }
}

function reconciling({ cluster, pending, outdated }: Situation): Verdict {
  const type = 'Reconciling';
  if (cluster.metadata.deletionTimestamp !== undefined) {
    return { type, status: 'True', reason: 'Deleting', message: 'brokers flush and seal before everything goes' };
  }
  if (cluster.spec.paused) {
    return { type, status: 'False', reason: 'Paused', message: 'spec.paused: nothing is changed' };
  }
  if (pending.length > 0) return { type, status: 'True', reason: 'Applying', message: pending.join('; ') };
  if (outdated.length > 0) {
    return { type, status: 'True', reason: 'Updating', message: `to be replaced: ${namesOf(outdated)}` };
  }
  return { type, status: 'False', reason: 'AsSpecified', message: 'everything is as specified' };
}

function stalled({ cluster, failure, failover, nodes }: Situation): Verdict {
  const type = 'Stalled';
  const refused = failure === undefined ? undefined : ({ type, status: 'True', ...wordsOf(failure) } as const);
  if (refused !== undefined && refused.reason !== 'ExpansionRefused') return refused;
  if (failover.kind === 'stalled') {
    return { type, status: 'True', reason: failover.reason, message: failover.message };
  }
  const stuck = nodes.find(
    ({ assessment: { kind } }) => kind === 'holding' || kind === 'crashing' || kind === 'blocked',
  );
  if (stuck !== undefined) {
    const { reason, message } = whyDown(stuck, cluster);
    const back = wayBack(cluster, nodes);
    return { type, status: 'True', reason, message: back === undefined ? message : `${message} ${back}` };
  }
  const shutOut = nodes.find(({ report }) => isTurnedAway(report));
  if (shutOut !== undefined) return { ...storeReachable({ nodes: [shutOut] }), type, status: 'True' };
  // Least urgent: the broker serves from the volume that it has.
  return refused ?? { type, status: 'False', reason: 'AsSpecified', message: 'nothing needs a person' };
}

function wordsOf({ action, reason, message }: Failure): Pick<Verdict, 'reason' | 'message'> {
  return { reason, message: `${action}: ${message}` };
}

function storeReachable({ nodes }: Pick<Situation, 'nodes'>): Verdict {
  const type = 'ObjectStoreReachable';
  const said = nodes.flatMap(({ name, report }) =>
    report?.store === undefined ? [] : [{ name, store: report.store }],
  );
  const away = said.find(({ store }) => !store.reachable);
  if (away !== undefined) {
    const { code = '', message = '' } = away.store.lastError ?? {};
    const why = `${away.name} cannot reach ${away.store.description}: ${code}: ${message}`;
    return { type, status: 'False', reason: 'Unreachable', message: why };
  }
  if (said.length === 0) {
    return { type, status: 'Unknown', reason: 'Unknown', message: 'no broker has told yet' };
  }
  return { type, status: 'True', reason: 'Reachable', message: 'all brokers that report reach the bucket' };
}

function volumesHealthy({ cluster, nodes, failure }: Situation): Verdict {
  const type = 'VolumesHealthy';
  const foreign = nodes.find(isForeign);
  if (foreign !== undefined) {
    return { type, status: 'False', reason: 'Foreign', message: whyDown(foreign, cluster).message };
  }
  const held = nodes.find(isHeldForRelease);
  if (held !== undefined) return { type, status: 'False', ...whyDown(held, cluster) };
  const fresh = nodes.find(
    ({ change, report }) => (change === 'first' || change === 'new') && report?.state !== 'serving',
  );
  const restoring = nodes.find(
    ({ prepared, before, report }) =>
      (prepared?.decision === 'restore' || before?.volume === 'Restoring') && report?.state !== 'serving',
  );
  const waiting = restoring ?? fresh;
  if (waiting !== undefined) {
    return { type, status: 'False', reason: 'Restoring', message: `the volume of ${waiting.name} is being filled` };
  }
  const unfilled = nodes.some(({ change, before }) => change === 'none' || before?.volume === 'Empty');
  if (unfilled && !nodes.every(({ report }) => report?.state === 'serving')) {
    return { type, status: 'Unknown', reason: 'Unknown', message: 'there is a broker without a filled volume' };
  }
  if (failure?.reason === 'ExpansionRefused') {
    return { type, status: 'True', reason: 'ExpansionRefused', message: failure.message };
  }
  const wanted = quantityValue(cluster.spec.storage.size) ?? 0;
  const small = nodes.filter(({ claim }) => (quantityValue(claim?.status?.capacity?.storage) ?? wanted) < wanted);
  if (small.length > 0) {
    return { type, status: 'True', reason: 'Expanding', message: `volumes are growing: ${namesOf(small)}` };
  }
  return { type, status: 'True', reason: 'Initialized', message: 'every broker has its volume' };
}

/** Which store may be written, and whether somebody does. */
function writeAuthority({ cluster, nodes, failover }: Situation): Verdict {
  const type = 'WriteAuthority';
  const order = cluster.status?.failover ?? (failover.kind === 'promote' ? failover.order : undefined);
  if (order !== undefined) {
    const left = nodes.filter(({ pod }) => pod !== undefined).map(({ name }) => name);
    const waits = left.length === 0 ? '' : `; pods that have not ended: ${left.join(', ')}`;
    const what = order.cutTime === undefined ? 'everything' : `all that was acknowledged before ${order.cutTime}`;
    const message = `going on from ${order.store} with ${what}${waits}`;
    return { type, status: 'Unknown', reason: 'Promoting', message };
  }
  const store = activeStoreOf(cluster);
  const writer = nodes.find(({ assessment, report }) => serves(assessment) && report?.store?.reachable !== false);
  if (writer === undefined) {
    return { type, status: 'False', reason: 'Unreachable', message: `no broker writes to ${store}` };
  }
  const message = `${writer.name} writes to ${store}${wayFrom(cluster, failover)}`;
  return { type, status: 'True', reason: 'Held', message };
}

/** After a failover: how to go home. Nothing does by itself. */
function wayFrom(cluster: ChronikCluster, failover: FailoverVerdict): string {
  if (failover.kind === 'waits') return `; the switchover to ${failover.store} waits: ${failover.message}`;
  const [home] = standbyStoresOf(cluster);
  const { lastFailover, timeline } = cluster.status ?? {};
  if (home === undefined || timeline === undefined || lastFailover?.from !== home) return '';
  return `. To go back to ${home} without loss: ${switchoverCommand(cluster, home, timeline)}`;
}

function upToDate({ outdated, nodes }: Situation): Verdict {
  const type = 'UpToDate';
  if (outdated.length > 0) {
    return { type, status: 'False', reason: 'Updating', message: `older template: ${namesOf(outdated)}` };
  }
  if (nodes.some(({ pod }) => pod === undefined)) {
    return { type, status: 'Unknown', reason: 'NoPod', message: 'not every broker has a pod' };
  }
  return { type, status: 'True', reason: 'AsSpecified', message: 'all brokers run the current template' };
}

function namesOf(nodes: readonly BrokerNode[]): string {
  return nodes.map(({ name }) => name).join(', ');
}

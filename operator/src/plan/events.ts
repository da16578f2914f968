import type { ChronikCluster, ClusterStatus, NodeStatus } from '../api/index.ts';
import type { EventSpec } from './action.ts';
import { hashOf } from './canonical.ts';

/**
 * What changed between the status of before and the new one, as events. They are recorded before the status is written and
 * are named by what they tell: an operator that is killed in between tells nothing twice and leaves nothing out.
 */
export function eventsBetween(cluster: ChronikCluster, after: ClusterStatus): readonly EventSpec[] {
  const before = cluster.status;
  const nodes = (after.nodes ?? []).flatMap((node) =>
    nodeEvents(
      before?.nodes?.find(({ name }) => name === node.name),
      node,
    ),
  );
  return [...nodes, ...failoverEvents(before, after), ...conditionEvents(before, after)].map((event) => ({
    ...event,
    name: `${cluster.metadata.name}.${hashOf([cluster.metadata.uid, event])}`,
  }));
}

type Told = Omit<EventSpec, 'name'> & { readonly of: readonly unknown[] };

function nodeEvents(before: NodeStatus | undefined, node: NodeStatus): readonly Told[] {
  const events: Told[] = [];
  const { name, pvcUID, volume, lastRecovery } = node;
  const isRecovered = lastRecovery !== undefined && lastRecovery.finishedAt !== before?.lastRecovery?.finishedAt;
  // A restore that was over before anybody looked has begun all the same.
  if ((volume === 'Restoring' || (isRecovered && lastRecovery.mode === 'restored')) && before?.volume !== 'Restoring') {
    const message = `${name} restores its volume from the bucket`;
    const of = [name, pvcUID, before?.lastRecovery?.finishedAt];
    events.push({ type: 'Normal', reason: 'RestoreStarted', message, of });
  }
  if (isRecovered) {
    const { mode, partitions = 0, records = 0, milliseconds = 0, anomalies = 0, finishedAt } = lastRecovery;
    const found = `${partitions} partitions, ${records} records, in ${milliseconds} ms`;
    const told = { of: [name, finishedAt] };
    switch (mode) {
      case 'created':
        events.push({ ...told, type: 'Normal', reason: 'ClusterCreated', message: `${name} began a new cluster` });
        break;
      case 'restored':
        events.push({ ...told, type: 'Normal', reason: 'RestoreCompleted', message: `${name} has restored ${found}` });
        break;
      case 'attached':
        events.push({ ...told, type: 'Normal', reason: 'BrokerStarted', message: `${name} has started: ${found}` });
        break;
    }
    if (anomalies > 0) {
      const message = `${name} met ${anomalies} things that were not in order; see its /status`;
      events.push({ ...told, type: 'Warning', reason: 'RestoreAnomalies', message });
    }
  }
  return events;
}

function failoverEvents(before: ClusterStatus | undefined, after: ClusterStatus): readonly Told[] {
  const events: Told[] = [];
  const { failover: order, lastFailover: last } = after;
  if (order !== undefined && order.planId !== before?.failover?.planId) {
    const { store, lostAt, cutTime, planned = false, planId } = order;
    const message = planned
      ? `switches over to ${store}, as was asked for; nothing is lost`
      : `goes on from ${store}: the store of before has not answered since ${lostAt}, kept is what was acknowledged before ${cutTime}`;
    events.push({ type: planned ? 'Normal' : 'Warning', reason: 'FailoverStarted', message, of: [planId] });
  }
  if (last !== undefined && last.timeline !== before?.lastFailover?.timeline) {
    const message = `runs on ${last.to} as timeline ${last.timeline}; ${last.from} was left`;
    events.push({ type: 'Normal', reason: 'FailoverCompleted', message, of: [last.timeline] });
  }
  return events;
}

function conditionEvents(before: ClusterStatus | undefined, after: ClusterStatus): readonly Told[] {
  return (after.conditions ?? []).flatMap((condition): readonly Told[] => {
    const { type, status, reason, message } = condition;
    const old = before?.conditions?.find((known) => known.type === type);
    // The time of the change before this one: the same until this one is written.
    const of = [type, old?.lastTransitionTime, reason];
    if (type === 'Stalled' && status === 'True' && (old?.status !== 'True' || old.reason !== reason)) {
      return [{ type: 'Warning', reason, message, of }];
    }
    if (type === 'ObjectStoreReachable' && status === 'False' && old?.status !== 'False') {
      return [{ type: 'Warning', reason, message, of }];
    }
    if (type === 'ObjectStoreReachable' && status === 'True' && old?.status === 'False') {
      return [{ type: 'Normal', reason, message, of }];
    }
    if (type === 'ReplicaInSync' && status === 'False' && old?.status === 'True') {
      return [{ type: 'Warning', reason: 'ReplicaBehind', message, of }];
    }
    if (type === 'ReplicaInSync' && status === 'True' && old?.status !== 'True') {
      return [{ type: 'Normal', reason: 'ReplicaInSync', message, of }];
    }
    if (type === 'Ready' && status === 'True' && old?.status !== 'True') {
      return [{ type: 'Normal', reason: 'Ready', message, of }];
    }
    return [];
  });
}

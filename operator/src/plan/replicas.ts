import type { ClusterStatus } from '../api/index.ts';
import type { BrokerNode } from './broker-node.ts';
import type { ReplicaReport } from './broker-report.ts';
import type { Situation, Verdict } from './conditions.ts';
import { standbyStoresOf } from './stores.ts';

type ReplicaStatus = NonNullable<ClusterStatus['replicas']>[number];

/**
 * The replica stores as the brokers tell of them. Whatever moves while all is quiet stays out of the status: how far a replica is
 * stands there only while it is behind, and only to the minute.
 */
export function replicaStatuses({ cluster, nodes }: Situation): readonly ReplicaStatus[] | undefined {
  if ((cluster.spec.replicaStores ?? []).length === 0) return undefined;
  const told = nodes.flatMap(({ report }) => report?.replicas ?? []);
  return standbyStoresOf(cluster).map((name) => {
    const before = cluster.status?.replicas?.find((replica) => replica.name === name);
    const report = told.find((replica) => replica.name === name);
    return report === undefined ? (before ?? { name, reachable: false, inSync: false }) : statusOf(report);
  });
}

function statusOf({ name, reachable, state, upTo, problems }: ReplicaReport): ReplicaStatus {
  const inSync = reachable && problems === 0 && state === 'in sync';
  const minute = upTo === undefined ? Number.NaN : Math.floor(Date.parse(upTo) / 60_000) * 60_000;
  const isTold = !inSync && Number.isFinite(minute);
  const cutTime = isTold ? { cutTime: new Date(minute).toISOString().replace('.000Z', 'Z') } : {};
  return { name, reachable, inSync, ...cutTime };
}

/** Undefined for clusters without replica stores. */
export function replicaInSync(situation: Situation): Verdict | undefined {
  const { cluster, nodes } = situation;
  const { replicaStores = [], replication } = cluster.spec;
  if (replicaStores.length === 0) return undefined;
  const type = 'ReplicaInSync';
  if (replication === undefined || replication.managedBy === 'None') {
    const message =
      'spec.replication.managedBy is None: replica stores are read to repair damage, nothing is copied to them';
    return { type, status: 'Unknown', reason: 'NotCopied', message };
  }
  const told = nodes.flatMap(({ report }) => report?.replicas ?? []);
  const silent = standbyStoresOf(cluster).find((name) => !told.some((replica) => replica.name === name));
  if (silent !== undefined) {
    return { type, status: 'Unknown', reason: 'Unknown', message: `no broker tells of replica store ${silent}` };
  }
  const away = told.find(({ reachable }) => !reachable);
  if (away !== undefined) {
    return { type, status: 'False', reason: 'Unreachable', message: `replica store ${away.name} does not answer` };
  }
  const behind = told.find((replica) => whyBehind(replica) !== undefined);
  if (behind !== undefined) {
    const message = `replica store ${behind.name}: ${whyBehind(behind)}`;
    return { type, status: 'False', reason: 'Behind', message };
  }
  return { type, status: 'True', reason: 'InSync', message: 'every replica store has all that the last look found' };
}

function whyBehind({ state, problems }: ReplicaReport): string | undefined {
  if (problems > 0) return `${problems} problems, see /status of the broker`;
  return state === 'in sync' ? undefined : state;
}

/** Why the cluster cannot go on from that store without loss, as the brokers see it; undefined if it can. */
export function whyNotInSync(name: string, nodes: readonly BrokerNode[]): string | undefined {
  const replica = nodes.flatMap(({ report }) => report?.replicas ?? []).find((one) => one.name === name);
  if (replica === undefined) return `no broker tells of replica store ${name}`;
  if (!replica.reachable) return `replica store ${name} does not answer`;
  const why = whyBehind(replica);
  return why === undefined ? undefined : `replica store ${name}: ${why}`;
}

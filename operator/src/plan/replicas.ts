import type { ClusterStatus } from '../api/index.ts';
import type { ReplicaReport } from './broker-report.ts';
import type { Situation, Verdict } from './conditions.ts';

type ReplicaStatus = NonNullable<ClusterStatus['replicas']>[number];

/**
 * The replica stores as the brokers tell of them. Whatever moves while all is quiet stays out of the status: how far a replica is
 * stands there only while it is behind, and only to the minute.
 */
export function replicaStatuses({ cluster, nodes }: Situation): readonly ReplicaStatus[] | undefined {
  const { replicaStores = [] } = cluster.spec;
  if (replicaStores.length === 0) return undefined;
  const told = nodes.flatMap(({ report }) => report?.replicas ?? []);
  return replicaStores.map(({ name }) => {
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
  const silent = replicaStores.find(({ name }) => !told.some((replica) => replica.name === name));
  if (silent !== undefined) {
    return { type, status: 'Unknown', reason: 'Unknown', message: `no broker tells of replica store ${silent.name}` };
  }
  const away = told.find(({ reachable }) => !reachable);
  if (away !== undefined) {
    return { type, status: 'False', reason: 'Unreachable', message: `replica store ${away.name} does not answer` };
  }
  const behind = told.find(({ state, problems }) => state !== 'in sync' || problems > 0);
  if (behind !== undefined) {
    const why = behind.problems > 0 ? `${behind.problems} problems, see /status of the broker` : behind.state;
    return { type, status: 'False', reason: 'Behind', message: `replica store ${behind.name}: ${why}` };
  }
  return { type, status: 'True', reason: 'InSync', message: 'every replica store has all that the last look found' };
}

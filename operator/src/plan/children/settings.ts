import { HTTP_PORT } from '../../api/index.ts';
import type { ChronikCluster, ClusterSpec } from '../../api/index.ts';
import type { KubeObject } from '../kube-object.ts';
import { BOOT_PATH, PLAN_FILE } from './boot-plan.ts';
import { childMeta, names } from './names.ts';
import { storeSettings } from './stores.ts';

export const DATA_PATH = '/var/lib/chronik';
export const TERMINATION_LOG = '/dev/termination-log';

/** A clean stop flushes and seals; what is not done within this is recovered at the next start. */
const STOP_BUDGET_MS = 45_000;
/** Room for the kubelet around the budget. */
export const GRACE_PERIOD_SECONDS = STOP_BUDGET_MS / 1000 + 15;

type Settings = Readonly<Record<string, string>>;

/** Where clients connect. The CRD admits exactly one listener. */
export function listenerOf(spec: ClusterSpec): ClusterSpec['listeners'][number] {
  const [listener] = spec.listeners;
  if (listener === undefined) throw new TypeError('a cluster without a listener was admitted');
  return listener;
}

/** The brokers' settings, as environment variables. None of them is a secret; a change restarts the brokers. */
export function settingsOf(cluster: ChronikCluster): Settings {
  const { spec, metadata } = cluster;
  const { lingerMs } = spec.durability;
  return {
    ...spec.config,
    CHRONIK_LISTEN_HOST: '0.0.0.0',
    CHRONIK_PORT: String(listenerOf(spec).port),
    CHRONIK_HTTP_LISTEN_HOST: '0.0.0.0',
    CHRONIK_HTTP_PORT: String(HTTP_PORT),
    CHRONIK_DATA_DIR: DATA_PATH,
    CHRONIK_BOOT_PLAN: `${BOOT_PATH}/${PLAN_FILE}`,
    CHRONIK_TERMINATION_LOG: TERMINATION_LOG,
    CHRONIK_INSTALLATION: metadata.uid ?? '',
    CHRONIK_ON_DAMAGE: spec.recovery.onDamage === 'MarkLost' ? 'mark-lost' : 'hold',
    CHRONIK_STOP_BUDGET_MS: String(STOP_BUDGET_MS),
    CHRONIK_LOG_FORMAT: 'json',
    ...(lingerMs === undefined ? {} : { CHRONIK_WAL_LINGER_MS: String(lingerMs) }),
    ...storeSettings(spec),
    ...replication(spec),
  };
}

/** Who copies the bucket to the replica stores. */
function replication({
  replicaStores = [],
  replication: { managedBy, maxBytesPerSecond } = { managedBy: 'None' },
}: ClusterSpec): Settings {
  if (replicaStores.length === 0) return {};
  const rate =
    maxBytesPerSecond === undefined ? {} : { CHRONIK_REPLICATION_MAX_BYTES_PER_SECOND: String(maxBytesPerSecond) };
  return { CHRONIK_REPLICATION: managedBy.toLowerCase(), ...rate };
}

export function settingsConfigMap(cluster: ChronikCluster): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: childMeta(cluster, names.settings(cluster.metadata.name)),
    data: settingsOf(cluster),
  };
}

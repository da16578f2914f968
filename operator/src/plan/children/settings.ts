import { HTTP_PORT } from '../../api/index.ts';
import type { ChronikCluster, ClusterSpec } from '../../api/index.ts';
import type { KubeObject } from '../kube-object.ts';
import { BOOT_PATH, PLAN_FILE } from './boot-plan.ts';
import { childMeta, names } from './names.ts';

export const DATA_PATH = '/var/lib/chronik';
export const BUCKET_PATH = '/var/lib/chronik-bucket';
export const SECRETS_PATH = '/etc/chronik/secrets';
export const TERMINATION_LOG = '/dev/termination-log';
export const AUTHORITIES_PATH = '/etc/chronik/authorities';

/** A clean stop flushes and seals; what is not done within this is recovered at the next start. */
const STOP_BUDGET_MS = 45_000;
/** Room for the kubelet around the budget. */
export const GRACE_PERIOD_SECONDS = STOP_BUDGET_MS / 1000 + 15;

type Settings = Readonly<Record<string, string>>;
type ObjectStore = ClusterSpec['objectStore'];

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
    ...storeSettings(spec.objectStore),
    ...(spec.objectStore.caSecretRef === undefined ? {} : { OBJECT_STORE_CA_FILE: `${AUTHORITIES_PATH}/ca.crt` }),
  };
}

function storeSettings({ local, s3, gcs, azure, credentials }: ObjectStore): Settings {
  if (local !== undefined) return { OBJECT_STORE_BACKEND: 'local', LOCAL_STORAGE_PATH: BUCKET_PATH };
  if (s3 !== undefined) {
    return present({
      OBJECT_STORE_BACKEND: 's3',
      S3_BUCKET: s3.bucket,
      S3_REGION: s3.region,
      S3_PREFIX: s3.prefix,
      S3_ENDPOINT: s3.endpoint,
      S3_PATH_STYLE: s3.pathStyle === undefined ? undefined : String(s3.pathStyle),
      S3_DISABLE_SSL: s3.endpoint?.startsWith('http://') === true ? 'true' : undefined,
    });
  }
  if (gcs !== undefined) {
    return present({
      OBJECT_STORE_BACKEND: 'gcs',
      GCS_BUCKET: gcs.bucket,
      GCS_PREFIX: gcs.prefix,
      GCS_PROJECT_ID: gcs.projectId,
      GCS_ENDPOINT: gcs.endpoint,
      GCS_CREDENTIALS_FILE: credentials?.secretRef === undefined ? undefined : `${SECRETS_PATH}/credentials.json`,
    });
  }
  return present({
    OBJECT_STORE_BACKEND: 'azure',
    AZURE_ACCOUNT_NAME: azure?.account,
    AZURE_CONTAINER: azure?.container,
    AZURE_PREFIX: azure?.prefix,
    AZURE_ENDPOINT: azure?.endpoint,
  });
}

function present(settings: Readonly<Record<string, string | undefined>>): Settings {
  return Object.fromEntries(
    Object.entries(settings).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}

export function settingsConfigMap(cluster: ChronikCluster): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: childMeta(cluster, names.settings(cluster.metadata.name)),
    data: settingsOf(cluster),
  };
}

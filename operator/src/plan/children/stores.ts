import type { ClusterSpec } from '../../api/index.ts';

const BUCKET_PATH = '/var/lib/chronik-bucket';
const SECRETS_PATH = '/etc/chronik/secrets';
const AUTHORITIES_PATH = '/etc/chronik/authorities';

type ReplicaStore = NonNullable<ClusterSpec['replicaStores']>[number];
type StoreSpec = ClusterSpec['objectStore'] | ReplicaStore;
type Settings = Readonly<Record<string, string>>;

/** A store of the cluster, and where its settings, its directory and its secrets have their place in the pods. */
interface PlacedStore {
  readonly store: StoreSpec;
  /** Before the names of its settings. */
  readonly prefix: string;
  /** Behind the names of its volumes and paths. */
  readonly suffix: string;
}

function placedStores({ objectStore, replicaStores = [] }: ClusterSpec): readonly PlacedStore[] {
  const replicas = replicaStores.map((store) => ({
    store,
    prefix: `CHRONIK_REPLICA_${store.name.toUpperCase().replaceAll('-', '_')}_`,
    suffix: `-${store.name}`,
  }));
  return [{ store: objectStore, prefix: '', suffix: '' }, ...replicas];
}

/** Settings of all stores, as environment variables. None of them is a secret. */
export function storeSettings(spec: ClusterSpec): Settings {
  const entries = placedStores(spec).flatMap((placed) =>
    Object.entries(settingsOfStore(placed)).map(([name, value]) => [`${placed.prefix}${name}`, value] as const),
  );
  const names = (spec.replicaStores ?? []).map(({ name }) => name).join(',');
  return { ...Object.fromEntries(entries), ...(names === '' ? {} : { CHRONIK_REPLICA_STORES: names }) };
}

function settingsOfStore({ store, suffix }: PlacedStore): Settings {
  const { local, s3, gcs, azure, credentials, caSecretRef } = store;
  const authorities = caSecretRef === undefined ? undefined : `${AUTHORITIES_PATH}${suffix}/ca.crt`;
  if (local !== undefined) return { OBJECT_STORE_BACKEND: 'local', LOCAL_STORAGE_PATH: `${BUCKET_PATH}${suffix}` };
  if (s3 !== undefined) {
    return present({
      OBJECT_STORE_BACKEND: 's3',
      OBJECT_STORE_CA_FILE: authorities,
      S3_BUCKET: s3.bucket,
      S3_REGION: s3.region,
      S3_PREFIX: s3.prefix,
      S3_ENDPOINT: s3.endpoint,
      S3_PATH_STYLE: s3.pathStyle === undefined ? undefined : String(s3.pathStyle),
      S3_DISABLE_SSL: s3.endpoint?.startsWith('http://') === true ? 'true' : undefined,
    });
  }
  if (gcs !== undefined) {
    const key = credentials?.secretRef === undefined ? undefined : `${SECRETS_PATH}${suffix}/credentials.json`;
    return present({
      OBJECT_STORE_BACKEND: 'gcs',
      OBJECT_STORE_CA_FILE: authorities,
      GCS_BUCKET: gcs.bucket,
      GCS_PREFIX: gcs.prefix,
      GCS_PROJECT_ID: gcs.projectId,
      GCS_ENDPOINT: gcs.endpoint,
      GCS_CREDENTIALS_FILE: key,
    });
  }
  return present({
    OBJECT_STORE_BACKEND: 'azure',
    OBJECT_STORE_CA_FILE: authorities,
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

/** Setting, key of the Secret, and whether the key may be missing. */
type SecretSetting = readonly [env: string, key: string, optional: boolean];

const S3: readonly SecretSetting[] = [
  ['S3_ACCESS_KEY', 'accessKeyId', false],
  ['S3_SECRET_KEY', 'secretAccessKey', false],
  ['S3_SESSION_TOKEN', 'sessionToken', true],
];
/** One of them is needed; the broker says so if there is none, or more than one. */
const AZURE: readonly SecretSetting[] = [
  ['AZURE_ACCOUNT_KEY', 'accountKey', true],
  ['AZURE_SAS_TOKEN', 'sasToken', true],
  ['AZURE_CONNECTION_STRING', 'connectionString', true],
];

/**
 * Credentials as environment variables. The kubelet reads the Secret, never the operator, and says which key is missing;
 * the operator hands that on.
 */
export function secretVariables(spec: ClusterSpec): readonly object[] {
  return placedStores(spec).flatMap(({ store: { s3, azure, credentials }, prefix }) => {
    const name = credentials?.secretRef?.name;
    if (name === undefined) return [];
    const settings = s3 !== undefined ? S3 : azure !== undefined ? AZURE : [];
    return settings.map(([env, key, optional]) => ({
      name: `${prefix}${env}`,
      valueFrom: { secretKeyRef: { name, key, ...(optional ? { optional } : {}) } },
    }));
  });
}

interface StoreVolume {
  readonly volume: object;
  readonly mount: object;
}

/** Directories that play buckets, and secrets that come as files. */
export function storeVolumes(spec: ClusterSpec): readonly StoreVolume[] {
  return placedStores(spec).flatMap(volumesOfStore);
}

function volumesOfStore({ store, suffix }: PlacedStore): readonly StoreVolume[] {
  const { local, gcs, credentials, caSecretRef } = store;
  const volumes: StoreVolume[] = [];
  if (local !== undefined) {
    volumes.push({
      volume: { name: `bucket${suffix}`, persistentVolumeClaim: { claimName: local.claimName } },
      mount: { name: `bucket${suffix}`, mountPath: `${BUCKET_PATH}${suffix}` },
    });
  }
  if (gcs !== undefined && credentials?.secretRef !== undefined) {
    const items = [{ key: 'credentials.json', path: 'credentials.json' }];
    volumes.push(secretVolume(`credentials${suffix}`, credentials.secretRef.name, items, `${SECRETS_PATH}${suffix}`));
  }
  if (caSecretRef !== undefined) {
    const items = [{ key: caSecretRef.key, path: 'ca.crt' }];
    volumes.push(secretVolume(`authorities${suffix}`, caSecretRef.name, items, `${AUTHORITIES_PATH}${suffix}`));
  }
  return volumes;
}

function secretVolume(name: string, secretName: string, items: readonly object[], mountPath: string): StoreVolume {
  return { volume: { name, secret: { secretName, items } }, mount: { name, mountPath, readOnly: true } };
}

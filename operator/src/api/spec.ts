import { flag, integer, list, map, object, oneOf, opaque, quantity, text } from './schema.ts';
import { objectStoreSchema, replicaStoresSchema, replicationSchema } from './store-spec.ts';

/** Settings that the operator decides, or that other fields of the spec say. */
export const OWNED_SETTINGS = [
  'CHRONIK_PORT',
  'CHRONIK_HTTP_PORT',
  'CHRONIK_LISTEN_HOST',
  'CHRONIK_HTTP_LISTEN_HOST',
  'CHRONIK_ADVERTISED_ADDR',
  'CHRONIK_DATA_DIR',
  'CHRONIK_BROKER_ID',
  'CHRONIK_LINEAGE',
  'CHRONIK_BOOT_PLAN',
  'CHRONIK_ACTIVE_STORE',
  'CHRONIK_REPLICA_STORES',
  'CHRONIK_REPLICATION',
  'CHRONIK_REPLICATION_MAX_BYTES_PER_SECOND',
  'CHRONIK_TERMINATION_LOG',
  'CHRONIK_INSTALLATION',
  'CHRONIK_ON_DAMAGE',
  'CHRONIK_STOP_BUDGET_MS',
  'CHRONIK_LOG_FORMAT',
  'CHRONIK_LOG_FILE',
  'OBJECT_STORE_BACKEND',
  'OBJECT_STORE_CA_FILE',
  'LOCAL_STORAGE_PATH',
  'S3_BUCKET',
  'S3_REGION',
  'S3_PREFIX',
  'S3_ENDPOINT',
  'S3_PATH_STYLE',
  'S3_DISABLE_SSL',
  'S3_ACCESS_KEY',
  'S3_SECRET_KEY',
  'S3_SESSION_TOKEN',
  'GCS_BUCKET',
  'GCS_PREFIX',
  'GCS_PROJECT_ID',
  'GCS_ENDPOINT',
  'GCS_CREDENTIALS_FILE',
  'AZURE_ACCOUNT_NAME',
  'AZURE_CONTAINER',
  'AZURE_PREFIX',
  'AZURE_ENDPOINT',
  'AZURE_ACCOUNT_KEY',
  'AZURE_SAS_TOKEN',
  'AZURE_CONNECTION_STRING',
] as const;

const PULL_POLICIES = ['Always', 'IfNotPresent', 'Never'] as const;

const owned = `[${OWNED_SETTINGS.map((name) => `'${name}'`).join(', ')}]`;

/** Port of /healthz, /readyz, /metrics and /status in every broker pod. */
export const HTTP_PORT = 9095;

const storage = object(
  "The brokers' volumes: write-ahead log and caches. They may be lost at any time; the bucket is enough. They are kept when the cluster is deleted.",
  {
    size: text('Size of each volume, as a quantity. It can only grow.', {
      default: '10Gi',
      maxLength: 32,
      pattern: '^[0-9]+(\\.[0-9]+)?(Ki|Mi|Gi|Ti|Pi|k|M|G|T|P)?$',
    }),
    storageClassName: text("Storage class. Without it: the cluster's default. It cannot change.", { maxLength: 253 }),
  },
  [],
  {
    default: { size: '10Gi' },
    rules: [
      {
        id: 'storage-grows-only',
        rule: 'quantity(self.size).compareTo(quantity(oldSelf.size)) >= 0',
        message: 'volumes only grow',
      },
      {
        id: 'storage-class-immutable',
        rule: 'has(self.storageClassName) == has(oldSelf.storageClassName) && (!has(self.storageClassName) || self.storageClassName == oldSelf.storageClassName)',
        message: 'this release does not move brokers to another storage class',
      },
    ],
  },
);

const listeners = list(
  object(
    'Where clients connect.',
    {
      name: text('Name of the listener and of its port.', {
        default: 'internal',
        maxLength: 15,
        pattern: '^[a-z]([-a-z0-9]*[a-z0-9])?$',
      }),
      port: integer('Port in the pods and of the services.', { default: 9092, min: 1024, max: 65_535 }),
      type: oneOf(['internal'], 'internal: reachable within the Kubernetes cluster. This release has no other type.', {
        default: 'internal',
      }),
    },
    [],
    {
      rules: [
        {
          id: 'listener-port-free',
          rule: `self.port != ${HTTP_PORT} && self.name != 'http'`,
          message: `port ${HTTP_PORT} and the name http belong to the HTTP endpoints`,
        },
      ],
    },
  ),
  'Exactly one listener. Without TLS and authentication in this release: anybody who reaches it may read and write.',
  { default: [{ name: 'internal', port: 9092, type: 'internal' }], minItems: 1, maxItems: 1, keys: ['name'] },
);

const env = list(
  object(
    'One environment variable, as in a pod.',
    {
      name: text('Name of the variable.', { minLength: 1, maxLength: 253, pattern: '^[A-Za-z_][A-Za-z0-9_]*$' }),
      value: text('Its value.', { maxLength: 4096 }),
      valueFrom: opaque('A secretKeyRef, configMapKeyRef or fieldRef, as in a pod.'),
    },
    ['name'],
    {
      rules: [
        {
          id: 'env-not-owned',
          rule: `!(self.name in ${owned}) && !self.name.startsWith('CHRONIK_REPLICA')`,
          message: 'this variable is set by the operator or by another field of the spec',
        },
        {
          id: 'env-one-source',
          rule: '!(has(self.value) && has(self.valueFrom))',
          message: 'value or valueFrom, not both',
        },
      ],
    },
  ),
  'More environment variables of the brokers. A change restarts them one by one.',
  { maxItems: 64, keys: ['name'] },
);

const pullSecret = object('A Secret for pulling.', { name: text('Its name.', { minLength: 1, maxLength: 253 }) }, [
  'name',
]);

const durability = object(
  'When a record counts as safe.',
  {
    mode: oneOf(
      ['object'],
      'object: acks=all is answered when the record is in the bucket, acks=1 when it is on the volume. This release has no other mode.',
      { default: 'object' },
    ),
    lingerMs: integer(
      'Longest wait to fill an object before it is sent to the bucket. Longer waits cost latency and save requests. Without it: what suits the store.',
      { min: 0, max: 10_000, unit: 'ms' },
    ),
  },
  [],
  { default: {} },
);

const DURATION = { maxLength: 10, pattern: '^[0-9]{1,6}(s|m|h)$' } as const;

const failover = object(
  'What happens when the store of the cluster does not answer any more, as the brokers see it. Nothing ever fails back by itself.',
  {
    mode: oneOf(
      ['Manual', 'Automatic'],
      'Automatic: goes on from the replica store if that loses no more than maxDataLoss. Manual: tells the numbers and the command.',
      { default: 'Manual' },
    ),
    store: text('The replica store that takes over. Without it: the only one.', { minLength: 1, maxLength: 20 }),
    after: text('How long the store must not have answered.', { default: '5m', ...DURATION }),
    maxDataLoss: text('How much acknowledged records may be lost, by age, at most.', { default: '60s', ...DURATION }),
  },
  [],
  {
    rules: [
      {
        id: 'failover-store-named',
        rule: "self.mode != 'Automatic' || has(self.store)",
        message: 'mode Automatic needs store',
      },
    ],
  },
);

const recovery = object(
  'What happens when something is lost.',
  {
    onEmptyVolume: oneOf(
      ['Auto', 'Hold'],
      'A broker whose volume was replaced. Auto: restores from the bucket by itself. Hold: where the bucket holds a history, its pod waits until the annotation chronik.stream/release names the id of the empty volume, which the condition Stalled tells.',
      { default: 'Auto' },
    ),
    onDamage: oneOf(
      ['Hold', 'MarkLost'],
      'Committed objects are missing from the bucket. Hold: nothing is served until a person decides. MarkLost: the missing range is recorded as lost and the rest is served.',
      { default: 'Hold' },
    ),
    failover,
  },
  [],
  { default: {} },
);

const resources = object(
  'Resources of the broker container, as in a pod.',
  {
    requests: map(quantity('An amount.'), 'What is reserved.', { maxItems: 16 }),
    limits: map(quantity('An amount.'), 'What is never exceeded.', { maxItems: 16 }),
  },
  [],
);

const scheduling = object(
  'Where the pods may run.',
  {
    nodeSelector: map(text('Value of the label.', { maxLength: 63 }), 'As in a pod.', { maxItems: 32 }),
    tolerations: list(opaque('A toleration.'), 'As in a pod.', { maxItems: 32 }),
    affinity: opaque('As in a pod.'),
    priorityClassName: text('As in a pod.', { maxLength: 253 }),
  },
  [],
);

export const specSchema = object(
  'What is wanted.',
  {
    brokers: integer('Number of brokers. This release runs one broker on a bucket.', { default: 1, min: 1, max: 1 }),
    image: text("Image of the broker. Without it: the operator's own release.", { minLength: 1, maxLength: 512 }),
    imagePullPolicy: oneOf(PULL_POLICIES, 'As in a pod.'),
    imagePullSecrets: list(pullSecret, 'As in a pod.', { maxItems: 16, keys: ['name'] }),
    storage,
    objectStore: objectStoreSchema,
    replicaStores: replicaStoresSchema,
    replication: replicationSchema,
    durability,
    recovery,
    listeners,
    resources,
    scheduling,
    paused: flag('The operator looks and reports, but changes nothing.', { default: false }),
    config: map(
      text('Text of the setting.', { maxLength: 4096 }),
      'Settings of the broker by their environment names (docs/configuration.md), e.g. CHRONIK_LOG_LEVEL. Not for secrets. A change restarts the brokers one by one.',
      {
        maxItems: 64,
        rules: [
          {
            id: 'config-names',
            rule: "self.all(name, name.matches('^(CHRONIK|OBJECT_STORE|S3|GCS|AZURE)_[A-Z0-9_]+$'))",
            message:
              'names are those of settings of the broker: CHRONIK_..., S3_..., GCS_..., AZURE_..., OBJECT_STORE_...',
          },
          {
            id: 'config-not-owned',
            rule: `self.all(name, !(name in ${owned}) && !name.startsWith('CHRONIK_REPLICA'))`,
            message: 'this setting is made by the operator or by another field of the spec',
          },
        ],
      },
    ),
    env,
  },
  ['objectStore'],
  {
    rules: [
      {
        id: 'replication-needs-stores',
        rule: "!has(self.replication) || self.replication.managedBy == 'None' || (has(self.replicaStores) && self.replicaStores.size() > 0)",
        message: 'replication needs replicaStores',
      },
      {
        id: 'failover-store-known',
        rule: '!has(self.recovery.failover) || !has(self.recovery.failover.store) || (has(self.replicaStores) && self.replicaStores.exists(store, store.name == self.recovery.failover.store))',
        message: 'recovery.failover.store is not the name of a replica store',
      },
      {
        id: 'replica-in-use',
        rule: '!has(oldSelf.replicaStores) || oldSelf.replicaStores.all(old, has(self.replicaStores) && self.replicaStores.exists(store, store.name == old.name && has(store.local) == has(old.local) && has(store.s3) == has(old.s3) && has(store.gcs) == has(old.gcs) && has(store.azure) == has(old.azure)))',
        message:
          'replica stores can be added, but not taken away or moved to another provider: the cluster may run on one of them',
      },
    ],
  },
);

import type { Setting } from './setting.ts';
import { storeSettings } from './store-setting-table.ts';

/** Every setting of the broker. Names in the environment are public and kept; docs/configuration.md is generated from here. */
export const settings = {
  port: {
    env: 'CHRONIK_PORT',
    flag: 'port',
    type: { kind: 'whole', min: 0, max: 65_535 },
    default: '9092',
    meaning: 'Port of the Kafka listener; 0 takes a free one.',
  },
  httpPort: {
    env: 'CHRONIK_HTTP_PORT',
    flag: 'http-port',
    type: { kind: 'whole', min: 0, max: 65_535 },
    default: '9095',
    meaning: 'Port of /healthz, /readyz, /metrics and /status; 0 takes a free one.',
  },
  listenHost: {
    env: 'CHRONIK_LISTEN_HOST',
    flag: 'listen-host',
    type: { kind: 'text' },
    meaning:
      'Address that the Kafka listener binds. Without it: 127.0.0.1, or all addresses if an advertised address is set.',
  },
  httpListenHost: {
    env: 'CHRONIK_HTTP_LISTEN_HOST',
    flag: 'http-listen-host',
    type: { kind: 'text' },
    default: '127.0.0.1',
    meaning: 'Address that the HTTP endpoints bind. They know no authentication: keep them off public networks.',
  },
  advertisedAddress: {
    env: 'CHRONIK_ADVERTISED_ADDR',
    flag: 'advertised-addr',
    type: { kind: 'address' },
    meaning: 'HOST or HOST:PORT that clients are told to connect to. Without it: the listening address.',
  },
  dataDirectory: {
    env: 'CHRONIK_DATA_DIR',
    flag: 'data-dir',
    type: { kind: 'text' },
    default: './data',
    meaning: 'Directory of the local write-ahead log and caches. May be lost at any time: the bucket is enough.',
  },
  brokerId: {
    env: 'CHRONIK_BROKER_ID',
    flag: 'broker-id',
    type: { kind: 'whole', min: 0, max: 2_147_483_647 },
    default: '0',
    meaning: 'Id of this broker.',
  },
  lineage: {
    env: 'CHRONIK_LINEAGE',
    type: { kind: 'text' },
    meaning: 'Cluster id that the bucket must have; any other is refused.',
  },
  installation: {
    env: 'CHRONIK_INSTALLATION',
    type: { kind: 'text' },
    meaning:
      'Name of this installation; another one that is alive on the same bucket makes the boot hold. Without it: host name and advertised address.',
  },
  onDamage: {
    env: 'CHRONIK_ON_DAMAGE',
    type: { kind: 'choice', values: ['hold', 'mark-lost'] },
    default: 'hold',
    meaning:
      'What to do when slots of a log are missing, or cannot be read, and no replica has them: hold (nothing is served until you decide) or mark-lost (they are recorded as lost, the rest is served).',
  },
  walLingerMs: {
    env: 'CHRONIK_WAL_LINGER_MS',
    type: { kind: 'whole', min: 0, max: 10_000 },
    unit: 'ms',
    meaning:
      'Longest wait to fill a WAL object before it is sent to the bucket. Without it: 100 on cloud stores; on a local directory 0, or 25 while nobody waits for the commit.',
  },
  walTargetBytes: {
    env: 'CHRONIK_WAL_TARGET_BYTES',
    type: { kind: 'whole', min: 65_536, max: 8_388_608 },
    default: '8388608',
    unit: 'bytes',
    meaning: 'A WAL object is sent as soon as this much is waiting.',
  },
  maxUncommittedBytes: {
    env: 'CHRONIK_MAX_UNCOMMITTED_BYTES',
    type: { kind: 'whole', min: 16_777_216, max: 4_294_967_296 },
    default: '268435456',
    unit: 'bytes',
    meaning:
      'Memory for requests being received and records not yet in the bucket, together; above it producers are slowed down.',
  },
  maxUnsentBytes: {
    env: 'CHRONIK_MAX_UNSENT_BYTES',
    type: { kind: 'whole', min: 1_048_576, max: 4_294_967_296 },
    default: '134217728',
    unit: 'bytes',
    meaning:
      'Memory for answers that consumers have not taken yet; above it a fetch gets at most 1 MiB, at twice as much only records that are in memory anyway, at four times as much none.',
  },
  socketRequestMaxBytes: {
    env: 'CHRONIK_SOCKET_REQUEST_MAX_BYTES',
    type: { kind: 'whole', min: 1_048_576, max: 104_857_600 },
    default: '104857600',
    unit: 'bytes',
    meaning: 'Largest request; a connection that announces a larger one is closed before anything is read of it.',
  },
  maxConnections: {
    env: 'CHRONIK_MAX_CONNECTIONS',
    type: { kind: 'whole', min: 1, max: 1_000_000 },
    default: '10000',
    meaning: 'Client connections at a time; further ones are closed at once.',
  },
  connectionsMaxIdleMs: {
    env: 'CHRONIK_CONNECTIONS_MAX_IDLE_MS',
    type: { kind: 'whole', min: 100, max: 86_400_000 },
    default: '600000',
    unit: 'ms',
    meaning: 'A connection on which nothing came and nothing went for so long is closed.',
  },
  tailBytes: {
    env: 'CHRONIK_TAIL_BYTES',
    type: { kind: 'whole', min: 1_048_576, max: 1_099_511_627_776 },
    default: '268435456',
    unit: 'bytes',
    meaning: 'Memory for the newest records of all partitions, from which consumers that keep up are served.',
  },
  metadataUploadInterval: {
    env: 'CHRONIK_METADATA_UPLOAD_INTERVAL',
    type: { kind: 'whole', min: 0, max: 3_600 },
    default: '0',
    unit: 's',
    meaning:
      'How long metadata changes that nobody waits for may stay out of the bucket. 0 = every change is in the bucket before it is answered.',
  },
  metadataHeartbeatMs: {
    env: 'CHRONIK_METADATA_HEARTBEAT_MS',
    type: { kind: 'whole', min: 100, max: 600_000 },
    default: '10000',
    unit: 'ms',
    meaning: 'Interval of heartbeat slots in the metadata log; others tell by them that somebody runs on the bucket.',
  },
  metadataDr: {
    env: 'CHRONIK_METADATA_DR',
    type: { kind: 'switch' },
    default: 'true',
    meaning: 'Keep the metadata in the bucket. This release has no other mode: false is refused.',
  },
  ...storeSettings,
  replicaStores: {
    env: 'CHRONIK_REPLICA_STORES',
    type: { kind: 'text' },
    meaning:
      'Names of replica stores, separated by commas. Each is described by the variables of the primary with the prefix CHRONIK_REPLICA_{NAME}_. Damaged slots are repaired from them.',
  },
  activeStore: {
    env: 'CHRONIK_ACTIVE_STORE',
    type: { kind: 'text' },
    meaning:
      'The store that the cluster runs on: primary, or a name out of CHRONIK_REPLICA_STORES; the others are then its replicas. Without it: primary, and with replica stores a start then holds until all of them tell that the cluster does not go on there. Not together with CHRONIK_BOOT_PLAN, which names the store itself.',
  },
  bootPlan: {
    env: 'CHRONIK_BOOT_PLAN',
    type: { kind: 'text' },
    meaning:
      'File with the boot plan of an operator (crds/boot-plan.v1.schema.json), read afresh at each start. Without a plan that can be read a start holds.',
  },
  terminationLog: {
    env: 'CHRONIK_TERMINATION_LOG',
    type: { kind: 'text' },
    meaning:
      'File to which `chronik prepare` writes what it found, as JSON of up to 4 KiB, when it ends; under Kubernetes the path of the termination message.',
  },
  replication: {
    env: 'CHRONIK_REPLICATION',
    type: { kind: 'choice', values: ['none', 'provider', 'chronik'] },
    default: 'none',
    meaning:
      'Who copies the bucket to the replica stores: chronik (this broker, in order, with an exact lag), provider (rules of the provider; the broker only watches) or none (replica stores only repair damage).',
  },
  replicationMaxBytesPerSecond: {
    env: 'CHRONIK_REPLICATION_MAX_BYTES_PER_SECOND',
    type: { kind: 'whole', min: 65_536, max: 1_099_511_627_776 },
    unit: 'bytes/s',
    meaning: 'With CHRONIK_REPLICATION=chronik: at most so much is copied to each replica store. Without it: no limit.',
  },
  logLevel: {
    env: 'CHRONIK_LOG_LEVEL',
    type: { kind: 'choice', values: ['debug', 'info', 'warn', 'error'] },
    default: 'info',
    meaning: 'Least severe level that is logged.',
  },
  logFormat: {
    env: 'CHRONIK_LOG_FORMAT',
    type: { kind: 'choice', values: ['auto', 'text', 'json'] },
    default: 'auto',
    meaning: 'text on a terminal and JSON otherwise, or one of them always.',
  },
  logFile: {
    env: 'CHRONIK_LOG_FILE',
    type: { kind: 'text' },
    meaning: 'Also write the log to this file, as JSON lines.',
  },
  stopBudgetMs: {
    env: 'CHRONIK_STOP_BUDGET_MS',
    type: { kind: 'whole', min: 1_000, max: 3_600_000 },
    default: '30000',
    unit: 'ms',
    meaning: 'How long a clean stop may take; what is not finished by then is recovered at the next start.',
  },
} as const satisfies Record<string, Setting>;

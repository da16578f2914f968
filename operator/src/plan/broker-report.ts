/** What a broker says of itself under /status, as far as the operator uses it. */
export interface BrokerReport {
  /** `preparing`: the init container, which looks and never serves. */
  readonly state: 'starting' | 'preparing' | 'restoring' | 'holding' | 'serving' | 'stopping' | 'failed';
  readonly version: string;
  readonly held?: {
    readonly code: string;
    readonly message: string;
    readonly remedy: string;
    /** What a release has to name. */
    readonly volumeId?: string;
  };
  /** What `chronik prepare` found the volume to be. */
  readonly volume?: VolumeClass;
  readonly restore?: { readonly phase: string; readonly done: number; readonly total?: number; readonly unit: string };
  readonly store?: {
    readonly description: string;
    readonly reachable: boolean;
    readonly lastError?: { readonly code: string; readonly message: string };
  };
  /** Stores that hold copies of the bucket, as the broker that copies them or watches them sees them. */
  readonly replicas?: readonly ReplicaReport[];
  /** Name of the store that it runs on. */
  readonly activeStore?: string;
  /** While its store does not answer: what going on from the others would mean. */
  readonly previews?: readonly StorePreview[];
  readonly lineage?: string;
  readonly timeline?: string;
  readonly metadataEpoch?: number;
  readonly lastRestore?: {
    readonly mode: 'created' | 'restored' | 'attached';
    readonly finishedAt: string;
    readonly topics: number;
    readonly partitions: number;
    readonly records: number;
    readonly bytes: number;
    readonly totalMs: number;
    readonly anomalies: number;
  };
}

const STATES = ['starting', 'preparing', 'restoring', 'holding', 'serving', 'stopping', 'failed'] as const;
export interface StorePreview {
  readonly name: string;
  readonly reachable: boolean;
  /** The timeline that a promotion would leave. */
  readonly timeline?: string;
  /** Everything acknowledged before this time would be kept. */
  readonly cutTime?: string;
  readonly error?: { readonly code: string; readonly message: string };
}

export interface ReplicaReport {
  readonly name: string;
  readonly reachable: boolean;
  /** The copier's own word; `in sync` = it has all that the last look found. */
  readonly state: string;
  /** Everything that was in the bucket then is in the replica; undefined while that is not known. */
  readonly upTo?: string;
  /** What stands in the way and does not go by waiting. */
  readonly problems: number;
}

export const VOLUME_CLASSES = ['Empty', 'Initialized', 'Foreign', 'Corrupt'] as const;
export type VolumeClass = (typeof VOLUME_CLASSES)[number];

const MODES = ['created', 'restored', 'attached'] as const;

type Fields = Readonly<Record<string, unknown>>;

/**
 * Reads the JSON of /status. Fields that this release does not know are ignored; undefined if it is no such document
 * at all, so that an answer of something else on that port is not taken for a broker's.
 */
export function parseReport(value: unknown): BrokerReport | undefined {
  const document = fieldsOf(value);
  const state = STATES.find((known) => known === document?.['state']);
  const version = document?.['version'];
  if (document === undefined || state === undefined || typeof version !== 'string') return undefined;
  return {
    state,
    version,
    ...optional('held', heldOf(fieldsOf(document['held']))),
    ...optional(
      'volume',
      VOLUME_CLASSES.find((known) => known === document['volume']),
    ),
    ...optional('restore', restoreOf(fieldsOf(document['restore']))),
    ...optional('store', storeOf(fieldsOf(document['store']))),
    ...optional('replicas', replicasOf(fieldsOf(document['replication']))),
    ...optional('activeStore', textOf(document['activeStore'])),
    ...optional('previews', previewsOf(document['failover'])),
    ...optional('lineage', textOf(document['lineage'])),
    ...optional('timeline', textOf(document['timeline'])),
    ...optional('metadataEpoch', countOf(document['metadataEpoch'])),
    ...optional('lastRestore', lastRestoreOf(fieldsOf(document['lastRestore']))),
  };
}

/** True if its store answers and does not accept its credentials, or lacks a permission: a person puts that right, an outage ends by itself. */
export function isTurnedAway(report: BrokerReport | undefined): boolean {
  return report?.store?.reachable === false && report.store.lastError?.code === 'STORE_DENIED';
}

function heldOf(held: Fields | undefined): BrokerReport['held'] {
  if (held === undefined) return undefined;
  return {
    code: textOf(held['code']) ?? 'UNKNOWN',
    message: textOf(held['message']) ?? '',
    remedy: textOf(held['remedy']) ?? '',
    ...optional('volumeId', textOf(held['volumeId'])),
  };
}

function restoreOf(restore: Fields | undefined): BrokerReport['restore'] {
  const phase = textOf(restore?.['phase']);
  const done = countOf(restore?.['done']);
  if (restore === undefined || phase === undefined || done === undefined) return undefined;
  return { phase, done, unit: textOf(restore['unit']) ?? '', ...optional('total', countOf(restore['total'])) };
}

function storeOf(store: Fields | undefined): BrokerReport['store'] {
  const description = textOf(store?.['description']);
  const reachable = store?.['reachable'];
  if (description === undefined || typeof reachable !== 'boolean') return undefined;
  const lastError = errorOf(store?.['lastError']);
  return { description, reachable, ...optional('lastError', lastError) };
}

function replicasOf(replication: Fields | undefined): readonly ReplicaReport[] | undefined {
  const stores = replication?.['stores'];
  if (!Array.isArray(stores)) return undefined;
  return stores.flatMap((one): readonly ReplicaReport[] => {
    const store = fieldsOf(one);
    const name = textOf(store?.['name']);
    const reachable = store?.['reachable'];
    if (store === undefined || name === undefined || typeof reachable !== 'boolean') return [];
    const problems = store['problems'];
    return [
      {
        name,
        reachable,
        state: textOf(store['state']) ?? '',
        problems: Array.isArray(problems) ? problems.length : 0,
        ...optional('upTo', textOf(store['upTo'])),
      },
    ];
  });
}

function errorOf(value: unknown): { readonly code: string; readonly message: string } | undefined {
  const error = fieldsOf(value);
  return error === undefined
    ? undefined
    : { code: textOf(error['code']) ?? '', message: textOf(error['message']) ?? '' };
}

function previewsOf(value: unknown): readonly StorePreview[] | undefined {
  if (!Array.isArray(value)) return undefined;
  return value.flatMap((one): readonly StorePreview[] => {
    const preview = fieldsOf(one);
    const name = textOf(preview?.['name']);
    const reachable = preview?.['reachable'];
    if (preview === undefined || name === undefined || typeof reachable !== 'boolean') return [];
    const cutTime = textOf(preview['cutTime']);
    return [
      {
        name,
        reachable,
        ...optional('timeline', textOf(preview['timeline'])),
        ...optional('cutTime', Number.isNaN(Date.parse(cutTime ?? '')) ? undefined : cutTime),
        ...optional('error', errorOf(preview['error'])),
      },
    ];
  });
}

function lastRestoreOf(restore: Fields | undefined): BrokerReport['lastRestore'] {
  const mode = MODES.find((known) => known === restore?.['mode']);
  const finishedAt = textOf(restore?.['finishedAt']);
  if (restore === undefined || mode === undefined || finishedAt === undefined) return undefined;
  const anomalies = restore['anomalies'];
  return {
    mode,
    finishedAt,
    topics: countOf(restore['topics']) ?? 0,
    partitions: countOf(restore['partitions']) ?? 0,
    records: countOf(restore['records']) ?? 0,
    bytes: countOf(restore['bytes']) ?? 0,
    totalMs: countOf(restore['totalMs']) ?? 0,
    anomalies: Array.isArray(anomalies) ? anomalies.length : 0,
  };
}

function fieldsOf(value: unknown): Fields | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : undefined;
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function countOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}

function optional<Name extends string, Value>(name: Name, value: Value | undefined): { readonly [N in Name]?: Value } {
  return value === undefined ? {} : ({ [name]: value } as { readonly [N in Name]: Value });
}

import { isAbsolute, relative, resolve } from 'node:path';
import { ChronikError } from '../edge/index.ts';
import type { StoreConfig } from '../store/index.ts';
import { readAzure } from './azure-settings.ts';
import { readGcs } from './gcs-settings.ts';
import { readS3 } from './s3-settings.ts';
import { SettingReader } from './setting.ts';
import type { Environment } from './setting.ts';
import { settings } from './settings.ts';

/** One store by name: `primary`, or the name of a replica. */
export type NamedStoreConfig = StoreConfig & {
  /** True if no backend was named, so that the start can say which one was taken. */
  readonly byDefault: boolean;
};

export interface StoreConfigs {
  readonly primary: NamedStoreConfig;
  readonly replicas: readonly NamedStoreConfig[];
}

/** The name of the store that the settings without a prefix describe. */
export const PRIMARY_STORE = 'primary';

const STORE_NAME = /^[a-z0-9][a-z0-9-]{0,62}$/;
const BACKENDS = settings.objectStoreBackend.type.values;

/** Reads the primary store and the replicas that CHRONIK_REPLICA_STORES names. */
export function readStores(reader: SettingReader, environment: Environment, dataDirectory: string): StoreConfigs {
  const primary = readStore(PRIMARY_STORE, reader);
  const names = (reader.optionalText(settings.replicaStores) ?? '').split(',').filter((name) => name !== '');
  const replicas = names.map((name) => readReplica(name.trim(), environment));
  const all = [primary, ...replicas];
  for (const store of all) if (store.backend === 'local') refuseNesting(store.path, dataDirectory, store.name);
  for (const [index, store] of all.entries()) {
    const same = all.slice(0, index).find((other) => other.name === store.name || overlap(other, store));
    if (same !== undefined) throw storesOverlap(same, store);
  }
  return { primary, replicas };
}

export function storeNamed({ primary, replicas }: StoreConfigs, name: string): NamedStoreConfig | undefined {
  return name === PRIMARY_STORE ? primary : replicas.find((replica) => replica.name === name);
}

/** The stores as a cluster that runs on the one of this name sees them: that one is its primary, all others its replicas. */
export function activateStore(stores: StoreConfigs, name: string): StoreConfigs | undefined {
  const active = storeNamed(stores, name);
  if (active === undefined) return undefined;
  const others = [stores.primary, ...stores.replicas].filter((store) => store !== active);
  return { primary: active, replicas: others };
}

function readReplica(name: string, environment: Environment): NamedStoreConfig {
  if (!STORE_NAME.test(name)) {
    throw new ChronikError('SETTING_INVALID', `${settings.replicaStores.env}: "${name}" is not a name for a store`, {
      remedy: 'Use lower-case letters, digits and dashes.',
    });
  }
  const prefix = `CHRONIK_REPLICA_${name.toUpperCase().replaceAll('-', '_')}_`;
  const reader = new SettingReader(environment, {}, prefix);
  const required = [settings.objectStoreBackend];
  const local = reader.optionalText(settings.objectStoreBackend) === 'local' ? [settings.localStoragePath] : [];
  // A replica has no defaults: by a slip it would be the primary.
  const missing = [...required, ...local].find((setting) => !reader.isSet(setting));
  if (missing !== undefined) {
    throw new ChronikError(
      'SETTING_MISSING',
      `${reader.nameOf(missing)} is not set, but replica store "${name}" is named`,
      { remedy: `Set it, or remove "${name}" from ${settings.replicaStores.env}.` },
    );
  }
  return readStore(name, reader);
}

/** A backend that is unknown, or lacks a setting, is an error and never a local directory (hole-22). */
function readStore(name: string, reader: SettingReader): NamedStoreConfig {
  const text = reader.optionalText(settings.objectStoreBackend);
  const backend = BACKENDS.find((known) => known === (text ?? 'local'));
  switch (backend) {
    case 'local':
      return { name, backend, path: reader.text(settings.localStoragePath), byDefault: text === undefined };
    case 's3':
      return { ...readS3(name, reader), byDefault: false };
    case 'gcs':
      return { ...readGcs(name, reader), byDefault: false };
    case 'azure':
      return { ...readAzure(name, reader), byDefault: false };
    case undefined:
      throw new ChronikError(
        'UNKNOWN_BACKEND',
        `${reader.nameOf(settings.objectStoreBackend)}: backend "${text ?? ''}" is unknown`,
        { remedy: `Valid: ${BACKENDS.join(', ')}.` },
      );
  }
}

/** Deleting the data directory must never delete the bucket. */
function refuseNesting(bucket: string, dataDirectory: string, name: string): void {
  if (!contains(bucket, dataDirectory) && !contains(dataDirectory, bucket)) return;
  throw new ChronikError(
    'SETTING_CONFLICT',
    `the directory of store "${name}" (${bucket}) and the data directory (${dataDirectory}) lie inside one another`,
    { remedy: `Choose directories side by side (${settings.localStoragePath.env}, ${settings.dataDirectory.env}).` },
  );
}

/** True if one of the two would take the other's objects for its own. */
function overlap(left: StoreConfig, right: StoreConfig): boolean {
  if (left.backend === 'local') return right.backend === 'local' && resolve(left.path) === resolve(right.path);
  if (right.backend === 'local') return false;
  if (bucketOf(left) !== bucketOf(right)) return false;
  const [a, b] = [`${left.prefix}/`, `${right.prefix}/`];
  return left.prefix === '' || right.prefix === '' || a.startsWith(b) || b.startsWith(a);
}

function bucketOf(store: Exclude<StoreConfig, { readonly backend: 'local' }>): string {
  const bucket = store.backend === 'azure' ? `${store.account}/${store.container}` : store.bucket;
  // Amazon's and Google's bucket names are unique whatever the region.
  return `${store.backend}|${store.endpoint ?? ''}|${bucket}`;
}

function storesOverlap(left: StoreConfig, right: StoreConfig): ChronikError {
  return new ChronikError('SETTING_CONFLICT', `stores "${left.name}" and "${right.name}" are the same, or overlap`, {
    remedy: 'Give every store a name, and a directory or a bucket and prefix, of its own.',
  });
}

function contains(outer: string, inner: string): boolean {
  const path = relative(resolve(outer), resolve(inner));
  return path === '' || (!path.startsWith('..') && !isAbsolute(path));
}

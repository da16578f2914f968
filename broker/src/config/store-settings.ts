import { isAbsolute, relative, resolve } from 'node:path';
import { ChronikError } from '../edge/index.ts';
import { SettingReader } from './setting.ts';
import type { Environment } from './setting.ts';
import { settings } from './settings.ts';

/** One store by name: `primary`, or the name of a replica. */
export interface NamedStoreConfig {
  readonly name: string;
  readonly backend: 'local';
  /** Directory that plays the bucket. */
  readonly path: string;
  /** True if no backend was named, so that the start can say which one was taken. */
  readonly byDefault: boolean;
}

export interface StoreConfigs {
  readonly primary: NamedStoreConfig;
  readonly replicas: readonly NamedStoreConfig[];
}

const BACKENDS_TO_COME = new Set(['s3', 'gcs', 'azure']);
const STORE_NAME = /^[a-z0-9][a-z0-9-]{0,62}$/;

/** Reads the primary store and the replicas that CHRONIK_REPLICA_STORES names. */
export function readStores(reader: SettingReader, environment: Environment, dataDirectory: string): StoreConfigs {
  const primary = readStore('primary', reader, '');
  const names = (reader.optionalText(settings.replicaStores) ?? '').split(',').filter((name) => name !== '');
  const replicas = names.map((name) => readReplica(name.trim(), environment));
  const all = [primary, ...replicas];
  for (const store of all) refuseNesting(store.path, dataDirectory, store.name);
  for (const [index, store] of all.entries()) {
    const same = all.findIndex((other) => other.name === store.name || resolve(other.path) === resolve(store.path));
    if (same !== index) {
      throw conflict(`stores "${all[same]?.name ?? ''}" and "${store.name}" are the same (${store.path})`);
    }
  }
  return { primary, replicas };
}

function readReplica(name: string, environment: Environment): NamedStoreConfig {
  if (!STORE_NAME.test(name)) {
    throw new ChronikError('SETTING_INVALID', `${settings.replicaStores.env}: "${name}" is not a name for a store`, {
      remedy: 'Use lower-case letters, digits and dashes.',
    });
  }
  const prefix = `CHRONIK_REPLICA_${name.toUpperCase().replaceAll('-', '_')}_`;
  const own: Record<string, string | undefined> = {};
  for (const [variable, value] of Object.entries(environment)) {
    if (variable.startsWith(prefix)) own[variable.slice(prefix.length)] = value;
  }
  const reader = new SettingReader(own);
  for (const setting of [settings.objectStoreBackend, settings.localStoragePath]) {
    if (own[setting.env] === undefined || own[setting.env] === '') {
      throw new ChronikError(
        'SETTING_MISSING',
        `${prefix}${setting.env} is not set, but replica store "${name}" is named`,
        {
          remedy: `Set it, or remove "${name}" from ${settings.replicaStores.env}.`,
        },
      );
    }
  }
  return readStore(name, reader, prefix);
}

function readStore(name: string, reader: SettingReader, prefix: string): NamedStoreConfig {
  const backend = reader.optionalText(settings.objectStoreBackend);
  if (backend !== undefined && backend !== 'local') {
    const coming = BACKENDS_TO_COME.has(backend);
    const why = coming ? 'is not in this release' : 'is unknown';
    throw new ChronikError(
      'UNKNOWN_BACKEND',
      `${prefix}${settings.objectStoreBackend.env}: backend "${backend}" ${why}`,
      {
        remedy: 'This release knows: local (a directory, LOCAL_STORAGE_PATH).',
      },
    );
  }
  return { name, backend: 'local', path: reader.text(settings.localStoragePath), byDefault: backend === undefined };
}

/** Deleting the data directory must never delete the bucket. */
function refuseNesting(bucket: string, dataDirectory: string, name: string): void {
  if (!contains(bucket, dataDirectory) && !contains(dataDirectory, bucket)) return;
  throw conflict(
    `the directory of store "${name}" (${bucket}) and the data directory (${dataDirectory}) lie inside one another`,
  );
}

function contains(outer: string, inner: string): boolean {
  const path = relative(resolve(outer), resolve(inner));
  return path === '' || (!path.startsWith('..') && !isAbsolute(path));
}

function conflict(message: string): ChronikError {
  return new ChronikError('SETTING_CONFLICT', message, {
    remedy: `Choose directories side by side (${settings.localStoragePath.env}, ${settings.dataDirectory.env}).`,
  });
}

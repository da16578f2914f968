import { resolve } from 'node:path';
import type { Disk, Random } from '../edge/index.ts';
import { ChronikError } from '../edge/index.ts';
import { LocalStore } from './local-store.ts';
import type { ObjectStore } from './object-store.ts';

/** A store as the user named it; one member for each backend that this build can open. */
export type StoreConfig = LocalStoreConfig;

export interface LocalStoreConfig {
  /** Name of this store in settings, logs and status, e.g. `primary`. */
  readonly name: string;
  readonly backend: 'local';
  readonly path: string;
}

/** Settings as text, as they come from the environment or a flag; undefined = not set. */
export interface StoreSettings {
  readonly name: string;
  /** OBJECT_STORE_BACKEND; not set = the embedded default, a local directory. */
  readonly backend: string | undefined;
  /** LOCAL_STORAGE_PATH. */
  readonly localPath: string | undefined;
}

export interface StoreEdges {
  readonly disk: Disk;
  readonly random: Random;
}

const DEFAULT_LOCAL_PATH = './bucket';
const BACKENDS_WITHOUT_ADAPTER = new Set(['s3', 'gcs', 'azure']);

/**
 * Checks settings. Rejects with UNKNOWN_BACKEND, BACKEND_NOT_AVAILABLE or STORE_SETTING_EMPTY: a mistyped setting is never
 * silently a local directory (hole-22).
 */
export function storeConfigOf(settings: StoreSettings): StoreConfig {
  const { name, backend, localPath } = settings;
  if (backend !== undefined && backend !== 'local') throw backendError(name, backend);
  if (localPath?.trim() === '') {
    throw new ChronikError('STORE_SETTING_EMPTY', `LOCAL_STORAGE_PATH of store ${name} is set, but empty`, {
      remedy: `Name a directory, or do not set it: the default is ${DEFAULT_LOCAL_PATH}.`,
      details: { store: name },
    });
  }
  return { name, backend: 'local', path: localPath ?? DEFAULT_LOCAL_PATH };
}

/** Rejects two stores of one name or in one place: each would take the other's objects for its own. */
export function checkStoreConfigs(configs: readonly StoreConfig[]): void {
  const names = new Set<string>();
  const places = new Map<string, string>();
  for (const { name, backend, path } of configs) {
    const place = `${backend}:${resolve(path)}`;
    const twin = names.has(name) ? name : places.get(place);
    if (twin !== undefined) {
      throw new ChronikError(
        'STORE_CONFIGURED_TWICE',
        `The stores ${twin} and ${name} (${place}) are one and the same`,
        {
          remedy: 'Give every store a name and a place of its own.',
          details: { store: name, place },
        },
      );
    }
    names.add(name);
    places.set(place, name);
  }
}

/** Opens the store; rejects with the backend's own error if it cannot be used. */
export function openStore(config: StoreConfig, edges: StoreEdges): Promise<ObjectStore> {
  return LocalStore.open({ disk: edges.disk, random: edges.random, path: config.path });
}

function backendError(name: string, backend: string): ChronikError {
  const details = { store: name, backend };
  if (BACKENDS_WITHOUT_ADAPTER.has(backend)) {
    return new ChronikError(
      'BACKEND_NOT_AVAILABLE',
      `This build has no adapter for the backend ${backend} (store ${name})`,
      {
        remedy: 'Use OBJECT_STORE_BACKEND=local.',
        details,
      },
    );
  }
  return new ChronikError(
    'UNKNOWN_BACKEND',
    `OBJECT_STORE_BACKEND=${JSON.stringify(backend)} (store ${name}) is unknown`,
    {
      remedy: 'Valid in this build: local.',
      details,
    },
  );
}

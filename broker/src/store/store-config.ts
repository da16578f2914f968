import type { Clock, Disk, HttpAgents, Random } from '../edge/index.ts';
import { ChronikError, systemHttpAgents } from '../edge/index.ts';
import type { AzureStoreConfig } from './azure/azure-config.ts';
import type { GcsStoreConfig } from './gcs/gcs-config.ts';
import { LocalStore } from './local-store.ts';
import type { ObjectStore } from './object-store.ts';
import type { StoreConnection } from './remote/store-connection.ts';
import type { S3StoreConfig } from './s3/s3-config.ts';

/** A store as the user named it, checked; what the environment says becomes this in `config/`. */
export type StoreConfig = LocalStoreConfig | S3StoreConfig | GcsStoreConfig | AzureStoreConfig;

export interface LocalStoreConfig {
  /** Name of this store in settings, logs and status, e.g. `primary`. */
  readonly name: string;
  readonly backend: 'local';
  /** Directory that plays the bucket. */
  readonly path: string;
}

export interface StoreEdges {
  readonly clock: Clock;
  readonly disk: Disk;
  readonly random: Random;
  /** Connections to a cloud store, at most (default 64); further requests wait for a free one. */
  readonly maxConnections?: number;
}

const DEFAULT_MAX_CONNECTIONS = 64;

/**
 * Opens the store, with connections of its own. Rejects with the backend's own error if it cannot be used; whether a cloud
 * store answers shows with the first request. An SDK is only loaded if its store is used: each takes a tenth of a second.
 */
export async function openStore(config: StoreConfig, edges: StoreEdges): Promise<ObjectStore> {
  const { clock, disk, random } = edges;
  const readFile = (path: string): Promise<string> => readText(disk, path);
  switch (config.backend) {
    case 'local':
      return LocalStore.open({ disk, random, path: config.path });
    case 's3': {
      const { S3Store } = await import('./s3/s3-store.ts');
      const customerKey = await customerKeyText(config, disk);
      return new S3Store(config, { agents: await agentsFor(config, edges), customerKey });
    }
    case 'gcs': {
      const { GcsStore } = await import('./gcs/gcs-store.ts');
      const customerKey = await customerKeyText(config, disk);
      if (config.credentials.kind === 'file') await readFile(config.credentials.path);
      return new GcsStore(config, { agents: await agentsFor(config, edges), customerKey, random, readFile });
    }
    case 'azure': {
      const { AzureStore } = await import('./azure/azure-store.ts');
      const customerKey = await customerKeyText(config, disk);
      if (config.credentials.kind === 'sas-file') await readFile(config.credentials.path);
      return new AzureStore(config, { agents: await agentsFor(config, edges), customerKey, clock, random, readFile });
    }
  }
}

async function agentsFor({ caFile, proxy }: StoreConnection, edges: StoreEdges): Promise<HttpAgents> {
  const ca = caFile === undefined ? undefined : await readText(edges.disk, caFile);
  return systemHttpAgents({ maxConnections: edges.maxConnections ?? DEFAULT_MAX_CONNECTIONS, ca, proxy });
}

function customerKeyText(
  { encryption }: S3StoreConfig | GcsStoreConfig | AzureStoreConfig,
  disk: Disk,
): Promise<string | undefined> {
  return encryption.kind === 'customer-key' ? readText(disk, encryption.keyFile) : Promise.resolve(undefined);
}

async function readText(disk: Disk, path: string): Promise<string> {
  try {
    return (await disk.readFile(path)).toString('utf8');
  } catch (error) {
    throw new ChronikError('SETTING_INVALID', `The file ${path}, named by a setting of a store, cannot be read`, {
      remedy: 'Correct the name, or give Chronik permission to read the file.',
      details: { path },
      cause: error,
    });
  }
}

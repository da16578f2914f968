import { PRIMARY_STORE, readBrokerConfig, storeNamed } from '../config/index.ts';
import type { Environment, NamedStoreConfig } from '../config/index.ts';
import { ChronikError, SystemDisk, systemClock, systemRandom } from '../edge/index.ts';
import { LocalStore, PatientStore, openStore } from '../store/index.ts';
import type { ObjectStore, StoreEdges, StoreHealth } from '../store/index.ts';
import { ReadingStore } from './reading-store.ts';

/** A store of the configuration by its name; without one, the active store. Throws SETTING_* if there is no such store. */
export function chooseStore(environment: Environment, asked?: string): NamedStoreConfig {
  const config = readBrokerConfig(environment);
  const name = asked ?? config.activeStore ?? PRIMARY_STORE;
  const chosen = storeNamed(config, name);
  if (chosen === undefined) {
    const names = [PRIMARY_STORE, ...config.replicas.map((replica) => replica.name)];
    throw new ChronikError('SETTING_INVALID', `--store: there is no store "${name}"`, {
      remedy: `Valid: ${names.join(', ')}. Replicas are named by CHRONIK_REPLICA_STORES.`,
    });
  }
  return chosen;
}

/**
 * Opens a store of the configuration for reading. Rejects with SETTING_* if there is no such store, or with the store's own error
 * if it cannot be opened.
 */
export async function openBucket(environment: Environment, name?: string): Promise<PatientStore> {
  return forReading(await open(chooseStore(environment, name)));
}

/** A store that has to be there already: nothing is made, not even a directory. */
export async function openExisting(config: NamedStoreConfig): Promise<PatientStore> {
  return forReading(await open(config));
}

/** For `chronik prepare`: a directory that is not there yet, or has no id, gets what a start would give it; no object is written. */
export async function openForLook(config: NamedStoreConfig, health: StoreHealth): Promise<PatientStore> {
  return forReading(await openStore(config, edges()), { health });
}

function forReading(store: ObjectStore, more: { readonly health?: StoreHealth } = {}): PatientStore {
  return new PatientStore(new ReadingStore(store, systemClock), { clock: systemClock, random: systemRandom, ...more });
}

/** Opens a store of the configuration for a command that writes. Waits for it as a broker does. */
export async function openForWriting(environment: Environment, name: string): Promise<PatientStore> {
  const store = await openStore(chooseStore(environment, name), edges());
  return new PatientStore(store, { clock: systemClock, random: systemRandom });
}

function open(config: NamedStoreConfig): Promise<ObjectStore> {
  // Opening a directory as a broker does would make it.
  return config.backend === 'local'
    ? LocalStore.openForReading({ ...edges(), path: config.path })
    : openStore(config, edges());
}

function edges(): StoreEdges {
  return { clock: systemClock, disk: new SystemDisk(), random: systemRandom };
}

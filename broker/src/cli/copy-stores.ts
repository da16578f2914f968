import { readBrokerConfig } from '../config/index.ts';
import type { Environment } from '../config/index.ts';
import { ChronikError } from '../edge/index.ts';
import type { PatientStore } from '../store/index.ts';
import { openBucket } from './open-bucket.ts';

/** A store of the configuration that holds a copy, and all the others. */
export interface CopyStores {
  readonly name: string;
  readonly store: PatientStore;
  readonly others: readonly PatientStore[];
  /** Names of stores that could not even be opened. */
  readonly unopened: readonly string[];
  close(): Promise<void>;
}

/**
 * Opens the store of that name for reading, and the others as far as they can be opened; without a name, the only replica. Rejects
 * with SETTING_* or the store's own error.
 */
export async function openCopyStores(environment: Environment, asked: string | undefined): Promise<CopyStores> {
  const { primary, replicas } = readBrokerConfig(environment);
  const name = asked ?? onlyReplica(replicas.map((replica) => replica.name));
  const store = await openBucket(environment, name);
  const names = [primary, ...replicas].map((known) => known.name).filter((known) => known !== name);
  const opened = await Promise.all(names.map((known) => openBucket(environment, known).catch(() => undefined)));
  const others = opened.filter((other) => other !== undefined);
  return {
    name,
    store,
    others,
    unopened: names.filter((_, index) => opened[index] === undefined),
    close: async () => {
      await Promise.all([store, ...others].map((one) => one.close()));
    },
  };
}

function onlyReplica(names: readonly string[]): string {
  const [name] = names;
  if (name !== undefined && names.length === 1) return name;
  throw new ChronikError(
    'SETTING_MISSING',
    names.length === 0 ? 'no replica store is configured' : 'there are several replica stores',
    {
      remedy:
        names.length === 0
          ? 'Name one in CHRONIK_REPLICA_STORES and describe it.'
          : `Say which one: --store ${names.join(' or --store ')}.`,
    },
  );
}

import type { BrokerConfig, NamedStoreConfig } from '../config/index.ts';
import { systemClock, systemRandom } from '../edge/index.ts';
import type { Disk, Logger } from '../edge/index.ts';
import { PatientStore, openStore } from '../store/index.ts';
import type { StoreObserver } from '../store/index.ts';
import { TroubleLog } from './trouble-log.ts';

/** The stores of a process. Commits and cold reads go through clients of their own, so that neither delays the other. */
export interface OpenedStores {
  readonly commit: PatientStore;
  readonly cold: PatientStore;
  readonly replicas: readonly PatientStore[];
  close(): Promise<void>;
}

/** Opens the primary store and the replicas, and says which they are. Rejects if one cannot be used as it is configured. */
export async function openStores(
  config: BrokerConfig,
  disk: Disk,
  logger: Logger,
  observer: StoreObserver,
): Promise<OpenedStores> {
  const trouble = new TroubleLog(systemClock, logger);
  const open = async (store: NamedStoreConfig): Promise<PatientStore> =>
    new PatientStore(await openStore(store, { disk, random: systemRandom }), {
      clock: systemClock,
      random: systemRandom,
      observer,
      onTrouble: (error, operation, failedAttempts) => trouble.report(store.name, error, operation, failedAttempts),
    });
  const commit = await open(config.primary);
  const cold = await open(config.primary);
  const replicas = await Promise.all(config.replicas.map(open));
  const how = config.primary.byDefault ? ' (the embedded default: OBJECT_STORE_BACKEND is not set)' : '';
  logger.info(`The bucket is ${commit.description}${how}`);
  const all = [commit, cold, ...replicas];
  return {
    commit,
    cold,
    replicas,
    close: async () => {
      await Promise.all(all.map((store) => store.close()));
    },
  };
}

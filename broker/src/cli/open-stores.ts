import type { BrokerConfig, NamedStoreConfig } from '../config/index.ts';
import { systemClock, systemRandom } from '../edge/index.ts';
import type { Disk, Logger } from '../edge/index.ts';
import type { Metrics } from '../http/index.ts';
import { PatientStore, StoreError, openStore, pricesOf, refuseHarmfulLifecycle } from '../store/index.ts';
import type { ObjectStore } from '../store/index.ts';
import { TroubleLog } from './trouble-log.ts';

/** A store that does not answer is waited for by whoever needs it; the rules are not worth waiting for. */
const RULES_MS = 5_000;

/** The stores of a process. Commits and cold reads go through clients of their own, so that neither delays the other. */
export interface OpenedStores {
  readonly commit: PatientStore;
  readonly cold: PatientStore;
  readonly replicas: readonly PatientStore[];
  /** Rejects with LIFECYCLE_EATS_LOG if rules can be seen that would delete or archive the log. */
  refuseHarmfulLifecycle(): Promise<void>;
  close(): Promise<void>;
}

/** Opens the primary store and the replicas, and says which they are. Rejects if one cannot be used as it is configured. */
export async function openStores(
  config: BrokerConfig,
  disk: Disk,
  logger: Logger,
  metrics: Metrics,
): Promise<OpenedStores> {
  const trouble = new TroubleLog(systemClock, logger);
  const patient = (store: ObjectStore, name: string, lane: string): PatientStore => {
    const opened: PatientStore = new PatientStore(store, {
      clock: systemClock,
      random: systemRandom,
      observer: metrics.storeLane({
        lane,
        prices: pricesOf(store.address),
        isReachable: () => opened.storeState().reachable,
      }),
      onTrouble: (error, operation, failedAttempts) => trouble.report(name, error, operation, failedAttempts),
    });
    return opened;
  };
  const open = (store: NamedStoreConfig): Promise<ObjectStore> => openStore(store, { disk, random: systemRandom });
  const { primary } = config;
  const bucket = await open(primary);
  const commit = patient(bucket, primary.name, 'commit');
  // A directory has no connections to share out; but who wrote an object knows that it is durable, and a second client would have
  // to sync the directory before it believes what it reads there.
  const cold = patient(primary.backend === 'local' ? bucket : await open(primary), primary.name, 'cold');
  const replicas = await Promise.all(
    config.replicas.map(async (replica) => patient(await open(replica), replica.name, `replica-${replica.name}`)),
  );
  const how = primary.byDefault ? ' (the embedded default: OBJECT_STORE_BACKEND is not set)' : '';
  logger.info(`The bucket is ${commit.description}${how}`);
  const all = [commit, cold, ...replicas];
  return {
    commit,
    cold,
    replicas,
    refuseHarmfulLifecycle: () => refuseRules(bucket),
    close: async () => {
      await Promise.all(all.map((store) => store.close()));
    },
  };
}

/** One attempt; a store that does not answer it, or does not tell, is taken as it is. */
async function refuseRules(bucket: ObjectStore): Promise<void> {
  const controller = new AbortController();
  const timer = systemClock.setTimer(RULES_MS, () => controller.abort());
  try {
    await refuseHarmfulLifecycle(bucket, controller.signal);
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
  } finally {
    timer.cancel();
  }
}

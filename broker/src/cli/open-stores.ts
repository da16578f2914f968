import type { BrokerConfig, NamedStoreConfig } from '../config/index.ts';
import { systemClock, systemRandom } from '../edge/index.ts';
import type { Disk, Logger } from '../edge/index.ts';
import type { Metrics } from '../http/index.ts';
import { PatientStore, StoreError, openStore, pricesOf, refuseHarmfulLifecycle } from '../store/index.ts';
import type { ObjectStore } from '../store/index.ts';
import { TroubleLog } from './trouble-log.ts';

/** A store that does not answer is waited for by whoever needs it; the rules are not worth waiting for. */
const RULES_MS = 5_000;

/** Requests of a lane at once, and with that its connections. */
const PLACES = { commit: 64, cold: 32, background: 8, replica: 16 } as const;

/**
 * The stores of a process, by lane. Each lane has connections and a queue of its own, so that a backfill cannot delay a produce:
 * with the primary, `commit` for what clients wait for, `cold` for their reads of what is only in the bucket, `background` for what
 * nobody waits for; with each replica, one for all.
 */
export interface OpenedStores {
  /** Name of the store that commits go to. */
  readonly active: string;
  readonly commit: PatientStore;
  readonly cold: PatientStore;
  readonly background: PatientStore;
  readonly replicas: readonly OpenedReplica[];
  /** Rejects with LIFECYCLE_EATS_LOG if rules can be seen that would delete or archive the log. */
  refuseHarmfulLifecycle(): Promise<void>;
  close(): Promise<void>;
}

export interface OpenedReplica {
  readonly name: string;
  readonly store: PatientStore;
}

/** Opens the primary store and the replicas, and says which they are. Rejects if one cannot be used as it is configured. */
export async function openStores(
  config: BrokerConfig,
  disk: Disk,
  logger: Logger,
  metrics: Metrics,
): Promise<OpenedStores> {
  const trouble = new TroubleLog(systemClock, logger);
  const patient = (store: ObjectStore, name: string, lane: string, maxInFlight: number): PatientStore => {
    const opened: PatientStore = new PatientStore(store, {
      clock: systemClock,
      random: systemRandom,
      observer: metrics.storeLane({
        lane,
        prices: pricesOf(store.address),
        isReachable: () => opened.storeState().reachable,
        queue: () => opened.queueState(),
      }),
      maxInFlight,
      onTrouble: (error, operation, failedAttempts) => trouble.report(name, error, operation, failedAttempts),
    });
    return opened;
  };
  const open = (store: NamedStoreConfig, maxConnections: number): Promise<ObjectStore> =>
    openStore(store, { clock: systemClock, disk, random: systemRandom, maxConnections });
  const { primary } = config;
  const bucket = await open(primary, PLACES.commit);
  // A directory has no connections to share out; but who wrote an object knows that it is durable, and a second client would have
  // to sync the directory before it believes what it reads there.
  const openLane = async (lane: 'cold' | 'background'): Promise<PatientStore> => {
    const store = primary.backend === 'local' ? bucket : await open(primary, PLACES[lane]);
    return patient(store, primary.name, lane, PLACES[lane]);
  };
  const commit = patient(bucket, primary.name, 'commit', PLACES.commit);
  const cold = await openLane('cold');
  const background = await openLane('background');
  const replicas = await Promise.all(
    config.replicas.map(async (replica) => {
      const opened = await open(replica, PLACES.replica);
      return { name: replica.name, store: patient(opened, replica.name, `replica-${replica.name}`, PLACES.replica) };
    }),
  );
  const how = primary.byDefault ? ' (the embedded default: OBJECT_STORE_BACKEND is not set)' : '';
  logger.info(`The bucket is ${commit.description}${how}`);
  const all = [commit, cold, background, ...replicas.map(({ store }) => store)];
  return {
    active: primary.name,
    commit,
    cold,
    background,
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

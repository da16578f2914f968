import { ChronikError } from '../edge/index.ts';
import type { Clock, Logger, Timer } from '../edge/index.ts';
import type { TimelineFile } from '../meta/index.ts';
import type { PatientStore, StoreAddress } from '../store/index.ts';
import { askOtherStores } from './other-stores.ts';
import { describeAddress, sameStore } from './store-address.ts';

/** The cluster has gone on elsewhere: this broker must not acknowledge anything any more. It exits as a fenced writer does. */
export class SupersededError extends ChronikError {
  constructor(timeline: string, by: TimelineFile) {
    const owner = describeAddress(by.store);
    super('FENCED', `timeline ${timeline} went on as ${by.timeline} in ${owner}: this broker is fenced`, {
      remedy: `Nothing is to be done here. Clients belong to the brokers on ${owner}; this store is a replica of it from now on.`,
      details: { timeline, by: by.timeline, store: owner },
    });
  }
}

export interface TimelineWatchOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Our own and all others: a copier brings the word into ours too. */
  readonly stores: readonly PatientStore[];
  readonly lineage: string;
  readonly timeline: string;
  /** The store in which that timeline is written. */
  readonly store: StoreAddress;
  readonly everyMs: number;
  readonly onSuperseded: (error: SupersededError) => void;
}

/**
 * Looks at each heartbeat whether the cluster has gone on in another store that can be reached. Where nothing is shared between
 * two regions this tells nothing: then whoever promotes must know that this broker is gone (rule 14).
 */
export class TimelineWatch {
  readonly #options: TimelineWatchOptions;
  #timer: Timer | undefined;
  #isStopped = false;

  constructor(options: TimelineWatchOptions) {
    this.#options = options;
    this.#schedule();
  }

  stop(): void {
    this.#isStopped = true;
    this.#timer?.cancel();
  }

  #schedule(): void {
    if (this.#isStopped) return;
    const { clock, everyMs } = this.#options;
    this.#timer = clock.setTimer(everyMs, () => void this.#look());
  }

  async #look(): Promise<void> {
    const { stores, clock, logger, onSuperseded, timeline } = this.#options;
    try {
      const by = this.#successorIn(await askOtherStores(stores, clock));
      if (this.#isStopped) return;
      if (by !== undefined) {
        this.stop();
        onSuperseded(new SupersededError(timeline, by));
      }
    } catch (error) {
      logger.warn('The timelines of the stores could not be read', { error: String(error) });
    }
    this.#schedule();
  }

  #successorIn(told: Awaited<ReturnType<typeof askOtherStores>>): TimelineFile | undefined {
    const { lineage, timeline, store } = this.#options;
    // A fork in our own store counts only by our own last word (rule 03).
    return told
      .timelinesOf(lineage)
      .flat()
      .find((file) => file.parent === timeline && !sameStore(file.store, store));
  }
}

import type { NamedStoreConfig } from '../config/index.ts';
import { ChronikError, silentLogger, sleep, systemClock, systemRandom } from '../edge/index.ts';
import { CutReader, openCopy } from '../recovery/index.ts';
import type { PatientStore } from '../store/index.ts';
import { openExisting } from './open-bucket.ts';

const EVERY_MS = 10_000;

/** What going on from a replica store would mean. */
export interface StorePreview {
  readonly name: string;
  readonly reachable: boolean;
  /** The timeline that a promotion would leave. */
  readonly timeline?: string;
  /** Everything acknowledged before this time would be kept; left out if the copy allows no cut. */
  readonly cutTime?: string;
  readonly error?: { readonly code: string; readonly message: string };
}

/**
 * While the active store does not answer, says again and again what the replica stores would keep: whoever decides about a
 * failover decides by what this process sees, which is the one that would write. Reads only.
 */
export class FailoverPreview {
  readonly #active: NamedStoreConfig;
  readonly #replicas: readonly NamedStoreConfig[];
  readonly #isAway: () => boolean;
  readonly #stop = new AbortController();
  #stores: readonly StorePreview[] = [];

  constructor(
    stores: { readonly primary: NamedStoreConfig; readonly replicas: readonly NamedStoreConfig[] },
    isAway: () => boolean,
  ) {
    this.#active = stores.primary;
    this.#replicas = stores.replicas;
    this.#isAway = isAway;
  }

  start(): void {
    if (this.#replicas.length > 0) void this.#run();
  }

  stop(): void {
    this.#stop.abort();
  }

  /** For /status; empty while the active store answers. */
  document(): readonly StorePreview[] {
    return this.#isAway() ? this.#stores : [];
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      if (this.#isAway()) this.#stores = await Promise.all(this.#replicas.map((replica) => this.#look(replica)));
      await sleep(systemClock, EVERY_MS, signal).catch(() => undefined);
    }
  }

  async #look(replica: NamedStoreConfig): Promise<StorePreview> {
    const { name } = replica;
    const others = [this.#active, ...this.#replicas].filter((one) => one !== replica);
    const opened: PatientStore[] = [];
    try {
      const store = await openExisting(replica);
      opened.push(store);
      for (const other of others) {
        const known = await openExisting(other).catch(() => undefined);
        if (known !== undefined) opened.push(known);
      }
      const edges = { clock: systemClock, random: systemRandom, logger: silentLogger, broker: 0 };
      const { context, tree, timeline } = await openCopy({ ...edges, store, others: opened.slice(1) });
      const { cut } = await new CutReader(context, tree.ancestry(timeline.timeline)).read();
      const cutTime = cut === undefined ? {} : { cutTime: new Date(cut.hlc.ms).toISOString() };
      return { name, reachable: true, timeline: timeline.timeline, ...cutTime };
    } catch (error) {
      const code = error instanceof ChronikError ? error.code : 'UNEXPECTED';
      const message = error instanceof Error ? error.message : String(error);
      return {
        name,
        reachable: code !== 'STORE_UNREACHABLE' && code !== 'STORE_DIRECTORY_MISSING',
        error: { code, message },
      };
    } finally {
      await Promise.all(opened.map((one) => one.close()));
    }
  }
}

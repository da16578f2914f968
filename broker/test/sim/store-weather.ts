import type { SimRandom } from './sim-random.ts';
import { noStoreFaults } from './sim-store.ts';
import type { SimBucket, SimStoreFaults } from './sim-store.ts';
import type { VirtualProcess } from './virtual-process.ts';

/** How bad a store is, from always good to hardly there. */
function drawFaults(random: SimRandom): SimStoreFaults {
  const base: SimStoreFaults = {
    ...noStoreFaults,
    latency: random.pick([
      { baseMs: 0.5, jitterMs: 0.5 },
      { baseMs: 5, jitterMs: 10 },
      { baseMs: 15, jitterMs: 40 },
    ]),
    listPageKeys: random.pick([1, 2, 3, 1000]),
  };
  const rate = random.pick([0, 0.02, 0.1, 0.3]);
  const some = (): number => (random.chance(0.5) ? rate * random.fraction() : 0);
  return {
    ...base,
    throttled: some(),
    unavailable: some(),
    conflict: some(),
    resetBefore: some(),
    resetAfter: some(),
    hang: some() / 4,
    delayedLanding: some(),
    latestLandingMs: random.pick([100, 5_000, 60_000]),
    damagedRead: random.chance(0.2) ? rate * 0.05 : 0,
  };
}

/** Changes the store's behaviour now and then, with outages for all or for one process, until it is told to stop. */
export class StoreWeather {
  readonly #bucket: SimBucket;
  readonly #random: SimRandom;
  readonly #process: VirtualProcess;
  #stopped = false;

  constructor(bucket: SimBucket, random: SimRandom, process: VirtualProcess) {
    this.#bucket = bucket;
    this.#random = random;
    this.#process = process;
  }

  start(meanPauseMs: number): void {
    if (this.#stopped) return;
    this.#process.schedule(this.#random.exponential(meanPauseMs), () => {
      if (this.#stopped) return;
      this.#change();
      this.start(meanPauseMs);
    });
  }

  /** Good weather from now on. */
  stop(): void {
    this.#stopped = true;
    this.#bucket.faults = noStoreFaults;
    this.#bucket.setDown(false);
  }

  #change(): void {
    const random = this.#random;
    this.#bucket.faults = random.chance(0.25) ? noStoreFaults : drawFaults(random);
    if (random.chance(0.12)) {
      this.#bucket.setDown(true);
      this.#process.schedule(random.exponential(4_000), () => this.#bucket.setDown(false));
    }
  }
}

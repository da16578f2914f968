import type { Scheduler } from '../scheduler.ts';
import type { SimRandom } from '../sim-random.ts';
import type { SimBucket } from '../sim-store.ts';
import type { VirtualProcess } from '../virtual-process.ts';

/** How a provider replicates: never in order, mostly soon, some objects much later, some twice. */
export interface ReplicationWeather {
  readonly meanDelayMs: number;
  /** Chance that an object is held up for so long that everything else is there first. */
  readonly straggles: number;
  readonly stragglerDelayMs: number;
  /** Chance that an object does not come before somebody lets it. */
  readonly withheld: number;
  /** Chance that an object comes a second time. */
  readonly twice: number;
}

export function drawReplication(random: SimRandom): ReplicationWeather {
  return {
    meanDelayMs: random.pick([20, 300, 3_000]),
    straggles: random.pick([0, 0.02, 0.2]),
    stragglerDelayMs: random.pick([5_000, 30_000]),
    withheld: random.pick([0, 0, 0, 0.005, 0.05]),
    twice: random.pick([0, 0.1]),
  };
}

const LOOK_MS = 100;

/** Copies whatever appears in one bucket to another, as a provider does it: each object by itself, create-once or not. */
export class Replicator {
  readonly counts = { copied: 0, late: 0 };
  readonly #parts: { readonly scheduler: Scheduler; readonly process: VirtualProcess; readonly random: SimRandom };
  readonly #from: SimBucket;
  readonly #to: SimBucket;
  readonly #weather: ReplicationWeather;
  readonly #seen = new Set<string>();
  readonly #withheld: string[] = [];
  #onTheWay = 0;
  #stopped = false;

  constructor(
    parts: { readonly scheduler: Scheduler; readonly process: VirtualProcess; readonly random: SimRandom },
    from: SimBucket,
    to: SimBucket,
    weather: ReplicationWeather,
  ) {
    this.#parts = parts;
    this.#from = from;
    this.#to = to;
    this.#weather = weather;
    // What both have already needs no copy.
    for (const key of to.contents().keys()) this.#seen.add(key);
    this.#look();
  }

  /** Nothing new is taken up; what is on the way arrives, what is withheld does not. */
  stop(): void {
    this.#stopped = true;
  }

  /** Whether everything that was there at the last look has arrived, but for what is withheld. */
  get isIdle(): boolean {
    return this.#onTheWay === 0;
  }

  /** Lets what was withheld go on its way. */
  release(): void {
    for (const key of this.#withheld.splice(0)) {
      this.counts.late++;
      this.#copyIn(key, this.#parts.random.exponential(200));
    }
  }

  #look(): void {
    if (this.#stopped) return;
    for (const key of this.#from.contents().keys()) {
      if (this.#seen.has(key) || key.startsWith('probe/')) continue;
      this.#seen.add(key);
      this.#take(key);
    }
    this.#parts.process.schedule(LOOK_MS, () => this.#look());
  }

  #take(key: string): void {
    const { random } = this.#parts;
    const { meanDelayMs, straggles, stragglerDelayMs, withheld, twice } = this.#weather;
    if (random.chance(withheld)) {
      this.#withheld.push(key);
      return;
    }
    const meanMs = random.chance(straggles) ? stragglerDelayMs : meanDelayMs;
    this.#copyIn(key, random.exponential(meanMs));
    if (random.chance(twice)) this.#copyIn(key, random.exponential(meanMs * 3));
  }

  #copyIn(key: string, delayMs: number): void {
    this.#onTheWay++;
    this.#parts.process.schedule(delayMs, () => {
      this.#onTheWay--;
      const body = this.#from.contents().get(key);
      if (body === undefined || this.#to.contents().get(key)?.equals(body) === true) return;
      this.counts.copied++;
      this.#to.plant(key, Buffer.from(body));
    });
  }
}

import type { Clock, Random } from '../../src/edge/index.ts';
import { MemoryStore } from '../../src/store/index.ts';
import type { ObjectStore } from '../../src/store/index.ts';
import type { SimProcess } from './process.ts';
import { SimStoreHandle } from './sim-store-handle.ts';

/** What goes wrong, each as a chance in [0, 1] for every request; change it at any time. */
export interface SimStoreFaults {
  /** Time on the way to the store and back: `baseMs` each, plus an exponential part with the mean `jitterMs`. */
  readonly latency: { readonly baseMs: number; readonly jitterMs: number };
  /** Refused without being carried out. */
  readonly throttled: number;
  readonly unavailable: number;
  /** Creates only: a racing operation, nothing done. */
  readonly conflict: number;
  /** The connection breaks before the store acts; the client cannot tell (a create is then `ambiguous`). */
  readonly resetBefore: number;
  /** The connection breaks after the store acted. */
  readonly resetAfter: number;
  /** The client is told nothing for ever; the store acts or not. */
  readonly hang: number;
  /** The connection breaks, and the store acts up to `latestLandingMs` later. Creates and deletes only. */
  readonly delayedLanding: number;
  readonly latestLandingMs: number;
  /** A get answers with its body cut short, or with one bit flipped, and no error. */
  readonly damagedRead: number;
  /** Keys in one page of a listing, at most, and what each page costs beyond the latency. */
  readonly listPageKeys: number;
  readonly listExtraMs: number;
}

export const noStoreFaults: SimStoreFaults = {
  latency: { baseMs: 2, jitterMs: 1 },
  throttled: 0,
  unavailable: 0,
  conflict: 0,
  resetBefore: 0,
  resetAfter: 0,
  hang: 0,
  delayedLanding: 0,
  latestLandingMs: 60_000,
  damagedRead: 0,
  listPageKeys: 1000,
  listExtraMs: 0,
};

export interface SimBucketOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly name?: string;
  /** Sees one line for everything that the bucket does, in order. */
  readonly onTrace?: (line: string) => void;
}

/**
 * One bucket on virtual time that all simulated processes share. It lives on its own: what a process sent may land after
 * the process was killed or gave up. Every choice comes from the seeded `random`, drawn when a request is made.
 */
export class SimBucket {
  readonly name: string;
  readonly clock: Clock;
  readonly random: Random;
  /** May be replaced at any time; counts for requests made afterwards. */
  faults: SimStoreFaults = noStoreFaults;
  /** A store that overwrites instead of refusing, as some do; only for tests of the probe and of mutation checks. */
  ignoresConditions = false;
  readonly #memory: MemoryStore;
  readonly #onTrace: (line: string) => void;
  readonly #cutOff = new Set<string>();
  #down = false;

  constructor(options: SimBucketOptions) {
    this.name = options.name ?? 'bucket';
    this.clock = options.clock;
    this.random = options.random;
    this.#memory = new MemoryStore(this.name);
    this.#onTrace = options.onTrace ?? (() => undefined);
  }

  /** The bucket as one process sees it. */
  connect(process: SimProcess): ObjectStore {
    return new SimStoreHandle(this, this.#memory, process);
  }

  /** Begins or ends an outage for everybody. */
  setDown(down: boolean): void {
    this.#down = down;
    this.trace(down ? 'outage begins' : 'outage ends');
  }

  /** Begins or ends an outage for one process (by name, so that it outlives a restart). */
  setCutOff(processName: string, cutOff: boolean): void {
    if (cutOff) this.#cutOff.add(processName);
    else this.#cutOff.delete(processName);
    this.trace(`${processName} ${cutOff ? 'is cut off' : 'is connected again'}`);
  }

  isDownFor(process: SimProcess): boolean {
    return this.#down || this.#cutOff.has(process.name);
  }

  /** What lies in the bucket at this instant; the buffers are the bucket's own. */
  contents(): ReadonlyMap<string, Buffer> {
    return this.#memory.contents();
  }

  /** Removes an object behind everybody's back; false if it was not there. */
  vanish(key: string): boolean {
    const found = this.contents().has(key);
    if (found) void this.#memory.delete([key]);
    this.trace(`vanish ${key} ${found}`);
    return found;
  }

  /** Damages a stored object; `bit` counts from its start, random if left out. */
  flipBit(key: string, bit?: number): void {
    const body = this.contents().get(key);
    if (body === undefined || body.length === 0) throw new Error(`Nothing to damage under ${key}`);
    const chosen = bit ?? Math.floor(this.random.fraction() * body.length * 8);
    body[chosen >>> 3]! ^= 1 << (chosen & 7);
    this.trace(`flip ${key} ${chosen}`);
  }

  /** Puts an object there as if by a foreign hand, over another if need be: a replica bucket's arrivals, foreign data. */
  plant(key: string, body: Uint8Array): void {
    if (this.contents().has(key)) void this.#memory.delete([key]);
    void this.#memory.create(key, [body]);
    this.trace(`plant ${key} ${body.length}`);
  }

  trace(line: string): void {
    this.#onTrace(`${this.clock.nowMs()} ${this.name} ${line}`);
  }
}

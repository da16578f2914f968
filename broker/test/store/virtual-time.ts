import type { Clock, Random, Timer } from '../../src/edge/index.ts';
import type { SimProcess } from '../sim/process.ts';

interface Due {
  readonly atMs: number;
  readonly sequence: number;
  readonly callback: () => void;
}

/** Virtual time for tests of one component: nothing moves until `run` drives it. */
export class VirtualTime implements Clock {
  #nowMs = 1_700_000_000_000;
  #sequence = 0;
  readonly #due = new Set<Due>();

  nowMs(): number {
    return this.#nowMs;
  }

  monotonicMs(): number {
    return this.#nowMs;
  }

  setTimer(delayMs: number, callback: () => void): Timer {
    const due = { atMs: this.#nowMs + delayMs, sequence: this.#sequence, callback };
    this.#sequence += 1;
    this.#due.add(due);
    return { cancel: () => void this.#due.delete(due) };
  }

  defer(callback: () => void): void {
    this.setTimer(0, callback);
  }

  /** Fires timers in order until `promise` is settled, and answers with its value. Fails if nothing is left to fire. */
  async run<T>(promise: Promise<T>): Promise<T> {
    let settled = false;
    void Promise.allSettled([promise]).then(() => {
      settled = true;
    });
    for (;;) {
      await settleMicrotasks();
      if (settled) return promise;
      if (!this.#fireNext()) throw new Error('The awaited promise can never settle: no timer is left');
    }
  }

  /** Fires everything that is due, also what comes due meanwhile, until nothing is left. */
  async drain(): Promise<void> {
    await settleMicrotasks();
    while (this.#fireNext()) await settleMicrotasks();
  }

  /** Fires exactly `count` timers (or fewer if none is left). */
  async step(count: number): Promise<void> {
    await settleMicrotasks();
    for (let fired = 0; fired < count && this.#fireNext(); fired += 1) await settleMicrotasks();
  }

  #fireNext(): boolean {
    let next: Due | undefined;
    for (const due of this.#due) {
      if (next === undefined || due.atMs < next.atMs || (due.atMs === next.atMs && due.sequence < next.sequence)) {
        next = due;
      }
    }
    if (next === undefined) return false;
    this.#due.delete(next);
    this.#nowMs = Math.max(this.#nowMs, next.atMs);
    next.callback();
    return true;
  }
}

/** A macrotask of the real loop comes after every microtask that is pending, and there is no real I/O to race with. */
function settleMicrotasks(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

/** Small seeded generator (mulberry32). */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  function next(): number {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  }
  return {
    fraction: () => next() / 2 ** 32,
    bytes: (count) => Buffer.from(Array.from({ length: count }, () => next() & 0xff)),
  };
}

/** A process that lives until it is killed. */
export class TestProcess implements SimProcess {
  readonly name: string;
  readonly #clock: Clock;
  #alive = true;

  constructor(name: string, clock: Clock) {
    this.name = name;
    this.#clock = clock;
  }

  get alive(): boolean {
    return this.#alive;
  }

  kill(): void {
    this.#alive = false;
  }

  schedule(delayMs: number, fn: () => void): void {
    this.#clock.setTimer(delayMs, () => {
      if (this.#alive) fn();
    });
  }
}

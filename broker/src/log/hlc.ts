import type { Clock } from '../edge/index.ts';

/** A point in hybrid time: wall clock as far as it goes, and a counter so that later is always greater (rule 12). */
export interface Hlc {
  /** Milliseconds since the Unix epoch, at most 48 bits. */
  readonly ms: number;
  /** 0..65535. */
  readonly counter: number;
}

/** Before everything. */
export const HLC_ZERO: Hlc = { ms: 0, counter: 0 };

const MAX_COUNTER = 0xffff;

/** Negative if `a` is earlier, 0 if equal, positive if later. */
export function compareHlc(a: Hlc, b: Hlc): number {
  return a.ms - b.ms || a.counter - b.counter;
}

/**
 * Hybrid logical clock of one process. It never goes back and runs ahead of everything merged into it, so what is
 * written after something was read carries the greater time, however wrong the wall clock is.
 */
export class HybridClock {
  readonly #clock: Clock;
  #ms = 0;
  #counter = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The next point in time, greater than every earlier one. */
  now(): Hlc {
    const wallMs = this.#clock.nowMs();
    if (wallMs > this.#ms) {
      this.#ms = wallMs;
      this.#counter = 0;
    } else if (this.#counter < MAX_COUNTER) {
      this.#counter += 1;
    } else {
      this.#ms += 1;
      this.#counter = 0;
    }
    return { ms: this.#ms, counter: this.#counter };
  }

  /** Takes note of a time that was read or received. A drift is measured, never a reason to refuse (rule 12). */
  merge(seen: Hlc): void {
    if (seen.ms < this.#ms || (seen.ms === this.#ms && seen.counter <= this.#counter)) return;
    this.#ms = seen.ms;
    this.#counter = seen.counter;
  }

  /** How far hybrid time is ahead of the own wall clock; above 60,000 somebody's clock is wrong. */
  get driftMs(): number {
    return Math.max(0, this.#ms - this.#clock.nowMs());
  }
}

import type { Clock, Timer } from '../../src/edge/index.ts';

interface Due {
  readonly atMs: number;
  readonly sequence: number;
  readonly callback: () => void;
}

/** A clock that moves only when told, firing timers in order and letting promises settle after each. */
export class ManualClock implements Clock {
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
    const due = { atMs: this.#nowMs + Math.max(0, delayMs), sequence: this.#sequence++, callback };
    this.#due.add(due);
    return { cancel: () => void this.#due.delete(due) };
  }

  defer(callback: () => void): void {
    this.setTimer(0, callback);
  }

  get timers(): number {
    return this.#due.size;
  }

  /** Moves time by `ms` and fires everything that comes due, also what is set meanwhile. */
  async advance(ms: number): Promise<void> {
    const untilMs = this.#nowMs + ms;
    await settle();
    for (let next = this.#next(); next !== undefined && next.atMs <= untilMs; next = this.#next()) {
      this.#due.delete(next);
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      next.callback();
      await settle();
    }
    this.#nowMs = untilMs;
  }

  #next(): Due | undefined {
    let next: Due | undefined;
    for (const due of this.#due) {
      const isEarlier =
        next === undefined || due.atMs < next.atMs || (due.atMs === next.atMs && due.sequence < next.sequence);
      if (isEarlier) next = due;
    }
    return next;
  }
}

/** Lets every pending promise continuation run: a turn of the real loop comes after all of them. */
export function settle(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

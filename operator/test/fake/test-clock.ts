import type { Clock } from '../../src/runtime/clock.ts';

interface Sleeper {
  readonly dueMs: number;
  readonly wake: () => void;
}

/** Time that moves only when told to. */
export class TestClock implements Clock {
  #ms = 0;
  readonly #sleepers = new Set<Sleeper>();

  nowMs(): number {
    return Date.parse('2026-01-01T00:00:00Z') + this.#ms;
  }

  monotonicMs(): number {
    return this.#ms;
  }

  random(): number {
    return 0.5;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        this.#sleepers.delete(sleeper);
        resolve();
      };
      const sleeper = { dueMs: this.#ms + ms, wake };
      if (signal?.aborted === true) {
        resolve();
        return;
      }
      this.#sleepers.add(sleeper);
      signal?.addEventListener('abort', wake);
    });
  }

  /** Lets so much time pass, waking whoever is due in order, and lets what they do settle. */
  async advance(ms: number): Promise<void> {
    const endMs = this.#ms + ms;
    await settle();
    for (;;) {
      const next = [...this.#sleepers].toSorted((a, b) => a.dueMs - b.dueMs)[0];
      if (next === undefined || next.dueMs > endMs) break;
      this.#ms = Math.max(this.#ms, next.dueMs);
      next.wake();
      await settle();
    }
    this.#ms = endMs;
    await settle();
  }
}

/** Until promises that are ready have run. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

export const silentLog = { info: () => undefined, warn: () => undefined, error: () => undefined };

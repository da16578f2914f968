import type { Clock, Logger } from '../edge/index.ts';
import type { StoreError } from '../store/index.ts';

const QUIET_MS = 10_000;

/** Says once, and then at most every ten seconds for each kind, that the store is in trouble: a retry is no news. */
export class TroubleLog {
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #lastMs = new Map<string, number>();

  constructor(clock: Clock, logger: Logger) {
    this.#clock = clock;
    this.#logger = logger;
  }

  report(store: string, error: StoreError, operation: string, failedAttempts: number): void {
    // A single failure is the ordinary life of a store.
    if (failedAttempts < 2) return;
    const key = `${store} ${operation} ${error.kind}`;
    const nowMs = this.#clock.monotonicMs();
    if (nowMs - (this.#lastMs.get(key) ?? Number.NEGATIVE_INFINITY) < QUIET_MS) return;
    this.#lastMs.set(key, nowMs);
    this.#logger.warn('The store is in trouble; the request is repeated until it succeeds', {
      store,
      operation,
      failedAttempts,
      error: `${error.code}: ${error.message}`,
      remedy: error.remedy,
    });
  }
}

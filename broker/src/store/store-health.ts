import type { Clock } from '../edge/index.ts';
import type { StoreError } from './store-error.ts';
import type { StoreOperation } from './store-observer.ts';

/** How the store looks from here, for status pages. */
export interface StoreState {
  /** False while at least one kind of request is failing and being repeated. */
  readonly reachable: boolean;
  /** The latest error, kept after recovery; undefined if there was none. */
  readonly lastError: StoreError | undefined;
  /** Wall clock since when `reachable` has had its value, milliseconds since the epoch. */
  readonly sinceMs: number;
}

/** Follows the answers of a store and says whether it is in trouble. */
export class StoreHealth {
  readonly #clock: Clock;
  readonly #troubled = new Map<StoreOperation, StoreError>();
  #lastError: StoreError | undefined;
  #sinceMs: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#sinceMs = clock.nowMs();
  }

  failed(operation: StoreOperation, error: StoreError): void {
    this.#lastError = error;
    // A conflict is an answer of a healthy store that several writers talk to.
    if (error.kind === 'conflict') return;
    this.#change(() => this.#troubled.set(operation, error));
  }

  succeeded(operation: StoreOperation): void {
    if (this.#troubled.size === 0) return;
    this.#change(() => {
      this.#troubled.delete(operation);
      // Any good answer ends an outage; a missing permission or a full disk ends only for the kind of request that met it.
      for (const [other, error] of this.#troubled) {
        if (error.kind !== 'denied' && error.kind !== 'full') this.#troubled.delete(other);
      }
    });
  }

  state(): StoreState {
    return { reachable: this.#troubled.size === 0, lastError: this.#lastError, sinceMs: this.#sinceMs };
  }

  #change(update: () => void): void {
    const before = this.#troubled.size === 0;
    update();
    if (before !== (this.#troubled.size === 0)) this.#sinceMs = this.#clock.nowMs();
  }
}

import { sleep } from '../edge/index.ts';
import type { Clock, Random } from '../edge/index.ts';
import { AttemptDeadlines } from './attempt-deadlines.ts';
import type { StartingDeadline } from './attempt-deadlines.ts';
import { StoreError } from './store-error.ts';
import type { StoreErrorKind } from './store-error.ts';
import type { StoreOperation } from './store-observer.ts';

export interface RetryLimits extends StartingDeadline {
  /** Upper end of the first pause; each further one doubles it. The pause is uniform in [0, upper end] (full jitter). */
  readonly firstBackoffMs: number;
  readonly longestBackoffMs: number;
  /** What fails its checksum is tried this many times in all: damage on the way heals, damage at rest does not. */
  readonly corruptAttempts: number;
}

/** The rules of a few requests that are not worth remembering. */
export function startingRules(clock: Clock, random: Random): AttemptRules {
  return { clock, random, limits: defaultRetryLimits, deadlines: new AttemptDeadlines(defaultRetryLimits) };
}

export const defaultRetryLimits: RetryLimits = {
  firstBackoffMs: 50,
  longestBackoffMs: 5000,
  deadlineMs: 5000,
  deadlineMsPerMib: 1000,
  corruptAttempts: 3,
};

/** What all attempts at one store have in common. */
export interface AttemptRules {
  readonly clock: Clock;
  readonly random: Random;
  readonly limits: RetryLimits;
  readonly deadlines: AttemptDeadlines;
}

/** What is known about the failures of one request so far: how long to pause, how long to wait for the next attempt. */
export class Attempts {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #limits: RetryLimits;
  readonly #deadlines: AttemptDeadlines;
  readonly #sizeBytes: number;
  #failed = 0;
  #timeouts = 0;

  constructor({ clock, random, limits, deadlines }: AttemptRules, sizeBytes: number) {
    this.#clock = clock;
    this.#random = random;
    this.#limits = limits;
    this.#deadlines = deadlines;
    this.#sizeBytes = sizeBytes;
  }

  get failed(): number {
    return this.#failed;
  }

  countFailure(): void {
    this.#failed += 1;
  }

  /** Waits with full jitter; rejects with the signal's reason if it aborts. */
  pause(signal: AbortSignal | undefined): Promise<void> {
    const { firstBackoffMs, longestBackoffMs } = this.#limits;
    const upperMs = Math.min(longestBackoffMs, firstBackoffMs * 2 ** Math.min(30, Math.max(0, this.#failed - 1)));
    return sleep(this.#clock, this.#random.fraction() * upperMs, signal);
  }

  /**
   * Runs one attempt under its deadline. After the deadline the answer is unknown: `ambiguous` for what changes the
   * store, `unavailable` for a read. The attempt itself may go on behind our back; its answer is then ignored.
   */
  run<T>(
    operation: StoreOperation,
    signal: AbortSignal | undefined,
    attempt: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const deadlineMs = this.#deadlines.deadlineMs(operation, this.#sizeBytes, this.#timeouts);
    const startMs = this.#clock.monotonicMs();
    const took = (): void => this.#deadlines.took(operation, this.#sizeBytes, this.#clock.monotonicMs() - startMs);
    const controller = new AbortController();
    return new Promise<T>((resolve, reject) => {
      const timer = this.#clock.setTimer(deadlineMs, () => {
        // Only the first says how slow the store is; that it did not answer again says that it is away.
        if (this.#timeouts === 0) took();
        this.#timeouts += 1;
        const error = deadlineError(operation, deadlineMs);
        settle(() => reject(error));
        controller.abort(error);
      });
      function settle(finish: () => void): void {
        timer.cancel();
        signal?.removeEventListener('abort', onAbort);
        finish();
      }
      function onAbort(): void {
        const reason = signal?.reason as Error;
        settle(() => reject(reason));
        controller.abort(reason);
      }
      signal?.addEventListener('abort', onAbort, { once: true });
      attempt(controller.signal).then(
        (value) => {
          took();
          settle(() => resolve(value));
        },
        (error: Error) => settle(() => reject(error)),
      );
    });
  }
}

/** Whether another attempt can help. `denied` and `full` can: credentials rotate and disks are emptied while we wait. */
export function isWorthRetrying(kind: StoreErrorKind): boolean {
  switch (kind) {
    case 'ambiguous':
    case 'conflict':
    case 'throttled':
    case 'unavailable':
    case 'denied':
    case 'full':
      return true;
    case 'archived':
    case 'corrupt':
    case 'invalid':
      return false;
  }
}

function deadlineError(operation: StoreOperation, deadlineMs: number): StoreError {
  const kind = operation === 'create' || operation === 'delete' || operation === 'part' ? 'ambiguous' : 'unavailable';
  return new StoreError(kind, `The store did not answer a ${operation} within ${deadlineMs} ms`, {
    remedy: 'Check the network to the store and the load on it; the request is repeated by itself.',
    details: { operation, deadlineMs },
  });
}

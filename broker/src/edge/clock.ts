/** A scheduled callback. Cancelling twice, or after it fired, does nothing. */
export interface Timer {
  cancel(): void;
}

/** Time as the core sees it. The simulation supplies virtual time; `system-clock.ts` the real one. */
export interface Clock {
  /** Wall clock, whole milliseconds since the Unix epoch. May jump; decides nothing about safety (P7). */
  nowMs(): number;
  /** Monotonic milliseconds with a fraction; only differences mean anything. */
  monotonicMs(): number;
  /** Calls `callback` once after at least `delayMs` milliseconds. */
  setTimer(delayMs: number, callback: () => void): Timer;
  /** Calls `callback` after the I/O events that are ready now (setImmediate). */
  defer(callback: () => void): void;
}

/** Resolves after `delayMs`. Rejects with the signal's reason if `signal` aborts first. */
export function sleep(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) {
      reject(signal.reason as Error);
      return;
    }
    const timer = clock.setTimer(delayMs, () => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    });
    function onAbort(): void {
      timer.cancel();
      reject(signal?.reason as Error);
    }
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}

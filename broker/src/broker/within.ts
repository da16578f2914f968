import { ChronikError, type Clock } from '../edge/index.ts';

/** Something took longer than the request may wait. */
export class TimedOutError extends ChronikError {
  constructor(what: string, timeoutMs: number) {
    super('TIMED_OUT', `${what} took longer than ${timeoutMs} ms`, {
      remedy: 'The client tries again; see the log for trouble with the store.',
      details: { timeoutMs },
    });
  }
}

/** What `work` settles to, or a TimedOutError after `timeoutMs`. The work itself goes on. */
export function within<T>(clock: Clock, timeoutMs: number, what: string, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = clock.setTimer(timeoutMs, () => reject(new TimedOutError(what, timeoutMs)));
    work.then(
      (value) => {
        timer.cancel();
        resolve(value);
      },
      (error: unknown) => {
        timer.cancel();
        reject(error instanceof Error ? error : new Error(String(error)));
      },
    );
  });
}

import type { Scheduler } from './scheduler.ts';
import { Violation } from './violation.ts';

/** Runs virtual time until the promise has settled, and gives its value or error; fails if that takes too long. */
export async function settle<T>(scheduler: Scheduler, promise: Promise<T>, patienceMs = 600_000): Promise<T> {
  let isSettled = false;
  const note = (): void => {
    isSettled = true;
  };
  promise.then(note).catch(note);
  const untilMs = scheduler.nowMs + patienceMs;
  await scheduler.run({ untilMs, done: () => isSettled });
  if (!isSettled) throw new Violation('progress', `not done after ${patienceMs} virtual milliseconds`);
  return await promise;
}

/** The error that the promise rejects with; fails if it resolves. */
export async function settleFailure(scheduler: Scheduler, promise: Promise<unknown>): Promise<unknown> {
  let failure: unknown;
  let failed = false;
  const caught = promise.catch((error: unknown) => {
    failure = error;
    failed = true;
  });
  await settle(scheduler, caught);
  if (!failed) throw new Violation('refusal', 'the call succeeded where it has to be refused');
  return failure;
}

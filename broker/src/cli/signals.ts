import type { Clock } from '../edge/index.ts';

/** Wrappers (a shell, make, timeout) pass one wish to stop on more than once; what comes this soon is the same wish. */
const SAME_WISH_MS = 300;

/**
 * Resolves with the next SIGTERM or SIGINT that is a wish of its own. From the call on such a signal does not end the process
 * by itself any more.
 */
export function nextSignal(clock: Clock, afterMs = Number.NEGATIVE_INFINITY): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    const settle = (signal: NodeJS.Signals): void => {
      if (clock.monotonicMs() - afterMs < SAME_WISH_MS) return;
      process.removeListener('SIGTERM', settle);
      process.removeListener('SIGINT', settle);
      resolve(signal);
    };
    process.on('SIGTERM', settle);
    process.on('SIGINT', settle);
  });
}

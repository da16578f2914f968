import { systemClock } from '../edge/index.ts';

const EVERY_MS = 100;
const CLEAR_LINE = '\r\u001B[K';

/** How many requests of a check are done, on one line of a terminal; nothing if standard error is none. */
export function showStoreProgress(): {
  readonly show: (progress: { readonly done: number; readonly total: number }) => void;
  /** Clears the line: what follows stands in its place. */
  readonly end: () => void;
} {
  const isShown = process.stderr.isTTY;
  let lastMs = Number.NEGATIVE_INFINITY;
  return {
    show: ({ done, total }) => {
      const nowMs = systemClock.monotonicMs();
      if (!isShown || nowMs - lastMs < EVERY_MS) return;
      lastMs = nowMs;
      process.stderr.write(`${CLEAR_LINE}measuring  ${done} of ${total} requests`);
    },
    end: () => {
      if (isShown) process.stderr.write(CLEAR_LINE);
    },
  };
}

import type { Clock, Timer } from './clock.ts';

/** Node fires timers with a longer delay at once, so long waits are cut into pieces of at most this. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** The real clock and the real timers. */
export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  setTimer,
  defer: (callback) => void setImmediate(callback),
};

function setTimer(delayMs: number, callback: () => void): Timer {
  let remainingMs = Math.max(0, Math.ceil(delayMs));
  let handle: NodeJS.Timeout;
  function arm(): void {
    const pieceMs = Math.min(remainingMs, LONGEST_TIMER_MS);
    remainingMs -= pieceMs;
    handle = setTimeout(remainingMs > 0 ? arm : callback, pieceMs);
  }
  arm();
  return { cancel: () => clearTimeout(handle) };
}

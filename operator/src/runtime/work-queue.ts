import { backoffMs } from './clock.ts';
import type { Clock } from './clock.ts';

const BASE_MS = 200;
const MAX_MS = 60_000;

/**
 * Keys that want work. A key is worked on by one worker at a time; what is added meanwhile is done once afterwards, however
 * often it was added.
 */
export class WorkQueue {
  readonly #clock: Clock;
  readonly #ready: string[] = [];
  readonly #queued = new Set<string>();
  readonly #working = new Set<string>();
  readonly #again = new Set<string>();
  readonly #failures = new Map<string, number>();
  readonly #timers = new Map<string, { readonly dueMs: number; readonly cancel: AbortController }>();
  readonly #waiting: ((key: string | undefined) => void)[] = [];
  #closed = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Keys that wait for a worker now. */
  get depth(): number {
    return this.#ready.length;
  }

  add(key: string): void {
    if (this.#closed || this.#queued.has(key)) return;
    if (this.#working.has(key)) {
      this.#again.add(key);
      return;
    }
    const waiter = this.#waiting.shift();
    if (waiter !== undefined) {
      this.#working.add(key);
      waiter(key);
      return;
    }
    this.#queued.add(key);
    this.#ready.push(key);
  }

  /** Adds the key after a while; of several wishes the earliest counts. */
  addAfter(key: string, delayMs: number): void {
    const dueMs = this.#clock.monotonicMs() + delayMs;
    const old = this.#timers.get(key);
    if (this.#closed || (old !== undefined && old.dueMs <= dueMs)) return;
    old?.cancel.abort();
    const cancel = new AbortController();
    this.#timers.set(key, { dueMs, cancel });
    void this.#clock.sleep(delayMs, cancel.signal).then(() => {
      if (cancel.signal.aborted) return;
      this.#timers.delete(key);
      this.add(key);
    });
  }

  /** Adds the key after a pause that grows with each failure in a row; returns the pause. */
  retry(key: string, atLeastMs = 0): number {
    const attempt = this.#failures.get(key) ?? 0;
    this.#failures.set(key, attempt + 1);
    const delayMs = Math.max(atLeastMs, backoffMs(this.#clock, attempt, BASE_MS, MAX_MS));
    this.addAfter(key, delayMs);
    return delayMs;
  }

  /** The key's work succeeded: the next failure begins with a short pause again. */
  forget(key: string): void {
    this.#failures.delete(key);
  }

  /** The next key, once there is one; undefined when the queue is closed. Call `done` with it. */
  next(): Promise<string | undefined> {
    if (this.#closed) return Promise.resolve(undefined);
    const key = this.#ready.shift();
    if (key === undefined) return new Promise((resolve) => this.#waiting.push(resolve));
    this.#queued.delete(key);
    this.#working.add(key);
    return Promise.resolve(key);
  }

  done(key: string): void {
    this.#working.delete(key);
    if (this.#again.delete(key)) this.add(key);
  }

  close(): void {
    this.#closed = true;
    for (const { cancel } of this.#timers.values()) cancel.abort();
    this.#timers.clear();
    for (const waiter of this.#waiting.splice(0)) waiter(undefined);
  }
}

import type { Clock, Timer } from '../edge/index.ts';

/**
 * One deadline that is moved often, such as a member's session with every heartbeat. Moving it later only writes a
 * number; the running timer notices when it fires and sleeps for the rest.
 */
export class Deadline {
  readonly #clock: Clock;
  readonly #passed: () => void;
  #timer: Timer | undefined;
  #timerDueMs = 0;
  #dueMs = 0;

  constructor(clock: Clock, passed: () => void) {
    this.#clock = clock;
    this.#passed = passed;
  }

  get running(): boolean {
    return this.#timer !== undefined;
  }

  /** The deadline is now `delayMs` from now, whatever it was before. */
  set(delayMs: number): void {
    this.#dueMs = this.#clock.monotonicMs() + delayMs;
    if (this.#timer === undefined || this.#dueMs < this.#timerDueMs) this.#arm(delayMs);
  }

  clear(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #arm(delayMs: number): void {
    this.#timer?.cancel();
    this.#timerDueMs = this.#dueMs;
    this.#timer = this.#clock.setTimer(delayMs, () => this.#fired());
  }

  #fired(): void {
    this.#timer = undefined;
    const restMs = this.#dueMs - this.#clock.monotonicMs();
    if (restMs > 0) this.#arm(Math.max(1, restMs));
    else this.#passed();
  }
}

import type { Clock, Timer } from '../edge/index.ts';

/** Calls back when a stream has been idle for a while, and again after each further such while. */
export class IdleWatch {
  readonly #clock: Clock;
  readonly #idleMs: number;
  readonly #onIdle: () => void;
  #lastActiveMs: number;
  #timer: Timer | undefined;

  constructor(clock: Clock, idleMs: number, onIdle: () => void) {
    this.#clock = clock;
    this.#idleMs = idleMs;
    this.#onIdle = onIdle;
    this.#lastActiveMs = clock.monotonicMs();
    this.#arm(idleMs);
  }

  /** A plain assignment: called for every slot, it must not move timers. */
  active(): void {
    this.#lastActiveMs = this.#clock.monotonicMs();
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #arm(delayMs: number): void {
    this.#timer = this.#clock.setTimer(delayMs, () => {
      const nowMs = this.#clock.monotonicMs();
      const restMs = this.#lastActiveMs + this.#idleMs - nowMs;
      if (restMs > 0) {
        this.#arm(restMs);
        return;
      }
      this.#lastActiveMs = nowMs;
      this.#arm(this.#idleMs);
      this.#onIdle();
    });
  }
}

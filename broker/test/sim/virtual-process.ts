import type { Clock, Timer } from '../../src/edge/index.ts';
import type { SimProcess } from './process.ts';
import type { Scheduler } from './scheduler.ts';
import type { SimRandom } from './sim-random.ts';

type State = 'running' | 'frozen' | 'dead';

/** Wall clock at virtual time 0: 2026-01-01T00:00:00Z. */
export const EPOCH_MS = 1_767_225_600_000;

interface Delivery {
  readonly run: () => void;
  cancelled: boolean;
}

/**
 * One operating-system process. Whatever reaches it (timers, completions of store and disk calls, network data) goes
 * through `schedule`. Frozen (SIGSTOP, a paused virtual machine): deliveries are held and arrive, in order, when it is
 * resumed. Killed: nothing is delivered ever again, its promises stay pending for ever.
 */
export class VirtualProcess implements SimProcess {
  readonly name: string;
  /** The machine it runs on; two processes of one broker id that live at once are on different hosts. */
  readonly host: string;
  readonly random: SimRandom;
  readonly clock: Clock;
  readonly #scheduler: Scheduler;
  readonly #onDeath: (() => void)[] = [];
  #state: State = 'running';
  #held: Delivery[] = [];
  #wallSkewMs = 0;

  constructor(scheduler: Scheduler, name: string, host: string = name) {
    this.#scheduler = scheduler;
    this.name = name;
    this.host = host;
    this.random = scheduler.random.fork(`process ${name}`);
    const bootMs = this.random.between(1_000, 1_000_000);
    this.clock = {
      nowMs: () => Math.floor(EPOCH_MS + scheduler.nowMs + this.#wallSkewMs),
      monotonicMs: () => bootMs + scheduler.nowMs,
      setTimer: (delayMs, callback) => this.#deliver(Math.max(delayMs, 0.001), callback),
      defer: (callback) => void this.#deliver(0.001, callback),
    };
  }

  get alive(): boolean {
    return this.#state !== 'dead';
  }

  get frozen(): boolean {
    return this.#state === 'frozen';
  }

  schedule(delayMs: number, run: () => void): void {
    this.#deliver(delayMs, run);
  }

  #deliver(delayMs: number, run: () => void): Timer {
    const delivery: Delivery = { run, cancelled: false };
    const event = this.#scheduler.schedule(delayMs, () => this.#arrive(delivery));
    return {
      cancel: () => {
        delivery.cancelled = true;
        event.cancelled = true;
      },
    };
  }

  #arrive(delivery: Delivery): void {
    if (this.#state === 'frozen') this.#held.push(delivery);
    else if (this.#state === 'running') delivery.run();
  }

  freeze(): void {
    if (this.#state !== 'running') return;
    this.#state = 'frozen';
    this.#scheduler.note(`${this.name}: frozen`);
  }

  resume(): void {
    if (this.#state !== 'frozen') return;
    this.#state = 'running';
    this.#scheduler.note(`${this.name}: resumed, ${this.#held.length} deliveries were held`);
    const held = this.#held;
    this.#held = [];
    for (const delivery of held) {
      this.#scheduler.schedule(0, () => {
        if (!delivery.cancelled) this.#arrive(delivery);
      });
    }
  }

  /** Ends the process (kill -9, power loss, `exit`). */
  kill(reason: string): void {
    if (this.#state === 'dead') return;
    this.#state = 'dead';
    this.#held = [];
    this.#scheduler.note(`${this.name}: ended (${reason})`);
    for (const listener of this.#onDeath) listener();
  }

  /** Something happened in the process that must never happen: the run has failed. */
  fail(error: unknown): void {
    this.#scheduler.note(`${this.name}: ${error instanceof Error ? error.message : String(error)}`);
    this.#scheduler.fail(error);
  }

  onDeath(listener: () => void): void {
    this.#onDeath.push(listener);
  }

  /** Sets how far the wall clock is from true time; the monotonic clock is not affected. */
  setWallSkew(skewMs: number): void {
    this.#wallSkewMs = skewMs;
    this.#scheduler.note(`${this.name}: wall clock is off by ${Math.round(skewMs)} ms`);
  }
}

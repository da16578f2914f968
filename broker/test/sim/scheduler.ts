import { EventQueue } from './event-queue.ts';
import type { SimEvent } from './event-queue.ts';
import { SimRandom } from './sim-random.ts';
import { Trace } from './trace.ts';

/** More events than any honest run needs within one virtual millisecond: something spins without time passing. */
const EVENTS_PER_INSTANT = 200_000;

export interface SchedulerOptions {
  /** Gets every trace line; without it only the hash is kept. */
  readonly onTrace?: (line: string) => void;
}

/**
 * Virtual time. Everything that happens in a simulation is an event here; between two events all promise continuations
 * run to the end (a turn of the real event loop in which nothing else is going on), so the order of everything follows
 * from the seed alone.
 */
export class Scheduler {
  readonly random: SimRandom;
  readonly trace: Trace;
  readonly #queue = new EventQueue();
  #nowMs = 0;
  #sequence = 0;
  #executed = 0;
  #failure: unknown;

  constructor(seed: number | string, options: SchedulerOptions = {}) {
    this.random = new SimRandom(seed);
    this.trace = new Trace(options.onTrace);
  }

  /** Virtual milliseconds since the start of the run, with a fraction. */
  get nowMs(): number {
    return this.#nowMs;
  }

  get eventsExecuted(): number {
    return this.#executed;
  }

  /** The first failure of the run; it stops `run`. */
  get failure(): unknown {
    return this.#failure;
  }

  /** Records a failure (an oracle, an unexpected exception); only the first counts. */
  fail(error: unknown): void {
    this.#failure ??= error;
  }

  /** Schedules `run` after `delayMs` of virtual time. The event can be cancelled until it runs. */
  schedule(delayMs: number, run: () => void): SimEvent {
    const event: SimEvent = {
      timeMs: this.#nowMs + Math.max(0, delayMs),
      sequence: this.#sequence++,
      run,
      cancelled: false,
    };
    this.#queue.push(event);
    return event;
  }

  note(text: string): void {
    this.trace.line(this.#nowMs, text);
  }

  /**
   * Runs events until `done` says so after one of them, until `untilMs` of virtual time, or until none is left. Rejects
   * with the recorded failure.
   */
  run(options: { readonly untilMs?: number; readonly done?: () => boolean } = {}): Promise<void> {
    const untilMs = options.untilMs ?? Infinity;
    const done = options.done ?? (() => false);
    let instant = -1;
    let eventsInInstant = 0;
    // A rejection that nobody handles ends a real process; here it ends the run.
    const onUnhandled = (error: unknown): void => this.fail(error);
    process.on('unhandledRejection', onUnhandled);
    const run = new Promise<void>((resolve, reject) => {
      const turn = (): void => {
        if (this.#failure !== undefined) {
          reject(
            this.#failure instanceof Error ? this.#failure : new Error('The run failed.', { cause: this.#failure }),
          );
          return;
        }
        const nextMs = this.#queue.nextTimeMs();
        if (done() || nextMs === undefined || nextMs > untilMs) {
          if (untilMs !== Infinity && !done()) this.#nowMs = Math.max(this.#nowMs, untilMs);
          resolve();
          return;
        }
        if (Math.floor(nextMs) !== instant) {
          instant = Math.floor(nextMs);
          eventsInInstant = 0;
        }
        eventsInInstant++;
        if (eventsInInstant > EVENTS_PER_INSTANT) this.fail(new Error(`Virtual time stands still at ${nextMs} ms.`));
        this.#execute();
        // An immediate runs only after every microtask and nextTick callback that the event caused.
        setImmediate(turn);
      };
      setImmediate(turn);
    });
    return run.finally(() => process.off('unhandledRejection', onUnhandled));
  }

  #execute(): void {
    const event = this.#queue.pop();
    if (event === undefined) return;
    this.#nowMs = Math.max(this.#nowMs, event.timeMs);
    this.#executed++;
    this.trace.number(event.sequence);
    this.trace.number(Math.round(this.#nowMs * 1000));
    try {
      event.run();
    } catch (error) {
      this.fail(error);
    }
  }
}

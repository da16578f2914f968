import { Histogram } from '../measure/histogram.ts';
import { CpuWatch } from '../measure/process-usage.ts';
import { loadResult } from './result.ts';
import type { LoadResult } from './result.ts';

export interface WindowOptions {
  /** Load that is not counted: compilers and caches warm up. */
  readonly warmupSeconds: number;
  readonly seconds: number;
  /** Process whose CPU is counted: the broker. */
  readonly watchPid: number | undefined;
}

/**
 * The time in which load is counted:
 *
 *     start ── warm-up ── open ───── counted ───── close
 *
 * Load starts before it opens and goes on until it closes, so that neither edge is measured.
 */
export class MeasuredWindow {
  readonly #options: WindowOptions;
  readonly #closed = Promise.withResolvers<LoadResult>();
  #histogram = new Histogram();
  #watch: CpuWatch | undefined;
  #valueBytes = 0;
  #requests = 0;
  #isOver = false;

  constructor(options: WindowOptions) {
    this.#options = options;
  }

  /** Load must end. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Starts the warm-up; resolves when the window closes. */
  run(): Promise<LoadResult> {
    setTimeout(() => this.#open(), this.#options.warmupSeconds * 1000);
    return this.#closed.promise;
  }

  /** Ends the measurement with an error. */
  fail(error: Error): void {
    this.#isOver = true;
    this.#closed.reject(error);
  }

  /** Counts one answered request. */
  answered(valueBytes: number, durationMs: number): void {
    if (this.#watch === undefined || this.#isOver) return;
    this.#valueBytes += valueBytes;
    this.#requests += 1;
    this.#histogram.record(durationMs);
  }

  #open(): void {
    this.#watch = new CpuWatch(this.#options.watchPid);
    setTimeout(() => this.#close(), this.#options.seconds * 1000);
  }

  #close(): void {
    if (this.#isOver || this.#watch === undefined) return;
    this.#isOver = true;
    const cpu = this.#watch.read();
    const latency = this.#histogram.latency();
    this.#closed.resolve(loadResult({ valueBytes: this.#valueBytes, requests: this.#requests, latency }, cpu));
  }
}

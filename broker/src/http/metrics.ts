import { Counter, Gauge, Registry } from 'prom-client';
import type { CounterConfiguration, GaugeConfiguration } from 'prom-client';
import type { StoreObserver } from '../store/index.ts';
import { StoreMetrics } from './store-metrics.ts';
import type { StoreLane } from './store-metrics.ts';

/** A number that is read when somebody asks for the metrics. */
export interface Reading {
  readonly name: string;
  readonly help: string;
  readonly read: () => number;
}

/**
 * The process's metrics in Prometheus' terms. Hot paths count in plain numbers; they are read here, when somebody asks, so that
 * measuring costs nothing.
 */
export class Metrics {
  readonly #registry = new Registry();
  readonly #stores = new StoreMetrics(this.#registry);

  /** Publishes a lane of a store; whoever sends requests on it reports them to the answer. */
  storeLane(lane: StoreLane): StoreObserver {
    return this.#stores.lane(lane);
  }

  /** A value that goes up and down. */
  gauge({ name, help, read }: Reading): void {
    const configuration: GaugeConfiguration<string> = {
      name,
      help,
      registers: [this.#registry],
      collect(): void {
        this.set(read());
      },
    };
    new Gauge(configuration);
  }

  /** A value that only grows while the process lives. */
  counter({ name, help, read }: Reading): void {
    const configuration: CounterConfiguration<string> = {
      name,
      help,
      registers: [this.#registry],
      collect(): void {
        this.reset();
        this.inc(read());
      },
    };
    new Counter(configuration);
  }

  /** Prometheus' text format. */
  text(): Promise<string> {
    return this.#registry.metrics();
  }
}

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

/** Numbers of several things of a kind, told apart by one label. */
export interface LabelledReading extends Omit<Reading, 'read'> {
  readonly label: string;
  /** The label's value and the number; what is not known now is left out. */
  readonly read: () => Iterable<readonly [string, number]>;
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

  /** Values that go up and down. */
  gauges({ name, help, label, read }: LabelledReading): void {
    new Gauge({
      name,
      help,
      labelNames: [label],
      registers: [this.#registry],
      collect(): void {
        this.reset();
        for (const [which, value] of read()) this.set({ [label]: which }, value);
      },
    });
  }

  /** Values that only grow while the process lives. */
  counters({ name, help, label, read }: LabelledReading): void {
    new Counter({
      name,
      help,
      labelNames: [label],
      registers: [this.#registry],
      collect(): void {
        this.reset();
        for (const [which, value] of read()) this.inc({ [label]: which }, value);
      },
    });
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

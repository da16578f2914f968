import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { CounterConfiguration, GaugeConfiguration } from 'prom-client';
import type { StoreObserver, StoreRequest } from '../store/index.ts';

/** A number that is read when somebody asks for the metrics. */
export interface Reading {
  readonly name: string;
  readonly help: string;
  readonly read: () => number;
}

const STORE_SECONDS = [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10];

/**
 * The process's metrics in Prometheus' terms. Hot paths count in plain numbers; they are read here, when somebody asks, so that
 * measuring costs nothing.
 */
export class Metrics implements StoreObserver {
  readonly #registry = new Registry();
  readonly #storeRequests: Counter<'operation' | 'outcome'>;
  readonly #storeBytes: Counter<'operation'>;
  readonly #storeSeconds: Histogram<'operation'>;

  constructor() {
    this.#storeRequests = new Counter({
      name: 'chronik_store_requests_total',
      help: 'Attempts at requests to the object store, by what they ended with.',
      labelNames: ['operation', 'outcome'],
      registers: [this.#registry],
    });
    this.#storeBytes = new Counter({
      name: 'chronik_store_bytes_total',
      help: 'Bytes of bodies sent to (create) and received from (get) the object store.',
      labelNames: ['operation'],
      registers: [this.#registry],
    });
    this.#storeSeconds = new Histogram({
      name: 'chronik_store_request_seconds',
      help: 'How long an attempt at a request to the object store took.',
      labelNames: ['operation'],
      buckets: STORE_SECONDS,
      registers: [this.#registry],
    });
  }

  onRequest({ operation, outcome, bytes, durationMs }: StoreRequest): void {
    this.#storeRequests.inc({ operation, outcome });
    if (bytes > 0) this.#storeBytes.inc({ operation }, bytes);
    this.#storeSeconds.observe({ operation }, durationMs / 1000);
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

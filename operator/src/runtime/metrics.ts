import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { CONDITION_TYPES } from '../api/index.ts';
import type { Condition } from '../api/index.ts';

/** What the operator counts. */
export class OperatorMetrics {
  readonly #registry = new Registry();
  readonly reconciles = this.#counter('chronik_operator_reconciles_total', 'Rounds by what came of them.', ['result']);
  readonly writes = this.#counter('chronik_operator_writes_total', 'Writes to the API server.', ['verb']);
  readonly watchRestarts = this.#counter('chronik_operator_watch_restarts_total', 'Watches begun anew.', ['kind']);
  readonly lastSuccess = this.#gauge(
    'chronik_operator_last_success_seconds',
    'Time of the last good round, since 1970.',
  );
  readonly leading = this.#gauge('chronik_operator_leading', '1 if this process leads.');
  readonly #conditions = new Gauge({
    name: 'chronik_operator_condition',
    help: 'Conditions of the clusters: 1 true, 0 false, -1 unknown.',
    labelNames: ['namespace', 'name', 'type'],
    registers: [this.#registry],
  });
  readonly duration = new Histogram({
    name: 'chronik_operator_reconcile_seconds',
    help: 'Duration of a round.',
    buckets: [0.005, 0.02, 0.1, 0.5, 2, 5, 15],
    registers: [this.#registry],
  });

  constructor(queueDepth: () => number) {
    const depth = this.#gauge('chronik_operator_queue_depth', 'Clusters that wait for a worker.', () => {
      depth.set(queueDepth());
    });
  }

  tellConditions(namespace: string, name: string, conditions: readonly Condition[]): void {
    for (const { type, status } of conditions) {
      this.#conditions.set({ namespace, name, type }, status === 'True' ? 1 : status === 'False' ? 0 : -1);
    }
  }

  /** A cluster that is gone is no cluster that is not ready. */
  forgetConditions(namespace: string, name: string): void {
    for (const type of CONDITION_TYPES) this.#conditions.remove({ namespace, name, type });
  }

  text(): Promise<string> {
    return this.#registry.metrics();
  }

  #counter<Label extends string>(name: string, help: string, labelNames: Label[]): Counter<Label> {
    return new Counter({ name, help, labelNames, registers: [this.#registry] });
  }

  #gauge(name: string, help: string, collect?: () => void): Gauge {
    return new Gauge({ name, help, registers: [this.#registry], ...(collect === undefined ? {} : { collect }) });
  }
}

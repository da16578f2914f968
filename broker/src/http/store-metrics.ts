import { Counter, Gauge, Histogram } from 'prom-client';
import type { Registry } from 'prom-client';
import { requestPrice } from '../store/index.ts';
import type { QueueState, RequestOutcome, StoreObserver, StoreOperation, StorePrices } from '../store/index.ts';

const SECONDS = [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10];

/** What providers bill requests as. */
type OperationClass = 'write' | 'read' | 'list' | 'delete';

const CLASSES: Readonly<Record<StoreOperation, OperationClass>> = {
  create: 'write',
  part: 'write',
  get: 'read',
  head: 'read',
  list: 'list',
  delete: 'delete',
};

/** The store did not serve these, or never saw them, so they are not billed. */
const FREE: ReadonlySet<RequestOutcome> = new Set(['throttled', 'unavailable', 'failed', 'abandoned']);

/** The requests of one client of a store, which has connections of its own. */
export interface StoreLane {
  /** `commit`, `cold`, `background`, or `replica-` and the replica's name. */
  readonly lane: string;
  /** undefined: requests cost nothing. */
  readonly prices: StorePrices | undefined;
  /** Read when somebody asks for the metrics. */
  readonly isReachable: () => boolean;
  readonly queue: () => QueueState;
}

/** Metrics of the object stores, by lane. */
export class StoreMetrics {
  readonly #requests: Counter<'lane' | 'operation' | 'outcome'>;
  readonly #bytes: Counter<'lane' | 'operation'>;
  readonly #seconds: Histogram<'lane' | 'operation'>;
  readonly #dollars: Counter<'lane' | 'class'>;
  readonly #lanes: StoreLane[] = [];

  constructor(registry: Registry) {
    const registers = [registry];
    this.#requests = new Counter({
      name: 'chronik_store_requests_total',
      help: 'Attempts at requests to the object store, by what they ended with; ok, exists and absent are no errors.',
      labelNames: ['lane', 'operation', 'outcome'],
      registers,
    });
    this.#bytes = new Counter({
      name: 'chronik_store_bytes_total',
      help: 'Bytes of bodies sent to (create, part) and received from (get) the object store.',
      labelNames: ['lane', 'operation'],
      registers,
    });
    this.#seconds = new Histogram({
      name: 'chronik_store_request_seconds',
      help: 'How long an attempt at a request to the object store took.',
      labelNames: ['lane', 'operation'],
      buckets: SECONDS,
      registers,
    });
    this.#dollars = new Counter({
      name: 'chronik_store_request_cost_dollars_total',
      help: "Estimated price of the requests that the store answered, by the provider's list prices.",
      labelNames: ['lane', 'class'],
      registers,
    });
    const lanes = this.#lanes;
    new Gauge({
      name: 'chronik_store_reachable',
      help: '1: the store answers; 0: requests are failing and being repeated.',
      labelNames: ['lane'],
      registers,
      collect(): void {
        for (const { lane, isReachable } of lanes) this.set({ lane }, isReachable() ? 1 : 0);
      },
    });
    new Gauge({
      name: 'chronik_store_queue',
      help: 'Requests that are under way (state in-flight) or wait for a place in their lane (state waiting).',
      labelNames: ['lane', 'state'],
      registers,
      collect(): void {
        for (const { lane, queue } of lanes) {
          const { inFlight, waiting } = queue();
          this.set({ lane, state: 'in-flight' }, inFlight);
          this.set({ lane, state: 'waiting' }, waiting);
        }
      },
    });
  }

  /** Publishes a lane; whoever sends requests on it reports them to the answer. */
  lane(options: StoreLane): StoreObserver {
    const { lane, prices } = options;
    this.#lanes.push(options);
    return {
      onRequest: ({ operation, outcome, bytes, durationMs }) => {
        this.#requests.inc({ lane, operation, outcome });
        if (bytes > 0) this.#bytes.inc({ lane, operation }, bytes);
        this.#seconds.observe({ lane, operation }, durationMs / 1000);
        if (prices === undefined || FREE.has(outcome)) return;
        this.#dollars.inc({ lane, class: CLASSES[operation] }, requestPrice(prices, operation));
      },
    };
  }
}

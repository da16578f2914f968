import { CHILD_TYPES, KubeError, types } from '../kube/index.ts';
import type { BrokerProbe, KubeApi, ResourceType } from '../kube/index.ts';
import { CLUSTER_LABEL } from '../plan/index.ts';
import type { Failure, KubeObject, PlanOptions } from '../plan/index.ts';
import type { Clock } from './clock.ts';
import { NotLeaderError } from './gated-api.ts';
import { Informer } from './informer.ts';
import type { Log } from './log.ts';
import type { OperatorMetrics } from './metrics.ts';
import { ObjectCache } from './object-cache.ts';
import { reconcile } from './reconcile.ts';
import type { WorkQueue } from './work-queue.ts';

export interface ControllerOptions {
  /** Its writes are refused while this process does not lead. */
  readonly api: KubeApi;
  readonly probe: BrokerProbe;
  readonly plan: PlanOptions;
  /** Undefined: all namespaces. */
  readonly namespaces: readonly string[] | undefined;
  readonly queue: WorkQueue;
  readonly metrics: OperatorMetrics;
  readonly clock: Clock;
  readonly log: Log;
}

const WORKERS = 4;
/** The queue's own pauses end at a minute; what was refused for good is tried no sooner than this. */
const REFUSED_MS = 5_000;

/** Informers, the queue and its workers. */
export class Controller {
  readonly #options: ControllerOptions;
  readonly #cache = new ObjectCache();
  readonly #informers: readonly Informer[];

  constructor(options: ControllerOptions) {
    this.#options = options;
    const scopes = options.namespaces ?? [undefined];
    this.#informers = scopes.flatMap((namespace) => [
      this.#informer(types.cluster, namespace, ({ metadata }) => metadata.name),
      ...[types.pod, types.claim, ...CHILD_TYPES].map((type) =>
        this.#informer(type, namespace, ({ metadata }) => metadata.labels?.[CLUSTER_LABEL], CLUSTER_LABEL),
      ),
    ]);
  }

  get synced(): boolean {
    return this.#informers.every(({ synced }) => synced);
  }

  get stuck(): boolean {
    return this.#informers.some(({ stuck }) => stuck);
  }

  /** Watches from the beginning, also while another process leads: a new leader knows everything already. */
  async watch(signal: AbortSignal): Promise<void> {
    await Promise.all(this.#informers.map((informer) => informer.run(signal)));
  }

  /**
   * Works until the queue is closed. Begins once everything was listed: a half-filled cache looks like deleted children. What may
   * not be listed is told in the status of every cluster.
   */
  async work(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    while (!this.#informers.every(({ synced, refused }) => synced || refused !== undefined) && !signal.aborted) {
      await clock.sleep(50, signal);
    }
    await Promise.all(Array.from({ length: WORKERS }, () => this.#worker()));
  }

  #informer(
    type: ResourceType,
    namespace: string | undefined,
    clusterOf: (object: KubeObject) => string | undefined,
    labelSelector?: string,
  ): Informer {
    const { api, clock, log, queue, metrics } = this.#options;
    return new Informer({
      api,
      type,
      scope: { namespace, ...(labelSelector === undefined ? {} : { labelSelector }) },
      cache: this.#cache,
      clock,
      log,
      onChange: (object) => {
        const cluster = clusterOf(object);
        if (cluster !== undefined) queue.add(`${object.metadata.namespace ?? ''}/${cluster}`);
      },
      onRestart: () => metrics.watchRestarts.inc({ kind: type.kind }),
    });
  }

  /** A kind of which nothing is known in this namespace, because we may not look. */
  #blind(namespace: string): Failure | undefined {
    const informer = this.#informers.find(
      (one) => one.refused !== undefined && (one.namespace === undefined || one.namespace === namespace),
    );
    if (informer?.refused === undefined) return undefined;
    return { action: `watch ${informer.kind}`, reason: 'Forbidden', message: informer.refused.message };
  }

  async #worker(): Promise<void> {
    const { queue } = this.#options;
    for (let key = await queue.next(); key !== undefined; key = await queue.next()) {
      try {
        await this.#round(key);
      } finally {
        queue.done(key);
      }
    }
  }

  async #round(key: string): Promise<void> {
    const { queue, metrics, clock, log } = this.#options;
    const [namespace = '', name = ''] = key.split('/');
    const end = metrics.duration.startTimer();
    try {
      const result = await reconcile({ ...this.#options, cache: this.#cache }, namespace, name, this.#blind(namespace));
      if (result.kind === 'refused') {
        metrics.reconciles.inc({ result: 'refused' });
        queue.retry(key, REFUSED_MS);
        return;
      }
      queue.forget(key);
      metrics.lastSuccess.set(clock.nowMs() / 1000);
      const idle = result.kind === 'gone' || result.writes === 0;
      metrics.reconciles.inc({ result: idle ? 'steady' : 'changed' });
      if (result.kind === 'planned') {
        metrics.tellConditions(namespace, name, result.conditions);
        queue.addAfter(key, result.lookAgainMs);
      } else {
        metrics.forgetConditions(namespace, name);
      }
    } catch (error) {
      // Whoever leads next begins with the whole list.
      if (error instanceof NotLeaderError) return;
      metrics.reconciles.inc({ result: 'failed' });
      const asked = error instanceof KubeError ? (error.retryAfterMs ?? 0) : 0;
      const pauseMs = Math.round(queue.retry(key, asked));
      const conflict = error instanceof KubeError && error.status === 409;
      if (!conflict) log.warn('A round failed and is repeated', { cluster: key, pauseMs, error });
    } finally {
      end();
    }
  }
}

import type { ChronikCluster, Condition } from '../api/index.ts';
import { execute, observe } from '../kube/index.ts';
import type { BrokerProbe, CacheReader, KubeApi } from '../kube/index.ts';
import { inWords, planCluster } from '../plan/index.ts';
import type { Failure, Observed, PlanOptions } from '../plan/index.ts';
import type { Clock } from './clock.ts';
import { lastingFailure } from './lasting-failure.ts';
import type { Log } from './log.ts';

export interface ReconcileOptions {
  readonly api: KubeApi;
  readonly cache: CacheReader;
  readonly probe: BrokerProbe;
  readonly plan: PlanOptions;
  readonly clock: Clock;
  readonly log: Log;
}

export type Reconciled =
  | { readonly kind: 'gone' }
  /** `writes` = 0: nothing was to be done. */
  | {
      readonly kind: 'planned';
      readonly writes: number;
      readonly lookAgainMs: number;
      readonly conditions: readonly Condition[];
    }
  /** The API server refused something for good; it stands in the status, and is tried again with growing pauses. */
  | { readonly kind: 'refused'; readonly failure: Failure };

/**
 * One round for one cluster: observe, plan, do. What is temporary (409, 429, 5xx, no answer) rejects with KubeError, to be
 * tried again; what was refused for good is told in the cluster's status. `blind`: a kind that may not be watched; what is known
 * of it is old, so this is told and nothing else is done.
 */
export async function reconcile(
  options: ReconcileOptions,
  namespace: string,
  name: string,
  blind?: Failure,
): Promise<Reconciled> {
  const { cache, probe, plan: planOptions, clock, log } = options;
  const observed = await observe(cache, probe, namespace, name, blind);
  if (observed === undefined) return { kind: 'gone' };
  if (blind !== undefined) {
    await tell(options, observed);
    return { kind: 'refused', failure: blind };
  }
  const plan = planCluster(observed, planOptions, clock.nowMs());
  let writes = 0;
  for (const action of plan.actions) {
    try {
      const outcome = await execute(options.api, observed.cluster, action, clock.nowMs());
      if (action.kind !== 'writeStatus') log.info(inWords(action), { namespace, name, outcome });
      writes += 1;
    } catch (error) {
      const failure = lastingFailure(action, error);
      if (failure === undefined) throw error;
      log.warn('The API server refuses', { namespace, name, action: inWords(action), error });
      await tell(options, { ...observed, failure });
      return { kind: 'refused', failure };
    }
  }
  return { kind: 'planned', writes, lookAgainMs: plan.lookAgainMs, conditions: plan.status.conditions ?? [] };
}

/** Writes only events and status, and lets a deleted cluster go: what the failed plan would have changed stays as it is. */
async function tell({ api, plan, clock, log }: ReconcileOptions, observed: Observed): Promise<void> {
  const { actions } = planCluster(observed, plan, clock.nowMs());
  for (const action of actions) {
    if (action.kind !== 'recordEvent' && action.kind !== 'writeStatus' && action.kind !== 'removeFinalizer') continue;
    try {
      await execute(api, observed.cluster, action, clock.nowMs());
    } catch (error) {
      // The right to tell may be the very one that is missing: the log says it, and the status if it can be written.
      if (lastingFailure(action, error) === undefined) throw error;
      log.warn('The API server refuses', { cluster: nameOf(observed.cluster), action: inWords(action), error });
    }
  }
}

function nameOf({ metadata }: ChronikCluster): string {
  return `${metadata.namespace ?? ''}/${metadata.name}`;
}

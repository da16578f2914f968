import { FINALIZER } from '../api/index.ts';
import type { Action } from './action.ts';
import { podTemplate } from './children/pod-template.ts';
import { statefulSet } from './children/stateful-set.ts';
import { reasonToApply, stamped } from './convergence.ts';
import type { StatefulSet } from './kube-object.ts';
import type { Observed, PlanOptions } from './observed.ts';

/** How long brokers may take to flush and seal before the resource goes without them. What they leave is in the bucket or on the kept volume. */
export const FLUSH_BUDGET_MS = 300_000;

/**
 * Deletion: brokers stop cleanly (replicas 0), then the finalizer goes and garbage collection takes the children. Claims and
 * bucket stay. Nothing is created: the namespace may be going, too.
 */
export function deletionActions(
  observed: Observed,
  options: PlanOptions,
  found: StatefulSet | undefined,
  nowMs: number,
): readonly Action[] {
  const { cluster, pods } = observed;
  const { finalizers = [], deletionTimestamp = '', resourceVersion = '' } = cluster.metadata;
  if (!finalizers.includes(FINALIZER)) return [];
  const leave = (why: string): readonly Action[] => [{ kind: 'removeFinalizer', resourceVersion, why }];
  const overdue = nowMs > Date.parse(deletionTimestamp) + FLUSH_BUDGET_MS;
  if (overdue) return leave(`brokers have not stopped within ${FLUSH_BUDGET_MS / 1000} s`);
  // A namespace that goes takes our roles with it. Kubernetes stops the pods by itself, with their grace period.
  if (observed.failure?.reason === 'Forbidden') return leave(`the right is gone: ${observed.failure.action}`);
  if (found !== undefined && found.metadata.deletionTimestamp === undefined) {
    const wanted = stamped(statefulSet(cluster, podTemplate(cluster, options), found, 0));
    const why = reasonToApply(wanted, found);
    if (why !== undefined) return [{ kind: 'apply', object: wanted, why: 'the cluster is deleted: brokers stop' }];
  }
  return pods.length === 0 ? leave('all brokers have stopped') : [];
}

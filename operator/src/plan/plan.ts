import { FINALIZER } from '../api/index.ts';
import type { ClusterStatus } from '../api/index.ts';
import type { Action, Plan } from './action.ts';
import { serves } from './assessment.ts';
import { brokerNodes } from './broker-node.ts';
import type { BrokerNode } from './broker-node.ts';
import { canonicalJson } from './canonical.ts';
import { isOrdered, planHash } from './children/boot-plan.ts';
import { wantedChildren } from './children/index.ts';
import { names } from './children/names.ts';
import { podTemplate } from './children/pod-template.ts';
import { reasonToApply } from './convergence.ts';
import { deletionActions } from './deletion.ts';
import { eventsBetween } from './events.ts';
import { NO_FAILOVER, hurries, judgeFailover } from './failover.ts';
import type { KubeObject, StatefulSet } from './kube-object.ts';
import type { Observed, PlanOptions } from './observed.ts';
import { nextReplacement, outdatedNodes } from './rollout.ts';
import { statusOf } from './status.ts';
import { announcements, expansions } from './volumes.ts';

/** How soon to ask brokers again, while something moves and while all is quiet. */
const BUSY_MS = 2_000;
const QUIET_MS = 15_000;

/**
 * The whole decision: what was observed and the time → what to write, in this order, and the status. Pure. What has converged
 * gives no action and the very status that is there.
 */
export function planCluster(observed: Observed, options: PlanOptions, nowMs: number): Plan {
  const { cluster } = observed;
  const nodes = brokerNodes(observed);
  const template = podTemplate(cluster, options);
  const found = findStatefulSet(observed);
  const writes = isDeleting(observed)
    ? deletionActions(observed, options, found, nowMs)
    : cluster.spec.paused
      ? []
      : steadyActions(observed, options, nodes, found);
  const pending = writes
    .filter(({ kind }) => kind === 'apply' || kind === 'writePlan' || kind === 'expandClaim')
    .map(inWords);
  const outdated = outdatedNodes(nodes, template.hash);
  const failover = cluster.spec.paused ? NO_FAILOVER : judgeFailover(cluster, nodes, nowMs);
  const status = statusOf({ cluster, nodes, pending, outdated, failover, failure: observed.failure }, nowMs);
  const quiet = writes.length === 0 && nodes.every(({ assessment }) => serves(assessment)) && !isDeleting(observed);
  return {
    actions: [...writes, ...statusActions(observed, status, writes)],
    status,
    lookAgainMs: quiet ? QUIET_MS : BUSY_MS,
  };
}

function steadyActions(
  observed: Observed,
  options: PlanOptions,
  nodes: readonly BrokerNode[],
  found: StatefulSet | undefined,
): readonly Action[] {
  const { cluster } = observed;
  const { finalizers = [], resourceVersion = '' } = cluster.metadata;
  // First of all: from here on nothing of this cluster disappears without its brokers having flushed.
  if (!finalizers.includes(FINALIZER)) return [{ kind: 'addFinalizer', resourceVersion }];
  const template = podTemplate(cluster, options);
  const restoring = nodes.some(isRestoring);
  const stopping = mustStop(observed);
  const replicas = stopping ? 0 : cluster.spec.brokers;
  const applies = wantedChildren(cluster, template, found, { restoring, replicas }).flatMap(
    (object): readonly Action[] => {
      const why = reasonToApply(object, findChild(observed, object));
      if (why === undefined) return [];
      // The order counts once every broker of before is known to have ended.
      if (stopping && isBootMap(observed, object) && !hasStopped(observed, found)) return [];
      return [applying(observed, object, why)];
    },
  );
  const replacement = applies.length > 0 ? undefined : nextReplacement(nodes, template.hash, found);
  return [
    ...applies,
    ...(applies.length > 0 ? [] : announcements(nodes, planHash(cluster))),
    ...(replacement === undefined ? [] : [replacement]),
    ...(stopping && found?.spec.replicas === 0 ? hurries(cluster, nodes) : []),
    ...expansions(nodes, cluster.spec.storage),
  ];
}

/** Two operators, or one with an old view, must never take back each other's boot plan. */
function applying(observed: Observed, object: KubeObject, why: string): Action {
  if (!isBootMap(observed, object)) return { kind: 'apply', object, why };
  const resourceVersion = findChild(observed, object)?.metadata.resourceVersion;
  const write = { kind: 'writePlan', object, why, resourceVersion } as const;
  return mustStop(observed) ? { ...write, evidence: { noPodsOf: observed.cluster.metadata.name } } : write;
}

function isBootMap({ cluster }: Observed, { kind, metadata }: KubeObject): boolean {
  return kind === 'ConfigMap' && metadata.name === names.boot(cluster.metadata.name);
}

/** A promotion was ordered, and its plan is not written yet. */
function mustStop({ cluster, children }: Observed): boolean {
  if (cluster.status?.failover === undefined) return false;
  const name = names.boot(cluster.metadata.name);
  return !isOrdered(
    cluster,
    children.find((child) => child.kind === 'ConfigMap' && child.metadata.name === name),
  );
}

/** No pod is left, and the StatefulSet's controller knows that it must make none. */
function hasStopped({ pods }: Observed, found: StatefulSet | undefined): boolean {
  const isSeen = found?.status?.observedGeneration === found?.metadata.generation;
  return pods.length === 0 && found?.spec.replicas === 0 && isSeen;
}

/** From the moment that the init container lets a broker restore until it serves, unless something holds it up. */
function isRestoring({ assessment, prepared, before, report }: BrokerNode): boolean {
  if (assessment.kind === 'restoring') return true;
  if (assessment.kind !== 'starting' && assessment.kind !== 'silent') return false;
  return (prepared?.decision === 'restore' || before?.volume === 'Restoring') && report?.state !== 'serving';
}

/** Events, then the status. A cluster whose finalizer goes in this very plan may be gone before its status is written. */
function statusActions({ cluster }: Observed, status: ClusterStatus, writes: readonly Action[]): readonly Action[] {
  if (writes.some(({ kind }) => kind === 'removeFinalizer' || kind === 'addFinalizer')) return [];
  if (canonicalJson(status) === canonicalJson(cluster.status)) return [];
  const events = eventsBetween(cluster, status).map((event): Action => ({ kind: 'recordEvent', event }));
  return [...events, { kind: 'writeStatus', status, resourceVersion: cluster.metadata.resourceVersion ?? '' }];
}

function isDeleting({ cluster }: Observed): boolean {
  return cluster.metadata.deletionTimestamp !== undefined;
}

function findChild({ children }: Observed, { kind, metadata }: KubeObject): KubeObject | undefined {
  return children.find((child) => child.kind === kind && child.metadata.name === metadata.name);
}

function findStatefulSet({ cluster, children }: Observed): StatefulSet | undefined {
  const name = names.statefulSet(cluster.metadata.name);
  const found = children.find((child) => child.kind === 'StatefulSet' && child.metadata.name === name);
  return found as StatefulSet | undefined;
}

/** One action for logs and messages. */
export function inWords(action: Action): string {
  switch (action.kind) {
    case 'addFinalizer':
      return 'add the finalizer';
    case 'removeFinalizer':
      return `remove the finalizer (${action.why})`;
    case 'apply':
      return `apply ${action.object.kind} ${action.object.metadata.name} (${action.why})`;
    case 'writePlan':
      return `write the boot plan ${action.object.metadata.name} (${action.why})`;
    case 'announcePlan':
      return `tell pod ${action.pod} of the boot plan`;
    case 'replacePod':
      return `replace pod ${action.pod} (${action.why})`;
    case 'hurryPod':
      return `end pod ${action.pod} within ${action.graceSeconds} s`;
    case 'expandClaim':
      return `expand claim ${action.claim} from ${action.evidence.from} to ${action.to}`;
    case 'recordEvent':
      return `record event ${action.event.reason}`;
    case 'writeStatus':
      return 'write the status';
  }
}

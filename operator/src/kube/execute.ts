import { FINALIZER } from '../api/index.ts';
import type { ChronikCluster } from '../api/index.ts';
import { CLUSTER_LABEL, PLAN_ANNOTATION, POD_HASH_ANNOTATION } from '../plan/index.ts';
import type { Action, Claim, EventSpec, KubeObject } from '../plan/index.ts';
import type { KubeApi } from './kube-api.ts';
import { isStatus } from './kube-error.ts';
import { types } from './resource-type.ts';

/** `dropped`: what the action was based on is not so any more; the next plan knows better. */
export type Outcome = 'done' | 'dropped';

/** Does one action. Whatever destroys or lets go looks at its evidence again, on the API server. Rejects with KubeError. */
export async function execute(api: KubeApi, cluster: ChronikCluster, action: Action, nowMs: number): Promise<Outcome> {
  const { name, namespace = 'default' } = cluster.metadata;
  switch (action.kind) {
    case 'apply':
      await api.apply(action.object);
      return 'done';
    case 'writePlan':
      return writePlan(api, cluster, action);
    case 'addFinalizer':
      return changeFinalizers(api, cluster, action.resourceVersion, (found) => [...found, FINALIZER]);
    case 'removeFinalizer':
      return changeFinalizers(api, cluster, action.resourceVersion, (found) =>
        found.filter((one) => one !== FINALIZER),
      );
    case 'writeStatus': {
      const status = replacing(cluster.status ?? {}, action.status);
      const patch = { metadata: { resourceVersion: action.resourceVersion }, status };
      return unlessGone(api.patch(types.cluster, namespace, name, patch, 'status'));
    }
    case 'announcePlan':
      return announcePlan(api, namespace, action);
    case 'replacePod':
      return replacePod(api, namespace, name, action);
    case 'hurryPod': {
      const { pod, evidence, graceSeconds } = action;
      return unlessGone(api.delete(types.pod, namespace, pod, evidence.podUID, graceSeconds));
    }
    case 'expandClaim':
      return expandClaim(api, namespace, action);
    case 'recordEvent':
      return recordEvent(api, cluster, action.event, nowMs);
  }
}

/** The merge patch that makes `after` of `before`: it takes away only what it says, at every depth. */
function replacing(before: object, after: object): object {
  const gone = Object.keys(before).filter((field) => !Object.hasOwn(after, field));
  const old = new Map<string, unknown>(Object.entries(before));
  const kept = Object.entries(after).map(([field, value]: [string, unknown]) => {
    const found = old.get(field);
    return [field, isFields(found) && isFields(value) ? replacing(found, value) : value] as const;
  });
  return Object.fromEntries<unknown>([...gone.map((field) => [field, null] as const), ...kept]);
}

function isFields(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

async function writePlan(
  api: KubeApi,
  cluster: ChronikCluster,
  { object, resourceVersion, evidence }: Extract<Action, { readonly kind: 'writePlan' }>,
): Promise<Outcome> {
  if (!(await isStill(api, cluster))) return 'dropped';
  const { namespace = 'default' } = cluster.metadata;
  if (evidence !== undefined) {
    // Two writers on two stores are what a promotion must never make.
    const labelSelector = `${CLUSTER_LABEL}=${evidence.noPodsOf}`;
    const { items } = await api.list(types.pod, { namespace, labelSelector }, { limit: 1 });
    if (items.length > 0) return 'dropped';
  }
  if (resourceVersion === undefined) await api.create(object);
  else await api.apply({ ...object, metadata: { ...object.metadata, resourceVersion } });
  return 'done';
}

/**
 * Of caches nobody knows how old they are, and of two which is older: which store is the cluster's stands in its status alone. A patch
 * that changes nothing tells whether that is what it was.
 */
async function isStill(api: KubeApi, { metadata }: ChronikCluster): Promise<boolean> {
  const { name, namespace = 'default', resourceVersion } = metadata;
  try {
    await api.patch(types.cluster, namespace, name, { metadata: { resourceVersion } });
    return true;
  } catch (error) {
    if (isStatus(error, 404) || isStatus(error, 409)) return false;
    throw error;
  }
}

/** The finalizers of others are kept; a change in between makes the precondition fail. */
async function changeFinalizers(
  api: KubeApi,
  cluster: ChronikCluster,
  resourceVersion: string,
  change: (found: readonly string[]) => readonly string[],
): Promise<Outcome> {
  const { name, namespace = 'default', finalizers = [] } = cluster.metadata;
  const patch = { metadata: { resourceVersion, finalizers: change(finalizers) } };
  return unlessGone(api.patch(types.cluster, namespace, name, patch));
}

/** The UID in the patch is the precondition: another pod of that name is not told of what it read itself. */
function announcePlan(
  api: KubeApi,
  namespace: string,
  { pod, plan, evidence }: Extract<Action, { readonly kind: 'announcePlan' }>,
): Promise<Outcome> {
  const patch = { metadata: { uid: evidence.podUID, annotations: { [PLAN_ANNOTATION]: plan } } };
  return unlessGone(api.patch(types.pod, namespace, pod, patch));
}

async function replacePod(
  api: KubeApi,
  namespace: string,
  cluster: string,
  { pod: name, evidence }: Extract<Action, { readonly kind: 'replacePod' }>,
): Promise<Outcome> {
  const [pod, statefulSet] = await Promise.all([
    api.get(types.pod, namespace, name),
    api.get(types.statefulSet, namespace, cluster),
  ]);
  const wanted = statefulSet as { readonly spec?: { readonly template?: KubeObject } } | undefined;
  const templateHash = wanted?.spec?.template?.metadata.annotations?.[POD_HASH_ANNOTATION];
  const stillSo =
    pod?.metadata.uid === evidence.podUID &&
    pod.metadata.annotations?.[POD_HASH_ANNOTATION] === evidence.hash &&
    templateHash === evidence.wantedHash;
  if (!stillSo) return 'dropped';
  return unlessGone(api.delete(types.pod, namespace, name, evidence.podUID));
}

async function expandClaim(
  api: KubeApi,
  namespace: string,
  { claim: name, evidence, to }: Extract<Action, { readonly kind: 'expandClaim' }>,
): Promise<Outcome> {
  const claim = (await api.get(types.claim, namespace, name)) as Claim | undefined;
  if (claim?.metadata.uid !== evidence.claimUID) return 'dropped';
  if (claim.spec.resources?.requests?.storage !== evidence.from) return 'dropped';
  const { resourceVersion } = claim.metadata;
  const patch = { metadata: { resourceVersion }, spec: { resources: { requests: { storage: to } } } };
  return unlessGone(api.patch(types.claim, namespace, name, patch));
}

async function recordEvent(api: KubeApi, cluster: ChronikCluster, event: EventSpec, nowMs: number): Promise<Outcome> {
  const { name, namespace = 'default', uid = '' } = cluster.metadata;
  const time = new Date(nowMs).toISOString().replace(/\.\d+Z$/, 'Z');
  try {
    await api.create({
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name: event.name, namespace },
      involvedObject: { apiVersion: cluster.apiVersion, kind: cluster.kind, name, namespace, uid },
      type: event.type,
      reason: event.reason,
      message: event.message,
      source: { component: 'chronik-operator' },
      firstTimestamp: time,
      lastTimestamp: time,
      count: 1,
    });
    return 'done';
  } catch (error) {
    // It was told before, or there is nowhere left to tell it.
    const told = isStatus(error, 409) && error.reason === 'AlreadyExists';
    if (told || isStatus(error, 404)) return 'dropped';
    const namespaceGoes = isStatus(error, 403) && error.message.includes('being terminated');
    if (namespaceGoes) return 'dropped';
    throw error;
  }
}

async function unlessGone(written: Promise<unknown>): Promise<Outcome> {
  try {
    await written;
    return 'done';
  } catch (error) {
    if (isStatus(error, 404)) return 'dropped';
    throw error;
  }
}

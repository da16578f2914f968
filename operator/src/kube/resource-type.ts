import { GROUP, KIND, PLURAL, VERSION } from '../api/index.ts';

/** A kind of object, and where the API server has it. */
export interface ResourceType {
  readonly apiVersion: string;
  readonly kind: string;
  readonly plural: string;
}

function type(apiVersion: string, kind: string, plural: string): ResourceType {
  return { apiVersion, kind, plural };
}

export const types = {
  cluster: type(`${GROUP}/${VERSION}`, KIND, PLURAL),
  pod: type('v1', 'Pod', 'pods'),
  claim: type('v1', 'PersistentVolumeClaim', 'persistentvolumeclaims'),
  event: type('v1', 'Event', 'events'),
  lease: type('coordination.k8s.io/v1', 'Lease', 'leases'),
  statefulSet: type('apps/v1', 'StatefulSet', 'statefulsets'),
  service: type('v1', 'Service', 'services'),
  configMap: type('v1', 'ConfigMap', 'configmaps'),
  serviceAccount: type('v1', 'ServiceAccount', 'serviceaccounts'),
  disruptionBudget: type('policy/v1', 'PodDisruptionBudget', 'poddisruptionbudgets'),
  networkPolicy: type('networking.k8s.io/v1', 'NetworkPolicy', 'networkpolicies'),
} as const;

/** What the operator makes for a cluster. */
export const CHILD_TYPES: readonly ResourceType[] = [
  types.statefulSet,
  types.service,
  types.configMap,
  types.serviceAccount,
  types.disruptionBudget,
  types.networkPolicy,
];

export function typeOf({ apiVersion, kind }: { readonly apiVersion: string; readonly kind: string }): ResourceType {
  const found = Object.values(types).find((known) => known.kind === kind && known.apiVersion === apiVersion);
  if (found === undefined) throw new TypeError(`the operator does not handle ${apiVersion} ${kind}`);
  return found;
}

/** Path of a collection, or of one object in it; without a namespace: of all namespaces. */
export function pathOf(resource: ResourceType, namespace: string | undefined, name?: string): string {
  const base = resource.apiVersion.includes('/') ? `/apis/${resource.apiVersion}` : `/api/${resource.apiVersion}`;
  const scope = namespace === undefined ? '' : `/namespaces/${encodeURIComponent(namespace)}`;
  return `${base}${scope}/${resource.plural}${name === undefined ? '' : `/${encodeURIComponent(name)}`}`;
}

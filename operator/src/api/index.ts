// The door of api/: the custom resource. `spec.ts` and `status.ts` are the one source of types, CRD and reference.
export {
  FINALIZER,
  GROUP,
  KIND,
  PLURAL,
  PROMOTE_ANNOTATION,
  RELEASE_ANNOTATION,
  SWITCHOVER_ANNOTATION,
  VERSION,
} from './cluster.ts';
export type {
  ChronikCluster,
  ClusterSpec,
  ClusterStatus,
  Condition,
  ConditionType,
  NodeStatus,
  ObjectMeta,
  OwnerReference,
  Phase,
  Reason,
  VolumeState,
} from './cluster.ts';
export { CONDITION_TYPES } from './status.ts';
export { customResourceDefinition, rootSchema } from './crd.ts';
export { referencePage, rulesOf } from './reference.ts';
export type { Json } from './schema.ts';
export { HTTP_PORT } from './spec.ts';
export { clusterChartSchema } from './values-schema.ts';

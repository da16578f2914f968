// The door of plan/: what was observed and the time → actions and status. Nothing in here reads or writes anything.
export type { Action, EventSpec, Plan } from './action.ts';
export { parseReport } from './broker-report.ts';
export type { BrokerReport } from './broker-report.ts';
export { CLUSTER_LABEL } from './children/names.ts';
export { PLAN_ANNOTATION, POD_HASH_ANNOTATION } from './children/pod-template.ts';
export type { Claim, KubeObject, Pod } from './kube-object.ts';
export type { Failure, Observed, PlanOptions } from './observed.ts';
export { inWords, planCluster } from './plan.ts';
export { isPreparing } from './prepared.ts';

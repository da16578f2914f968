// The door of kube/: the Kubernetes API. `execute.ts` does what a plan says, `observe.ts` gathers what it needs.
export { probeBroker } from './broker-probe.ts';
export { execute } from './execute.ts';
export { HttpKubeApi } from './http-kube-api.ts';
export type { KubeApi, KubeReader, KubeWriter, ListPage, Scope, WatchEvent } from './kube-api.ts';
export { KubeError, isGone, isStatus } from './kube-error.ts';
export { observe } from './observe.ts';
export type { BrokerProbe, CacheReader } from './observe.ts';
export { CHILD_TYPES, typeOf, types } from './resource-type.ts';
export type { ResourceType } from './resource-type.ts';
export { ConfiguredTransport } from './transport.ts';

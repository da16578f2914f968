import type { Infer } from './schema.ts';
import type { specSchema } from './spec.ts';
import type { CONDITION_TYPES, PHASES, REASONS, VOLUME_STATES, statusSchema } from './status.ts';

export const GROUP = 'chronik.stream';
export const VERSION = 'v1alpha1';
export const KIND = 'ChronikCluster';
export const PLURAL = 'chronikclusters';

/** Held by the operator until the brokers have flushed and sealed. */
export const FINALIZER = `${GROUP}/flush`;
/** Ids of empty volumes, separated by commas, that held brokers may restore onto (`recovery.onEmptyVolume: Hold`). */
export const RELEASE_ANNOTATION = `${GROUP}/release`;

/** `STORE@TIMELINE`: go on from that store, whatever the loss, if that is still the timeline that counts. */
export const PROMOTE_ANNOTATION = `${GROUP}/promote`;

/** `STORE@TIMELINE`: move to that store without loss, if that is still the timeline that counts. */
export const SWITCHOVER_ANNOTATION = `${GROUP}/switchover`;

export type ClusterSpec = Infer<typeof specSchema>;
export type ClusterStatus = Infer<typeof statusSchema>;
export type NodeStatus = NonNullable<ClusterStatus['nodes']>[number];
export type Condition = NonNullable<ClusterStatus['conditions']>[number];
export type ConditionType = (typeof CONDITION_TYPES)[number];
export type Reason = (typeof REASONS)[number];
export type Phase = (typeof PHASES)[number];
export type VolumeState = (typeof VOLUME_STATES)[number];

export interface ObjectMeta {
  readonly name: string;
  readonly namespace?: string;
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly generation?: number;
  readonly creationTimestamp?: string;
  readonly deletionTimestamp?: string;
  readonly deletionGracePeriodSeconds?: number;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly finalizers?: readonly string[];
  readonly ownerReferences?: readonly OwnerReference[];
}

export interface OwnerReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  readonly controller?: boolean;
  readonly blockOwnerDeletion?: boolean;
}

/** A ChronikCluster as the API server hands it out: defaults are filled in. */
export interface ChronikCluster {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ObjectMeta;
  readonly spec: ClusterSpec;
  readonly status?: ClusterStatus;
}

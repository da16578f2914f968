import { VOLUME_CLASSES } from './broker-report.ts';
import type { VolumeClass } from './broker-report.ts';
import { PREPARE_CONTAINER } from './children/pod-template.ts';
import type { ContainerStatus, Pod } from './kube-object.ts';

/** What `chronik prepare` left behind when it let the broker start. */
export interface Prepared {
  readonly volume: VolumeClass;
  readonly decision: 'create' | 'restore' | 'attach' | 'promote';
}

const DECISIONS = ['create', 'restore', 'attach', 'promote'] as const;

export function prepareStatus(pod: Pod | undefined): ContainerStatus | undefined {
  return pod?.status?.initContainerStatuses?.find(({ name }) => name === PREPARE_CONTAINER);
}

/** True while it is the init container that answers on the pod's HTTP port. */
export function isPreparing(pod: Pod | undefined): boolean {
  return prepareStatus(pod)?.state?.running !== undefined;
}

/** Reads the termination message; undefined if it has not ended well, or left something else. */
export function preparedOf(pod: Pod | undefined): Prepared | undefined {
  const ended = prepareStatus(pod)?.state?.terminated;
  if (ended?.exitCode !== 0) return undefined;
  let left: Readonly<Record<string, unknown>>;
  try {
    left = JSON.parse(ended.message ?? '') as Readonly<Record<string, unknown>>;
  } catch {
    return undefined;
  }
  const volume = VOLUME_CLASSES.find((known) => known === left['volume']);
  const decision = DECISIONS.find((known) => known === left['decision']);
  return volume === undefined || decision === undefined ? undefined : { volume, decision };
}

import type { NodeStatus, VolumeState } from '../api/index.ts';
import { assess, serves } from './assessment.ts';
import type { Assessment } from './assessment.ts';
import type { BrokerReport } from './broker-report.ts';
import { names } from './children/names.ts';
import type { Claim, Pod } from './kube-object.ts';
import type { Observed } from './observed.ts';
import { preparedOf } from './prepared.ts';
import type { Prepared } from './prepared.ts';

/** One broker: what Kubernetes has of it, what it says of itself, and what the status said of it before. */
export interface BrokerNode {
  readonly name: string;
  readonly pod: Pod | undefined;
  readonly claim: Claim | undefined;
  readonly report: BrokerReport | undefined;
  readonly before: NodeStatus | undefined;
  readonly assessment: Assessment;
  readonly change: ClaimChange;
  /** What the init container left behind, once it has let the broker start. */
  readonly prepared: Prepared | undefined;
}

/** What is known of the claim. `first`: none was ever seen here. `same`: the one of before. `new`: another one. */
export type ClaimChange = 'none' | 'first' | 'same' | 'new';

export function brokerNodes({ cluster, pods, claims, reports }: Observed): readonly BrokerNode[] {
  return Array.from({ length: cluster.spec.brokers }, (_, ordinal) => {
    const name = names.pod(cluster.metadata.name, ordinal);
    const pod = pods.find(({ metadata }) => metadata.name === name);
    const claim = claims.find(({ metadata }) => metadata.name === names.claimOf(name));
    const report = pod === undefined ? undefined : reports.get(name);
    const before = cluster.status?.nodes?.find((node) => node.name === name);
    const change = claimChange(claim, before);
    return { name, pod, claim, report, before, change, assessment: assess(pod, report), prepared: preparedOf(pod) };
  });
}

function claimChange(claim: Claim | undefined, before: NodeStatus | undefined): ClaimChange {
  const uid = claim?.metadata.uid;
  if (uid === undefined || claim?.metadata.deletionTimestamp !== undefined) return 'none';
  if (before?.pvcUID === undefined) return 'first';
  return before.pvcUID === uid ? 'same' : 'new';
}

/** True if the broker waits for a person to release its empty volume. */
export function isHeldForRelease({ assessment }: BrokerNode): boolean {
  return assessment.kind === 'holding' && assessment.code === 'VOLUME_HELD';
}

/** True if what lies on the volume is not a broker's, as the init container or the broker said. */
export function isForeign({ assessment }: BrokerNode): boolean {
  return (assessment.kind === 'crashing' || assessment.kind === 'holding') && assessment.code === 'VOLUME_FOREIGN';
}

/** What the status says of a broker. It holds no elapsed time and nothing that moves while all is quiet. */
export function nodeStatus(node: BrokerNode): NodeStatus {
  const { name, assessment, before } = node;
  const lastRecovery = recoveryOf(node) ?? before?.lastRecovery;
  const uid = claimUID(node);
  const volume = volumeState(node);
  const detail = detailOf(node);
  return {
    name,
    ready: serves(assessment),
    state: stateOf(node),
    ...(detail === undefined ? {} : { detail }),
    ...(uid === undefined ? {} : { pvcUID: uid }),
    ...(volume === undefined ? {} : { volume }),
    ...(lastRecovery === undefined ? {} : { lastRecovery }),
  };
}

function claimUID({ claim, before, change }: BrokerNode): string | undefined {
  return change === 'none' ? before?.pvcUID : claim?.metadata.uid;
}

function volumeState(node: BrokerNode): VolumeState | undefined {
  const { before, change, prepared, report } = node;
  if (isForeign(node)) return 'Foreign';
  if (report?.state === 'serving') return 'Initialized';
  switch (prepared?.decision) {
    case 'create':
      return 'Empty';
    case 'restore':
    case 'promote':
      return 'Restoring';
    case 'attach':
      return 'Initialized';
    case undefined:
      break;
  }
  if (report?.volume === 'Empty') return 'Empty';
  // A volume that has an identity was not replaced, whatever its claim is called.
  if (report?.volume === 'Initialized') return 'Initialized';
  if (change === 'first' || change === 'new') return 'Empty';
  return before?.volume === 'Foreign' ? undefined : before?.volume;
}

function recoveryOf({ report }: BrokerNode): NodeStatus['lastRecovery'] {
  const restore = report?.lastRestore;
  if (report?.state !== 'serving' || restore === undefined) return undefined;
  const { totalMs: milliseconds, ...counts } = restore;
  return { ...counts, milliseconds };
}

function stateOf(node: BrokerNode): string {
  const { assessment } = node;
  if (isHeldForRelease(node)) return 'HeldForRelease';
  switch (assessment.kind) {
    case 'absent':
      return 'NoPod';
    case 'stopping':
      return 'Stopping';
    case 'blocked':
      return assessment.reason;
    case 'crashing':
      return 'CrashLooping';
    case 'starting':
      return 'Starting';
    case 'silent':
      return assessment.ready ? 'Serving' : 'NotReporting';
    case 'restoring':
      return 'Restoring';
    case 'holding':
      return 'Holding';
    case 'serving':
      return 'Serving';
  }
}

function detailOf({ assessment }: BrokerNode): string | undefined {
  switch (assessment.kind) {
    case 'blocked':
      return assessment.message;
    case 'crashing':
      return assessment.code ?? assessment.message;
    case 'restoring':
      return assessment.progress;
    case 'holding':
      return assessment.volumeId === undefined ? assessment.code : `empty volume ${assessment.volumeId}`;
    case 'absent':
    case 'stopping':
    case 'starting':
    case 'silent':
    case 'serving':
      return undefined;
  }
}

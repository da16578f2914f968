import { RELEASE_ANNOTATION } from '../api/index.ts';
import type { NodeStatus, VolumeState } from '../api/index.ts';
import { assess, serves } from './assessment.ts';
import type { Assessment } from './assessment.ts';
import type { BrokerReport } from './broker-report.ts';
import { names } from './children/names.ts';
import type { Claim, Pod } from './kube-object.ts';
import type { Observed } from './observed.ts';

/** One broker: what Kubernetes has of it, what it says of itself, and what the status said of it before. */
export interface BrokerNode {
  readonly name: string;
  readonly pod: Pod | undefined;
  readonly claim: Claim | undefined;
  readonly report: BrokerReport | undefined;
  readonly before: NodeStatus | undefined;
  readonly assessment: Assessment;
  readonly volume: VolumeDecision;
}

/**
 * What is known of the volume. `first`: no volume was ever seen here. `same`: the one of before. `new`: another claim than
 * before, and nothing speaks against restoring onto it. `held`: another claim, and a person has to release it.
 */
export type VolumeDecision = 'none' | 'first' | 'same' | 'new' | 'held';

export function brokerNodes(observed: Observed): readonly BrokerNode[] {
  const { cluster, pods, claims, reports } = observed;
  return Array.from({ length: cluster.spec.brokers }, (_, ordinal) => {
    const name = names.pod(cluster.metadata.name, ordinal);
    const pod = pods.find(({ metadata }) => metadata.name === name);
    const claim = claims.find(({ metadata }) => metadata.name === names.claimOf(name));
    const report = pod === undefined ? undefined : reports.get(name);
    const before = cluster.status?.nodes?.find((node) => node.name === name);
    const node = { name, pod, claim, report, before, assessment: assess(pod, report) };
    return { ...node, volume: volumeDecision(observed, node) };
  });
}

function volumeDecision(
  { cluster }: Observed,
  { claim, before, assessment }: Omit<BrokerNode, 'volume'>,
): VolumeDecision {
  const uid = claim?.metadata.uid;
  if (uid === undefined || claim?.metadata.deletionTimestamp !== undefined) return 'none';
  if (before?.pvcUID === undefined) return 'first';
  if (before.pvcUID === uid) return 'same';
  const released = cluster.metadata.annotations?.[RELEASE_ANNOTATION] === uid;
  if (cluster.spec.recovery.onEmptyVolume === 'Auto' || released) return 'new';
  switch (assessment.kind) {
    case 'gated':
      return 'held';
    // The claim comes before its pod: nothing is decided as long as there is nobody to hold.
    case 'absent':
    case 'stopping':
      return 'none';
    // Whoever took the gate away has decided, be it this operator a moment before it was killed.
    case 'blocked':
    case 'crashing':
    case 'starting':
    case 'silent':
    case 'restoring':
    case 'holding':
    case 'serving':
      return 'new';
  }
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

function claimUID({ claim, before, volume }: BrokerNode): string | undefined {
  return volume === 'none' || volume === 'held' ? before?.pvcUID : claim?.metadata.uid;
}

function volumeState({ before, volume, assessment, report }: BrokerNode): VolumeState | undefined {
  if (assessment.kind === 'crashing' && assessment.code === 'VOLUME_FOREIGN') return 'Foreign';
  if (report?.state === 'serving') return 'Initialized';
  switch (volume) {
    case 'none':
    case 'held':
      return before?.volume;
    case 'first':
      return 'Empty';
    case 'new':
      return 'Restoring';
    case 'same':
      // A foreign volume that is not foreign any more was emptied.
      return before?.volume === 'Foreign' && assessment.kind !== 'crashing' ? 'Empty' : before?.volume;
  }
}

function recoveryOf({ report }: BrokerNode): NodeStatus['lastRecovery'] {
  const restore = report?.lastRestore;
  if (report?.state !== 'serving' || restore === undefined) return undefined;
  const { totalMs: milliseconds, ...counts } = restore;
  return { ...counts, milliseconds };
}

function stateOf({ assessment, volume, report }: BrokerNode): string {
  if (volume === 'held') return 'HeldForRelease';
  switch (assessment.kind) {
    case 'absent':
      return 'NoPod';
    case 'stopping':
      return 'Stopping';
    case 'gated':
      return 'Starting';
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
      return report === undefined ? 'NotReporting' : 'Serving';
  }
}

function detailOf({ assessment, volume, claim }: BrokerNode): string | undefined {
  if (volume === 'held') return `new claim ${claim?.metadata.uid ?? ''}`;
  switch (assessment.kind) {
    case 'blocked':
      return assessment.message;
    case 'crashing':
      return assessment.code ?? assessment.message;
    case 'restoring':
      return assessment.progress;
    case 'holding':
      return assessment.code;
    case 'absent':
    case 'stopping':
    case 'gated':
    case 'starting':
    case 'silent':
    case 'serving':
      return undefined;
  }
}

import type { Reason } from '../api/index.ts';
import type { BrokerReport } from './broker-report.ts';
import { CONTAINER } from './children/pod-template.ts';
import type { ContainerStatus, Pod } from './kube-object.ts';
import { isPreparing, prepareStatus } from './prepared.ts';

/** How one broker is: every pod lands in exactly one of these. */
export type Assessment =
  | { readonly kind: 'absent' }
  | { readonly kind: 'stopping' }
  /** Kubernetes cannot run it; `reason` says at which step. */
  | {
      readonly kind: 'blocked';
      readonly reason: Extract<Reason, 'Unschedulable' | 'ImageUnavailable' | 'ConfigurationInvalid'>;
      readonly message: string;
    }
  /** The process ended by itself; `code` is its own error code. */
  | { readonly kind: 'crashing'; readonly code: string | undefined; readonly message: string }
  | { readonly kind: 'starting' }
  /** Runs, but does not answer on /status. `ready` = its readiness probe is content, so clients are served. */
  | { readonly kind: 'silent'; readonly ready: boolean }
  | { readonly kind: 'restoring'; readonly progress: string | undefined }
  | {
      readonly kind: 'holding';
      readonly code: string;
      readonly message: string;
      readonly remedy: string;
      /** Of VOLUME_HELD: what a release has to name. */
      readonly volumeId: string | undefined;
    }
  | { readonly kind: 'serving' };

const IMAGE_REASONS = new Set(['ErrImagePull', 'ImagePullBackOff', 'ErrImageNeverPull', 'InvalidImageName']);
const CONFIG_REASONS = new Set(['CreateContainerConfigError', 'CreateContainerError', 'RunContainerError']);

export function assess(pod: Pod | undefined, report: BrokerReport | undefined): Assessment {
  if (pod === undefined) return { kind: 'absent' };
  if (pod.metadata.deletionTimestamp !== undefined) return { kind: 'stopping' };
  const broker = pod.status?.containerStatuses?.find(({ name }) => name === CONTAINER);
  const prepare = prepareStatus(pod);
  // The one whose turn it is.
  const container = prepare !== undefined && prepare.state?.terminated?.exitCode !== 0 ? prepare : broker;
  return blocked(pod, container) ?? crashing(container) ?? running(pod, container, report);
}

function blocked(pod: Pod, container: ContainerStatus | undefined): Assessment | undefined {
  const scheduled = pod.status?.conditions?.find(({ type }) => type === 'PodScheduled');
  if (scheduled?.status === 'False') {
    return { kind: 'blocked', reason: 'Unschedulable', message: scheduled.message ?? 'no node takes the pod' };
  }
  const { reason = '', message = '' } = container?.state?.waiting ?? {};
  const text = message === '' ? reason : `${reason}: ${message}`;
  if (IMAGE_REASONS.has(reason)) return { kind: 'blocked', reason: 'ImageUnavailable', message: text };
  if (CONFIG_REASONS.has(reason)) return { kind: 'blocked', reason: 'ConfigurationInvalid', message: text };
  return undefined;
}

/** A process that ended and is not running again yet. What it wrote on standard error names its code. */
function crashing(container: ContainerStatus | undefined): Assessment | undefined {
  if (container?.state?.running !== undefined) return undefined;
  const terminated = container?.state?.terminated ?? container?.lastState?.terminated;
  if (terminated === undefined) return undefined;
  const text = (terminated.message ?? '').trimEnd();
  const code = /^\s*code:\s+([A-Z][A-Z0-9_]*)\s*$/m.exec(text)?.[1];
  const said = /^chronik: (.*)$/m.exec(text)?.[1];
  const remedy = /^\s*remedy:\s+(.*)$/m.exec(text)?.[1];
  const lastLine = text.slice(text.lastIndexOf('\n') + 1);
  const words = said === undefined ? lastLine : [said, remedy].filter((part) => part !== undefined).join('. ');
  const ended =
    terminated.reason === 'OOMKilled' ? 'was killed for lack of memory' : `exit code ${terminated.exitCode}`;
  return { kind: 'crashing', code, message: words === '' ? `the broker ended: ${ended}` : words };
}

function running(pod: Pod, container: ContainerStatus | undefined, report: BrokerReport | undefined): Assessment {
  if (container?.state?.running === undefined) return { kind: 'starting' };
  if (report === undefined) return isPreparing(pod) ? { kind: 'starting' } : { kind: 'silent', ready: isReady(pod) };
  switch (report.state) {
    case 'starting':
    case 'preparing':
      return { kind: 'starting' };
    case 'restoring':
      return { kind: 'restoring', progress: progressOf(report) };
    case 'holding': {
      const { code = 'UNKNOWN', message = '', remedy = '', volumeId } = report.held ?? {};
      return { kind: 'holding', code, message, remedy, volumeId };
    }
    case 'serving':
      return isReady(pod) ? { kind: 'serving' } : { kind: 'starting' };
    case 'stopping':
      return { kind: 'stopping' };
    case 'failed':
      return { kind: 'crashing', code: undefined, message: 'the broker cannot go on and ends' };
  }
}

export function isReady(pod: Pod): boolean {
  return pod.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') === true;
}

function progressOf({ restore }: BrokerReport): string | undefined {
  if (restore === undefined) return undefined;
  const { phase, done, total, unit } = restore;
  return `${phase}: ${done}${total === undefined ? '' : ` of ${total}`} ${unit}`;
}

/** True if clients of this broker are served. */
export function serves(assessment: Assessment): boolean {
  return assessment.kind === 'serving' || (assessment.kind === 'silent' && assessment.ready);
}

import type { ChronikError } from '../edge/index.ts';
import type { Verdict } from '../http/index.ts';
import type { Broker } from '../broker/index.ts';
import type { BootedBroker, PhaseProgress, VolumeClass } from '../recovery/index.ts';
import type { PatientStore } from '../store/index.ts';
import type { FailoverPreview } from './failover-preview.ts';
import type { Replicas } from './replicas.ts';

/** Where the process is in its life; `preparing` is that of `chronik prepare`, which looks and never serves. */
export type ProcessState = 'starting' | 'preparing' | 'restoring' | 'holding' | 'serving' | 'stopping' | 'failed';

export interface Held {
  readonly code: string;
  readonly message: string;
  readonly remedy: string;
  /** Of VOLUME_HELD: what a release has to name. */
  readonly volumeId?: string;
}

/** What /status says of an error that is waited out. */
export function heldBy({ code, message, remedy, details }: ChronikError): Held {
  const { volumeId } = details;
  return { code, message, remedy, ...(typeof volumeId === 'string' ? { volumeId } : {}) };
}

/** What /status, /readyz and /healthz tell about the process; filled in as it goes. */
export class ProcessStatus {
  readonly #version: string;
  readonly #startedAtMs: number;
  state: ProcessState = 'starting';
  progress: PhaseProgress | undefined;
  held: Held | undefined;
  store: PatientStore | undefined;
  /** Name of the store that the cluster runs on, as plan or settings say. */
  activeStore: string | undefined;
  preview: FailoverPreview | undefined;
  /** Told by `chronik prepare`. */
  volume: VolumeClass | undefined;
  booted: BootedBroker | undefined;
  broker: Broker | undefined;
  replicas: Replicas | undefined;

  constructor(version: string, startedAtMs: number) {
    this.#version = version;
    this.#startedAtMs = startedAtMs;
  }

  healthy(): Verdict {
    return this.state === 'failed'
      ? { ok: false, reason: 'this process cannot go on' }
      : { ok: true, reason: this.state };
  }

  ready(): Verdict {
    if (this.state === 'serving') return { ok: true, reason: 'serving' };
    return {
      ok: false,
      reason: this.held === undefined ? this.#doing() : `holding: ${this.held.code}: ${this.held.message}`,
    };
  }

  /** JSON for /status. Holds no secrets. */
  document(): Record<string, unknown> {
    return {
      version: this.#version,
      state: this.state,
      startedAt: new Date(this.#startedAtMs).toISOString(),
      ...(this.held === undefined ? {} : { held: this.held }),
      ...(this.state === 'restoring' ? { restore: this.progress } : {}),
      ...(this.volume === undefined ? {} : { volume: this.volume }),
      ...(this.activeStore === undefined ? {} : { activeStore: this.activeStore }),
      store: this.#storeDocument(),
      ...this.#previewDocument(),
      ...this.#brokerDocument(),
      ...(this.replicas === undefined ? {} : { replication: this.replicas.document() }),
    };
  }

  #doing(): string {
    if (this.state !== 'restoring' || this.progress === undefined) return this.state;
    const { phase, done, total, unit } = this.progress;
    return `restoring: ${phase}, ${done}${total === undefined ? '' : ` of ${total}`} ${unit}`;
  }

  #previewDocument(): Record<string, unknown> {
    const previews = this.preview?.document() ?? [];
    return previews.length === 0 ? {} : { failover: previews };
  }

  #storeDocument(): Record<string, unknown> {
    if (this.store === undefined) return {};
    const { reachable, lastError, sinceMs } = this.store.storeState();
    return {
      description: this.store.description,
      reachable,
      since: new Date(sinceMs).toISOString(),
      ...(lastError === undefined ? {} : { lastError: told(lastError) }),
    };
  }

  #brokerDocument(): Record<string, unknown> {
    const { booted, broker } = this;
    if (booted === undefined) return {};
    const { image } = booted.metadata;
    return {
      lineage: booted.lineage,
      timeline: booted.timeline,
      metadataEpoch: booted.metadata.epoch,
      dataEpoch: booted.stream.stream.epoch,
      topics: image.topicCount,
      partitions: image.partitionCount,
      connections: broker?.connections ?? 0,
      /** Accepted and not yet in the bucket: what the loss of this disk would cost producers with acks=1. */
      uncommittedBytes: booted.stream.pendingBytes,
      lastRestore: booted.report,
    };
  }
}

function told({ code, message, remedy }: ChronikError): Readonly<Record<string, string>> {
  return { code, message, remedy };
}

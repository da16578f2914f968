import type { Clock, Logger } from '../edge/index.ts';

export interface UploadedSlot {
  readonly epoch: number;
  readonly slot: number;
  readonly events: number;
  readonly bytes: number;
}

/** Counters of what went to the bucket (`metadata_uploader_*`), and the log lines that go with them. */
export class UploadStats {
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #reportEveryMs: number;
  #reportedAtMs: number;
  #reported = { segments: 0, snapshots: 0, bytes: 0 };
  #segments = 0;
  #snapshots = 0;
  #bytes = 0;
  #errors = 0;

  constructor(clock: Clock, logger: Logger, reportEveryMs: number) {
    this.#clock = clock;
    this.#logger = logger;
    this.#reportEveryMs = reportEveryMs;
    this.#reportedAtMs = clock.monotonicMs();
  }

  /** Slots of the metadata log, heartbeats included. */
  get segmentsUploaded(): number {
    return this.#segments;
  }
  get snapshotsUploaded(): number {
    return this.#snapshots;
  }
  /** Bytes of events and of snapshots. */
  get bytesUploaded(): number {
    return this.#bytes;
  }
  get errors(): number {
    return this.#errors;
  }

  slotUploaded({ epoch, slot, events, bytes }: UploadedSlot): void {
    this.#segments += 1;
    this.#bytes += bytes;
    if (events > 0) this.#logger.info('Uploaded metadata WAL segment', { epoch, slot, events, bytes });
    if (this.#clock.monotonicMs() - this.#reportedAtMs >= this.#reportEveryMs) this.runComplete();
  }

  snapshotUploaded(key: string, bytes: number): void {
    this.#snapshots += 1;
    this.#bytes += bytes;
    this.#logger.info('Uploaded metadata snapshot', { key, bytes });
  }

  failed(error: Error): void {
    this.#errors += 1;
    this.#logger.error(`Metadata Uploader: ${error.message}`, { error: error.name });
  }

  /** One line for what was uploaded since the last such line. */
  runComplete(): void {
    const before = this.#reported;
    this.#reportedAtMs = this.#clock.monotonicMs();
    this.#reported = { segments: this.#segments, snapshots: this.#snapshots, bytes: this.#bytes };
    this.#logger.info('Metadata upload run complete', {
      segments: this.#segments - before.segments,
      snapshots: this.#snapshots - before.snapshots,
      bytes: this.#bytes - before.bytes,
    });
  }
}

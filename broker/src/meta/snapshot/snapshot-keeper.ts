import type { Clock } from '../../edge/index.ts';
import type { Hlc, LogContext } from '../../log/index.ts';
import type { PatientStore } from '../../store/index.ts';
import { MetadataCorruptError } from '../errors.ts';
import type { FrozenImage } from '../frozen-image.ts';
import type { LocalCopies } from '../local-copies.ts';
import type { UploadStats } from '../upload-stats.ts';
import { decodeSnapshot, encodeSnapshot } from './snapshot-file.ts';
import { snapshotKey } from './snapshot-name.ts';
import { encodeState } from './state-codec.ts';

/** A snapshot is due when the log has grown by any of these since the last one (10-storage: 1,000, 1,000, 16 MiB). */
export interface SnapshotPolicy {
  readonly everyEvents: number;
  readonly everySlots: number;
  readonly everyBytes: number;
}

export const defaultSnapshotPolicy: SnapshotPolicy = {
  everyEvents: 1000,
  everySlots: 1000,
  everyBytes: 16 * 1024 * 1024,
};

/** What the log holds beyond the last snapshot. */
export interface LogGrowth {
  readonly events: number;
  readonly slots: number;
  readonly bytes: number;
}

/** What is known of a slot the moment it is frozen. */
export interface SlotStamp {
  readonly slotHash: Buffer;
  /** No event up to this slot is later. */
  readonly hlc: Hlc;
}

export interface SnapshotKeeperStart {
  readonly image: FrozenImage;
  readonly stamp: SlotStamp;
  /** Digest of the newest snapshot that verified; empty if there is none. */
  readonly lastHash: Buffer;
  readonly growth: LogGrowth;
}

export interface SnapshotKeeperOptions {
  readonly store: PatientStore;
  readonly policy: SnapshotPolicy;
  readonly stats: UploadStats;
  /** Copies on the disk, for people; undefined = none. */
  readonly copies: LocalCopies | undefined;
}

/**
 * Writes snapshots of committed state beside the log, one at a time, without holding up an append: images do not change.
 * Each is read back and compared before it counts as written; older ones stay.
 */
export class SnapshotKeeper {
  readonly #clock: Clock;
  readonly #store: PatientStore;
  readonly #policy: SnapshotPolicy;
  readonly #stats: UploadStats;
  readonly #copies: LocalCopies | undefined;
  #image: FrozenImage;
  #stamp: SlotStamp;
  #lastHash: Buffer;
  #growth: LogGrowth;
  #writing: Promise<void> | undefined;

  constructor({ clock }: Pick<LogContext, 'clock'>, start: SnapshotKeeperStart, options: SnapshotKeeperOptions) {
    this.#clock = clock;
    this.#store = options.store;
    this.#policy = options.policy;
    this.#stats = options.stats;
    this.#copies = options.copies;
    this.#image = start.image;
    this.#stamp = start.stamp;
    this.#lastHash = start.lastHash;
    this.#growth = start.growth;
  }

  /** A slot was committed; starts a snapshot in the background when one is due. */
  committed(image: FrozenImage, stamp: SlotStamp, events: number, body: Buffer): void {
    this.#image = image;
    this.#stamp = stamp;
    const { events: eventsBefore, slots, bytes } = this.#growth;
    this.#growth = { events: eventsBefore + events, slots: slots + 1, bytes: bytes + body.length };
    if (events > 0) this.#copies?.slot(image.position, body);
    if (!this.#isDue() || this.#writing !== undefined) return;
    // A failure is counted and said in the log; the next slot tries again.
    this.#begin().catch(() => undefined);
  }

  /** A snapshot of what is committed now, unless the last one is just that. Rejects if it could not be verified. */
  async take(): Promise<void> {
    await this.#writing?.catch(() => undefined);
    if (this.#growth.slots > 0) await this.#begin();
  }

  #isDue(): boolean {
    const { events, slots, bytes } = this.#growth;
    return events >= this.#policy.everyEvents || slots >= this.#policy.everySlots || bytes >= this.#policy.everyBytes;
  }

  #begin(): Promise<void> {
    const covered = this.#growth;
    this.#writing = this.#write(this.#image, this.#stamp)
      .then(() => {
        const { events, slots, bytes } = this.#growth;
        this.#growth = {
          events: events - covered.events,
          slots: slots - covered.slots,
          bytes: bytes - covered.bytes,
        };
      })
      .catch((error: unknown) => {
        this.#stats.failed(error as Error);
        throw error;
      })
      .finally(() => {
        this.#writing = undefined;
      });
    return this.#writing;
  }

  async #write(image: FrozenImage, stamp: SlotStamp): Promise<void> {
    const { bytes, hash } = encodeSnapshot(image, { ...stamp, previousSnapshotHash: this.#lastHash });
    const key = snapshotKey(image.timeline, image.position, Math.floor(this.#clock.nowMs() / 1000));
    const recognise = (existing: Buffer): 'ours' | 'other' => (existing.equals(bytes) ? 'ours' : 'other');
    // `exists`: somebody took a snapshot of the same slot in the same second; it is as good if it says the same.
    await this.#store.createResolved({ key, body: [bytes], recognise });
    await this.#verify(key, image);
    this.#lastHash = hash;
    this.#stats.snapshotUploaded(key, bytes.length);
    this.#copies?.snapshot(bytes);
  }

  /** Reads the object back: what recovery will decode from it must be the state that it was made of. */
  async #verify(key: string, image: FrozenImage): Promise<void> {
    const stored = await this.#store.get(key);
    if (stored === undefined) throw new MetadataCorruptError(`${key} was written and is gone`);
    const decoded = decodeSnapshot(stored, key).image;
    const same =
      decoded.lineage === image.lineage &&
      decoded.timeline === image.timeline &&
      decoded.eventCount === image.eventCount &&
      encodeState(decoded).equals(encodeState(image));
    if (!same) throw new MetadataCorruptError(`${key} does not hold the state that it was made of`);
  }
}

import { hasCode } from '../edge/index.ts';
import type { Disk, Logger } from '../edge/index.ts';
import type { MetadataPosition } from './image.ts';

/** Frame of the copied log: slot u64 · length u32, both big-endian, then the slot's events. */
const FRAME_BYTES = 12;

/**
 * Copies of the metadata on the data directory's disk: `metadata_snapshots/latest.snapshot` and
 * `wal/__meta/0/{timeline}-{epoch}.log`. For people to look at; nothing reads them back, because only the bucket counts.
 * So they are written without waiting, and a disk that refuses costs one warning and the copies, nothing else.
 */
export class LocalCopies {
  readonly #disk: Disk;
  readonly #logger: Logger;
  readonly #snapshots: string;
  readonly #log: string;
  readonly #timeline: string;
  #tail: Promise<void>;
  #broken = false;

  constructor(disk: Disk, directory: string, timeline: string, logger: Logger) {
    this.#disk = disk;
    this.#logger = logger;
    this.#snapshots = `${directory}/metadata_snapshots`;
    this.#log = `${directory}/wal/__meta/0`;
    this.#timeline = timeline;
    this.#tail = Promise.resolve();
    const parents = [this.#snapshots, `${directory}/wal`, `${directory}/wal/__meta`, this.#log];
    this.#later(async () => {
      for (const path of parents) await this.#disk.makeDirectory(path);
    });
  }

  /** Replaces the copy of the newest snapshot. */
  snapshot(bytes: Buffer): void {
    this.#later(async () => {
      const path = `${this.#snapshots}/latest.snapshot`;
      const beside = `${path}.new`;
      await this.#disk.remove(beside);
      const file = await this.#disk.open(beside, 'create');
      await file.append([bytes]);
      await file.close();
      await this.#disk.rename(beside, path);
    });
  }

  /** Appends the events of a slot to the copy of its epoch. */
  slot(position: MetadataPosition, body: Buffer): void {
    this.#later(async () => {
      const frame = Buffer.alloc(FRAME_BYTES);
      frame.writeBigUInt64BE(BigInt(position.slot), 0);
      frame.writeUInt32BE(body.length, 8);
      const file = await this.#disk.open(`${this.#log}/${this.#timeline}-${position.epoch}.log`, 'append');
      await file.append([frame, body]);
      await file.close();
    });
  }

  /** Resolves when everything asked for so far is written, or given up. */
  settled(): Promise<void> {
    return this.#tail;
  }

  #later(work: () => Promise<void>): void {
    this.#tail = this.#tail.then(async () => {
      if (this.#broken) return;
      try {
        await work();
      } catch (error) {
        this.#broken = true;
        const reason = hasCode(error, 'ENOSPC') ? 'the disk is full' : String(error);
        this.#logger.warn('no more local copies of the metadata; the bucket has it all', { reason });
      }
    });
  }
}

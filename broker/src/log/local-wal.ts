import { ChronikError, invariant } from '../edge/index.ts';
import type { Clock, Disk, DiskFile } from '../edge/index.ts';
import type { SlotObserver } from './data-stream.ts';
import type { BatchBytes } from './entry.ts';
import { padLong, padNumber } from './stream-names.ts';
import type { StreamId } from './stream-names.ts';
import { encodeBatchFrame, encodeFileFrame, encodeSlotFrame } from './wal-frame.ts';

export interface LocalWalOptions {
  readonly clock: Clock;
  /** Cluster id; written into every file. */
  readonly lineage: string;
  /** A file that has grown to this size is followed by the next. Default 64 MiB. */
  readonly fileBytes?: number;
}

const DEFAULT_FILE_BYTES = 64 * 1024 * 1024;

/** The disk under the local WAL failed. What was written can no longer be trusted to be there: the process ends (rule 16). */
export class LocalWalError extends ChronikError {
  constructor(path: string, cause: unknown) {
    super('LOCAL_WAL_FAILED', `the local WAL ${path} cannot be written`, {
      remedy: 'Look after the disk (space, hardware), then start the broker again: it recovers from the bucket.',
      details: { path },
      cause,
    });
  }
}

/** A file that is full, or the one that is being written. */
interface WalFile {
  readonly path: string;
  /** Number of the last batch in it, counted from the stream's first. */
  lastBatch: number;
}

/** Those who wait for the same fsync. */
type Group = PromiseWithResolvers<void>;

/**
 * The batches of one stream on the local disk, for acks=1 and for a warm start. A cache: the bucket decides what is true.
 *
 * Group commit without a timer: while one write and fsync are under way everything that comes gathers, and goes in the next
 * write. Batches that nobody waits for are written too, without an fsync. A file goes when all its batches are in the bucket.
 */
export class LocalWal implements SlotObserver {
  readonly stream: StreamId;
  readonly directory: string;
  readonly #disk: Disk;
  readonly #options: LocalWalOptions;
  readonly #fileBytes: number;
  readonly #failure = new AbortController();
  /** Oldest first; the last is being written. */
  readonly #files: WalFile[] = [];
  /** What each frozen slot ends with, in order of the slots. */
  readonly #frozen: { readonly slot: number; readonly throughBatch: number }[] = [];
  #file: DiskFile | undefined;
  #fileSize = 0;
  #nextSequence = 0;
  #frames: Uint8Array[] = [];
  #frameBytes = 0;
  #appendedBatches = 0;
  #frozenBatches = 0;
  #committedBatches = 0;
  /** False while everything appended is durable. */
  #isDirty = false;
  #group: Group | undefined;
  #writing: Promise<void> | undefined;
  #removing: Promise<void> = Promise.resolve();

  private constructor(disk: Disk, directory: string, stream: StreamId, options: LocalWalOptions) {
    this.#disk = disk;
    this.directory = directory;
    this.stream = stream;
    this.#options = options;
    this.#fileBytes = options.fileBytes ?? DEFAULT_FILE_BYTES;
  }

  /** Makes the stream's directory below `root` (`data/wal`), durably, and opens the first file in it. */
  static async create(disk: Disk, root: string, stream: StreamId, options: LocalWalOptions): Promise<LocalWal> {
    const directory = await makePath(disk, root, [stream.timeline, padNumber(stream.broker), padNumber(stream.epoch)]);
    const wal = new LocalWal(disk, directory, stream, options);
    await wal.#openNext();
    return wal;
  }

  /** Aborts with a LocalWalError when the disk has failed; the process must then end. */
  get failed(): AbortSignal {
    return this.#failure.signal;
  }

  /** Bytes appended and not yet handed to the kernel. */
  get pendingBytes(): number {
    return this.#frameBytes;
  }

  /** Takes a batch; its bytes must not change any more. Written soon, durable when a `sync` called afterwards resolves. */
  append(batch: BatchBytes): void {
    this.#appendedBatches += 1;
    this.#push(encodeBatchFrame(batch), batch.bytes);
  }

  /** Resolves when everything appended before the call is durable. Callers that come together share one fsync and promise. */
  sync(): Promise<void> {
    if (this.failed.aborted) return Promise.reject(this.failed.reason as LocalWalError);
    if (!this.#isDirty) return Promise.resolve();
    if (this.#group === undefined) {
      this.#group = Promise.withResolvers<void>();
      this.#kick();
    }
    return this.#group.promise;
  }

  slotFrozen(slot: number, batchCount: number): void {
    this.#frozenBatches += batchCount;
    invariant(this.#frozenBatches <= this.#appendedBatches, 'a slot holds batches that the local WAL was not given');
    this.#frozen.push({ slot, throughBatch: this.#frozenBatches });
    this.#push(encodeSlotFrame('frozen', slot, this.#frozenBatches));
  }

  slotCommitted(slot: number): void {
    while ((this.#frozen[0]?.slot ?? Number.POSITIVE_INFINITY) <= slot) {
      this.#committedBatches = this.#frozen.shift()!.throughBatch;
    }
    this.#push(encodeSlotFrame('committed', slot, this.#committedBatches));
    this.#removeCommitted(this.#files.length - 1);
  }

  /** Makes all durable, closes the file, and removes every file whose batches are in the bucket. */
  async close(): Promise<void> {
    await this.sync();
    await this.#writing;
    await this.#file?.close();
    this.#file = undefined;
    this.#removeCommitted(this.#files.length);
    await this.#removing;
    if (this.failed.aborted) throw this.failed.reason as LocalWalError;
  }

  #push(...frames: readonly Uint8Array[]): void {
    for (const frame of frames) {
      this.#frames.push(frame);
      this.#frameBytes += frame.length;
    }
    this.#isDirty = true;
    this.#kick();
  }

  /** Starts writing behind the I/O events that are ready now, so that they share one write. */
  #kick(): void {
    if (this.#writing !== undefined || this.failed.aborted) return;
    this.#writing = new Promise((resolve) => {
      this.#options.clock.defer(() => {
        void this.#write().then(resolve);
      });
    });
  }

  async #write(): Promise<void> {
    try {
      while (this.#frames.length > 0 || this.#group !== undefined) await this.#writeGroup();
    } catch (error) {
      this.#fail(error);
    } finally {
      this.#writing = undefined;
    }
  }

  async #writeGroup(): Promise<void> {
    const group = this.#group;
    const frames = this.#frames;
    const bytes = this.#frameBytes;
    const lastBatch = this.#appendedBatches;
    this.#group = undefined;
    this.#frames = [];
    this.#frameBytes = 0;
    try {
      if (this.#fileSize >= this.#fileBytes) await this.#openNext();
      if (frames.length > 0) await this.#file!.append(frames);
      this.#fileSize += bytes;
      this.#files.at(-1)!.lastBatch = lastBatch;
      if (group === undefined) return;
      await this.#file!.sync();
      this.#isDirty = this.#frames.length > 0;
      group.resolve();
    } catch (error) {
      group?.reject(new LocalWalError(this.directory, error));
      throw error;
    }
  }

  /**
   * The full file is durable before the next one exists, and a file has its name only once its header is durable: damage in any
   * but the last file, or a file without a header, is then never a torn write.
   */
  async #openNext(): Promise<void> {
    const sequence = this.#nextSequence;
    const path = `${this.directory}/${padLong(sequence)}.log`;
    await this.#file?.sync();
    await this.#file?.close();
    this.#file = await this.#disk.open(`${path}.tmp`, 'create');
    const { timeline, broker, epoch } = this.stream;
    const firstBatch = this.#files.at(-1)?.lastBatch ?? 0;
    const { lineage } = this.#options;
    const header = encodeFileFrame({ formatVersion: 1, lineage, timeline, broker, epoch, sequence, firstBatch });
    await this.#file.append([header]);
    await this.#file.sync();
    await this.#disk.rename(`${path}.tmp`, path);
    await this.#disk.syncDirectory(this.directory);
    this.#files.push({ path, lastBatch: firstBatch });
    this.#fileSize = header.length;
    this.#nextSequence += 1;
  }

  /** Removes, oldest first, those of the first `count` files whose batches are all in the bucket. */
  #removeCommitted(count: number): void {
    let done = 0;
    while (done < count && this.#files[done]!.lastBatch <= this.#committedBatches) done += 1;
    if (done === 0) return;
    const paths = this.#files.splice(0, done).map(({ path }) => path);
    this.#removing = this.#removing.then(async () => {
      try {
        for (const path of paths) {
          await this.#disk.remove(path);
          // Else a crash might bring an older file back without the newer: that would look like damage.
          await this.#disk.syncDirectory(this.directory);
        }
      } catch (error) {
        this.#fail(error);
      }
    });
  }

  #fail(cause: unknown): void {
    const error = new LocalWalError(this.directory, cause);
    this.#failure.abort(error);
    this.#group?.promise.catch(() => undefined);
    this.#group?.reject(error);
    this.#group = undefined;
  }
}

/** Creates the missing directories, each durable in its parent before anything is put into it (rule 16). */
async function makePath(disk: Disk, root: string, parts: readonly string[]): Promise<string> {
  let path = root;
  for (const part of parts) {
    const parent = path;
    path = `${parent}/${part}`;
    await disk.makeDirectory(path);
    await disk.syncDirectory(parent);
  }
  return path;
}

import { ChronikError, invariant } from '../edge/index.ts';
import type { Clock, Disk, Random } from '../edge/index.ts';
import type { SlotObserver } from './data-stream.ts';
import type { BatchBytes } from './entry.ts';
import { padNumber } from './stream-names.ts';
import type { StreamId } from './stream-names.ts';
import { WalFiles } from './wal-files.ts';
import { BATCH_FRAME_BYTES, SLOT_FRAME_BYTES, encodeBatchFrame, encodeSlotFrame } from './wal-frame.ts';

export interface LocalWalOptions {
  readonly clock: Clock;
  readonly random: Random;
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

/** What waits to be written. Its frame is made when it is known which file it goes into. */
type Pending =
  | { readonly batch: BatchBytes }
  | { readonly mark: 'frozen' | 'committed'; readonly slot: number; readonly throughBatch: number };

/** Those who wait for the same fsync. */
type Group = PromiseWithResolvers<void>;

/**
 * The batches of one stream on the local disk, for acks=1 and for a warm start. A cache: the bucket decides what is true.
 *
 * Group commit without a timer: while one write and fsync are under way everything that comes gathers, and goes in the next
 * write. Batches that nobody waits for are written too, without an fsync. wal-files.ts says which file they go into, and when it goes.
 */
export class LocalWal implements SlotObserver {
  readonly stream: StreamId;
  readonly directory: string;
  readonly #files: WalFiles;
  readonly #options: LocalWalOptions;
  readonly #fileBytes: number;
  readonly #failure = new AbortController();
  /** What each frozen slot ends with, in order of the slots. */
  readonly #frozen: { readonly slot: number; readonly throughBatch: number }[] = [];
  #pending: Pending[] = [];
  #pendingBytes = 0;
  #appendedBatches = 0;
  #frozenBatches = 0;
  #committedBatches = 0;
  /** False while everything appended is durable. */
  #isDirty = false;
  #group: Group | undefined;
  #writing: Promise<void> | undefined;
  #releasing: Promise<void> = Promise.resolve();

  private constructor(files: WalFiles, directory: string, stream: StreamId, options: LocalWalOptions) {
    this.#files = files;
    this.directory = directory;
    this.stream = stream;
    this.#options = options;
    this.#fileBytes = options.fileBytes ?? DEFAULT_FILE_BYTES;
  }

  /** Makes the stream's directory below `root` (`data/wal`), durably, and opens the first file in it. */
  static async create(disk: Disk, root: string, stream: StreamId, options: LocalWalOptions): Promise<LocalWal> {
    const directory = await makePath(disk, root, [stream.timeline, padNumber(stream.broker), padNumber(stream.epoch)]);
    const files = await WalFiles.open({ disk, random: options.random }, directory, stream, options.lineage);
    return new LocalWal(files, directory, stream, options);
  }

  /** Aborts with a LocalWalError when the disk has failed; the process must then end. */
  get failed(): AbortSignal {
    return this.#failure.signal;
  }

  /** Bytes appended and not yet handed to the kernel. */
  get pendingBytes(): number {
    return this.#pendingBytes;
  }

  /** Takes a batch; its bytes must not change any more. Written soon, durable when a `sync` called afterwards resolves. */
  append(batch: BatchBytes): void {
    this.#appendedBatches += 1;
    this.#push({ batch }, BATCH_FRAME_BYTES + batch.bytes.length);
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
    this.#push({ mark: 'frozen', slot, throughBatch: this.#frozenBatches }, SLOT_FRAME_BYTES);
  }

  slotCommitted(slot: number): void {
    while ((this.#frozen[0]?.slot ?? Number.POSITIVE_INFINITY) <= slot) {
      this.#committedBatches = this.#frozen.shift()!.throughBatch;
    }
    this.#push({ mark: 'committed', slot, throughBatch: this.#committedBatches }, SLOT_FRAME_BYTES);
    this.#releaseCommitted('but the last');
  }

  /** Makes all durable, closes the file, and removes every file whose batches are in the bucket. */
  async close(): Promise<void> {
    await this.sync();
    await this.#writing;
    await this.#files.end();
    this.#releaseCommitted('the last too');
    await this.#releasing;
    await this.#files.removeSpares();
    if (this.failed.aborted) throw this.failed.reason as LocalWalError;
  }

  #push(pending: Pending, sizeBytes: number): void {
    this.#pending.push(pending);
    this.#pendingBytes += sizeBytes;
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
      while (this.#pending.length > 0 || this.#group !== undefined) await this.#writeGroup();
    } catch (error) {
      this.#fail(error);
    } finally {
      this.#writing = undefined;
    }
  }

  async #writeGroup(): Promise<void> {
    const group = this.#group;
    const pending = this.#pending;
    const lastBatch = this.#appendedBatches;
    this.#group = undefined;
    this.#pending = [];
    this.#pendingBytes = 0;
    try {
      if (this.#files.sizeBytes >= this.#fileBytes) await this.#files.next();
      await this.#files.append(encodeAll(pending, this.#files.crcStart), lastBatch);
      if (group === undefined) return;
      await this.#files.sync();
      this.#isDirty = this.#pending.length > 0;
      group.resolve();
    } catch (error) {
      group?.reject(new LocalWalError(this.directory, error));
      throw error;
    }
  }

  /** Has every file that is done with released, one after the other. */
  #releaseCommitted(which: 'but the last' | 'the last too'): void {
    const paths = this.#files.takeCommitted(this.#committedBatches, which);
    if (paths.length === 0) return;
    this.#releasing = this.#releasing
      .then(() => this.#files.release(paths))
      .catch((error: unknown) => this.#fail(error));
  }

  #fail(cause: unknown): void {
    const error = new LocalWalError(this.directory, cause);
    this.#failure.abort(error);
    this.#group?.promise.catch(() => undefined);
    this.#group?.reject(error);
    this.#group = undefined;
  }
}

function encodeAll(pending: readonly Pending[], crcStart: number): Uint8Array[] {
  const frames: Uint8Array[] = [];
  for (const one of pending) {
    if ('batch' in one) frames.push(encodeBatchFrame(one.batch, crcStart), one.batch.bytes);
    else frames.push(encodeSlotFrame(one.mark, one.slot, one.throughBatch, crcStart));
  }
  return frames;
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

import type { Disk, DiskFile, Random } from '../edge/index.ts';
import { padLong } from './stream-names.ts';
import type { StreamId } from './stream-names.ts';
import { crcStartOf, encodeEndFrame, encodeFileFrame } from './wal-frame.ts';

/** So many files that are done with are kept to be used again. */
const MOST_SPARES = 2;
const SPARE_PREFIX = 'spare-';

/** Whether a file of a local WAL's directory holds nothing that counts any more. */
export function isSpare(name: string): boolean {
  return name.startsWith(SPARE_PREFIX);
}

interface WalFile {
  readonly path: string;
  readonly sequence: number;
  /** Number of the last batch in it, counted from the stream's first. */
  lastBatch: number;
}

/**
 * The files of one local WAL, of which the last is written. A file whose batches are all in the bucket becomes a spare, and a spare
 * the next file: it is written over in place, so that an fsync has no new blocks and no new size to make durable (half its time on
 * ext4) and the page cache needs no new memory.
 *
 *     full, all in the bucket             next file needed
 *     …05.log ──rename, sync──▶ spare-…05.log ──header, sync, rename, sync──▶ …09.log
 *
 * A directory lists only names that are durable: a spare is written to only when its old name cannot come back.
 */
export class WalFiles {
  readonly #disk: Disk;
  readonly #directory: string;
  readonly #stream: StreamId;
  readonly #lineage: string;
  readonly #salt: number;
  /** Oldest first; the last is being written. */
  readonly #files: WalFile[] = [];
  readonly #spares: string[] = [];
  #file: DiskFile | undefined;
  #sizeBytes = 0;
  #nextSequence = 0;

  private constructor(disk: Disk, directory: string, stream: StreamId, lineage: string, salt: number) {
    this.#disk = disk;
    this.#directory = directory;
    this.#stream = stream;
    this.#lineage = lineage;
    this.#salt = salt;
  }

  /** Opens the first file in the directory, which exists and is empty. */
  static async open(
    { disk, random }: { readonly disk: Disk; readonly random: Random },
    directory: string,
    stream: StreamId,
    lineage: string,
  ): Promise<WalFiles> {
    const files = new WalFiles(disk, directory, stream, lineage, random.bytes(4).readUInt32LE());
    await files.next();
    return files;
  }

  /** Of the file that is being written; frames are made for it. */
  get crcStart(): number {
    return crcStartOf({ salt: this.#salt, sequence: this.#current.sequence });
  }

  /** Bytes in the file that is being written. */
  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /** Writes frames made for this file; `lastBatch`: the number of the last batch among them or before them. */
  async append(frames: readonly Uint8Array[], lastBatch: number): Promise<void> {
    if (frames.length > 0) await this.#file!.append(frames);
    for (const frame of frames) this.#sizeBytes += frame.length;
    this.#current.lastBatch = lastBatch;
  }

  sync(): Promise<void> {
    return this.#file!.sync();
  }

  /**
   * Begins the next file. The full one has its end and is durable before that, and a file has its name only once its header is
   * durable: damage in any but the last file, one without an end, or a file without a header is then never a torn write.
   */
  async next(): Promise<void> {
    await this.end();
    const sequence = this.#nextSequence;
    const path = `${this.#directory}/${padLong(sequence)}.log`;
    const spare = this.#spares.shift();
    const before = spare ?? `${path}.tmp`;
    this.#file = await this.#disk.open(before, spare === undefined ? 'create' : 'overwrite');
    const firstBatch = this.#files.at(-1)?.lastBatch ?? 0;
    const { timeline, broker, epoch } = this.#stream;
    const name = { lineage: this.#lineage, timeline, broker, epoch, sequence };
    const header = encodeFileFrame({ formatVersion: 2, ...name, salt: this.#salt, firstBatch });
    await this.#file.append([header]);
    await this.#file.sync();
    await this.#disk.rename(before, path);
    await this.#disk.syncDirectory(this.#directory);
    this.#files.push({ path, sequence, lastBatch: firstBatch });
    this.#sizeBytes = header.length;
    this.#nextSequence += 1;
  }

  /** Writes the end of the current file, if there is one, makes it durable and closes it. */
  async end(): Promise<void> {
    if (this.#file === undefined) return;
    await this.#file.append([encodeEndFrame(this.#current.lastBatch, this.crcStart)]);
    await this.#file.sync();
    await this.#file.close();
    this.#file = undefined;
  }

  /** Takes the files out of the row, oldest first, whose batches are all in the bucket; the last only if none will follow. */
  takeCommitted(committedBatches: number, which: 'but the last' | 'the last too'): readonly string[] {
    const most = which === 'but the last' ? this.#files.length - 1 : this.#files.length;
    let done = 0;
    while (done < most && this.#files[done]!.lastBatch <= committedBatches) done += 1;
    return this.#files.splice(0, done).map(({ path }) => path);
  }

  /** Keeps the files as spares, or removes them. */
  async release(paths: readonly string[]): Promise<void> {
    for (const path of paths) {
      const spare = `${this.#directory}/${SPARE_PREFIX}${path.slice(this.#directory.length + 1)}`;
      const isKept = this.#spares.length < MOST_SPARES;
      if (isKept) await this.#disk.rename(path, spare);
      else await this.#disk.remove(path);
      // Else a crash might bring an older file back without the newer, or under its old name what is a newer file's by then.
      await this.#disk.syncDirectory(this.#directory);
      if (isKept) this.#spares.push(spare);
    }
  }

  /** Removes the spares. */
  async removeSpares(): Promise<void> {
    for (const path of this.#spares.splice(0)) await this.#disk.remove(path);
  }

  get #current(): WalFile {
    return this.#files.at(-1)!;
  }
}

import { hasCode } from '../edge/index.ts';
import type { Disk, DiskEntry } from '../edge/index.ts';
import { FormatTooNewError } from './errors.ts';
import { describeStream, parseTimeline } from './stream-names.ts';
import type { StreamId } from './stream-names.ts';
import { crcStartOf, decodeFrame, findFrame } from './wal-frame.ts';
import type { WalBatch, WalFileHeader, WalFrame } from './wal-frame.ts';

/** A batch that survived on the local disk. */
export interface SurvivingBatch extends WalBatch {
  /** The writer saw its slot committed: the bucket has it. */
  readonly isCommitted: boolean;
}

export type WalReadEnd =
  | { readonly kind: 'complete' }
  /** The last write was cut short: the normal end after a crash. Nothing in it was ever synced, so nothing acked is lost. */
  | { readonly kind: 'torn'; readonly path: string; readonly position: number; readonly tornBytes: number }
  /**
   * What was durable has changed, or is missing. Nothing behind it was handed out: the files from `path` on belong into
   * quarantine, and what they may have held is to be said (hole 14).
   */
  | { readonly kind: 'corrupt'; readonly path: string; readonly position: number; readonly reason: string };

/** What another incarnation, or this one before a crash, left on the volume. */
export interface SurvivingWal {
  readonly stream: StreamId;
  /** From the first file's header; undefined if that cannot be read. */
  readonly lineage: string | undefined;
  readonly directory: string;
  /** Paths in order. */
  readonly files: readonly string[];
  /** Hands out every batch in order up to the end; what kind of end it is, is the answer. */
  read(visit: (batch: SurvivingBatch) => void | Promise<void>): Promise<WalReadEnd>;
  /** Removes the directory: only after what it held is in the bucket, or in quarantine. */
  remove(): Promise<void>;
}

/** The local WALs below `root` (`data/wal`) in the order of timeline, broker and epoch; none if it does not exist. */
export async function readLocalWals(disk: Disk, root: string): Promise<readonly SurvivingWal[]> {
  const wals: SurvivingWal[] = [];
  for (const timeline of await subdirectories(disk, root)) {
    if (parseTimeline(timeline) === undefined) continue;
    for (const broker of await subdirectories(disk, `${root}/${timeline}`)) {
      for (const epoch of await subdirectories(disk, `${root}/${timeline}/${broker}`)) {
        if (!/^\d+$/.test(broker) || !/^\d+$/.test(epoch)) continue;
        const stream = { log: 'data', timeline, broker: Number(broker), epoch: Number(epoch) } as const;
        wals.push(await openWal(disk, `${root}/${timeline}/${broker}/${epoch}`, stream));
      }
    }
  }
  return wals;
}

/** Names of the directories in order; padded, so this is the order of the numbers. */
async function subdirectories(disk: Disk, path: string): Promise<readonly string[]> {
  const entries = await listOrNothing(disk, path);
  return entries
    .filter(({ kind }) => kind === 'directory')
    .map(({ name }) => name)
    .sort();
}

async function listOrNothing(disk: Disk, path: string): Promise<readonly DiskEntry[]> {
  try {
    return await disk.list(path);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return [];
    throw error;
  }
}

async function openWal(disk: Disk, directory: string, stream: StreamId): Promise<SurvivingWal> {
  const names = (await disk.list(directory))
    .map(({ name }) => name)
    .filter((name) => /^\d{20}\.log$/.test(name))
    .sort();
  const files = names.map((name) => `${directory}/${name}`);
  const first = files[0] === undefined ? undefined : headerOf(await readStart(disk, files[0]));
  const reader = new WalReader(disk, stream, files);
  return {
    stream,
    lineage: first?.lineage,
    directory,
    files,
    read: (visit) => reader.read(visit),
    remove: () => disk.removeTree(directory),
  };
}

/** A header is a few hundred bytes. */
async function readStart(disk: Disk, path: string): Promise<Buffer> {
  const file = await disk.open(path, 'read');
  try {
    return await file.read(0, 4096);
  } finally {
    await file.close();
  }
}

function headerOf(file: Buffer): WalFileHeader | undefined {
  const frame = decodeFrame(file, 0, 0)?.frame;
  return frame?.kind === 'file' ? (frame.header as WalFileHeader) : undefined;
}

/** The number that a file has by its name. */
function sequenceOf(path: string): number {
  return Number(path.slice(path.lastIndexOf('/') + 1, -'.log'.length));
}

/** Where a file stops being intact; undefined = it is intact to its end. */
type BadSpot = { readonly position: number; readonly reason: string; readonly isTorn?: boolean };

class WalReader {
  readonly #disk: Disk;
  readonly #stream: StreamId;
  readonly #files: readonly string[];

  constructor(disk: Disk, stream: StreamId, files: readonly string[]) {
    this.#disk = disk;
    this.#stream = stream;
    this.#files = files;
  }

  /** Twice over the files: that a batch is committed is written behind it, often in a later file. */
  async read(visit: (batch: SurvivingBatch) => void | Promise<void>): Promise<WalReadEnd> {
    let committedBatches = 0;
    await this.#scan((frame) => {
      if (frame.kind === 'committed') committedBatches = Math.max(committedBatches, frame.throughBatch);
    });
    return this.#scan((frame, index) => {
      if (frame.kind === 'batch') return visit({ ...frame.batch, isCommitted: index < committedBatches });
      return undefined;
    });
  }

  /** `index`: how many batches of the stream stand before the frame. */
  async #scan(take: (frame: WalFrame, index: number) => void | Promise<void>): Promise<WalReadEnd> {
    let sequence: number | undefined;
    for (const path of this.#files) {
      const file = await this.#disk.readFile(path);
      const bad = await this.#scanFile(path, file, sequence, take);
      sequence = sequenceOf(path) + 1;
      if (bad === undefined) continue;
      const { position, reason, isTorn = false } = bad;
      if (isTorn) return { kind: 'torn', path, position, tornBytes: file.length - position };
      return { kind: 'corrupt', path, position, reason };
    }
    return { kind: 'complete' };
  }

  async #scanFile(
    path: string,
    file: Buffer,
    expectedSequence: number | undefined,
    take: (frame: WalFrame, index: number) => void | Promise<void>,
  ): Promise<BadSpot | undefined> {
    const header = headerOf(file);
    // Without a durable header it would not have its name.
    if (header === undefined) return { position: 0, reason: 'its header does not verify' };
    if (header.formatVersion > 2) throw new FormatTooNewError(path, `format ${String(header.formatVersion)}`);
    if (header.formatVersion < 2) return { position: 0, reason: 'its format is of before the first release' };
    if (!this.#isFrom(header)) return { position: 0, reason: `it is not of ${describeStream(this.#stream)}` };
    const sequence = sequenceOf(path);
    if (header.sequence !== sequence) return { position: 0, reason: `it says that it is file ${header.sequence}` };
    if (expectedSequence !== undefined && sequence !== expectedSequence) {
      return { position: 0, reason: `file ${expectedSequence} before it is missing` };
    }
    const isLast = path === this.#files.at(-1);
    const crcStart = crcStartOf(header);
    let index = header.firstBatch;
    let position = decodeFrame(file, 0, 0)!.next;
    while (position < file.length) {
      const decoded = decodeFrame(file, position, crcStart);
      if (decoded === undefined) {
        const isTorn = isLast && findFrame(file, position, crcStart) === undefined;
        return { position, reason: 'a frame does not verify', isTorn };
      }
      const { frame, next } = decoded;
      if (frame.kind === 'end') {
        return index === frame.throughBatch ? undefined : { position, reason: 'batches are missing' };
      }
      if (frame.kind === 'unknown') throw new FormatTooNewError(path, `frame kind ${frame.code}`);
      await take(frame, index);
      if (frame.kind === 'batch') index += 1;
      position = next;
    }
    return isLast ? undefined : { position, reason: 'its end is missing' };
  }

  #isFrom(header: WalFileHeader): boolean {
    const { timeline, broker, epoch } = this.#stream;
    return header.timeline === timeline && header.broker === broker && header.epoch === epoch;
  }
}

import { baseOffsetOf, batchSizeBytes, lastOffsetOf, parseBatchHeader } from '../kafka/index.ts';
import { hasCode } from '../edge/index.ts';
import type { Disk, Random } from '../edge/index.ts';
import { describeStream, readLocalWals } from '../log/index.ts';
import type { DataStream, StreamId, SurvivingBatch, SurvivingWal } from '../log/index.ts';
import type { PartitionLog, PartitionManager } from '../partition/index.ts';
import type { Anomaly } from './report.ts';
import { quarantineWal } from './salvage.ts';
import type { SalvageNote } from './salvage.ts';

/** Batches that were re-appended and are not in the bucket yet, at most. */
const MAX_PENDING_BYTES = 64 * 1024 * 1024;

export interface LocalTailContext {
  readonly disk: Disk;
  readonly random: Random;
  readonly dataDirectory: string;
  /** Where local WALs lie. */
  readonly walDirectory: string;
  readonly lineage: string;
  readonly partitions: PartitionManager;
  /** The stream that was just claimed and registered. */
  readonly stream: DataStream;
}

export interface TailResult {
  readonly reappendedRecords: number;
  readonly salvagedRecords: number;
  readonly anomalies: readonly Anomaly[];
}

/**
 * Brings what a surviving disk holds and the bucket does not into the new stream (rule 11), in the order in which it was
 * written: a batch that the bucket has is skipped, one that continues its partition is appended with its offsets, anything else
 * goes to salvage. Resolves when all of it is committed; only then do the local files go.
 */
export async function reappendLocalTail(context: LocalTailContext): Promise<TailResult> {
  const tail = new LocalTail(context);
  for (const wal of await readLocalWals(context.disk, context.walDirectory)) await tail.take(wal);
  await context.stream.flush();
  await tail.clear();
  return tail.result();
}

/** Sets all local WALs aside unread: the history went on without them, or their volume cannot be trusted. */
export async function quarantineLocalWals(
  context: Pick<LocalTailContext, 'disk' | 'random' | 'dataDirectory' | 'walDirectory'>,
  reason: string,
): Promise<readonly Anomaly[]> {
  const anomalies: Anomaly[] = [];
  for (const wal of await readLocalWals(context.disk, context.walDirectory)) {
    const note = { stream: wal.stream, reason, offsets: [] };
    await quarantineWal(context.disk, context.dataDirectory, context.random, wal, note);
    anomalies.push({ kind: 'local-tail-salvaged', what: describeStream(wal.stream), detail: reason });
  }
  return anomalies;
}

/** Why a batch goes to salvage. */
type Misfit = 'does not fit' | 'no topic' | 'lost in the bucket';
type Placed = 'known' | 'appended' | Misfit;

const MISFITS: Readonly<Record<Misfit, string>> = {
  'does not fit': 'batches do not continue their partitions',
  // Deleted, or unknown to metadata that are damaged: nothing is removed because metadata lack a name for it (P10).
  'no topic': 'batches are of topics that the metadata do not name',
  'lost in the bucket': 'batches were in objects that the bucket has lost',
};

class LocalTail {
  readonly #context: LocalTailContext;
  readonly #read: { readonly wal: SurvivingWal; readonly note: SalvageNote | undefined }[] = [];
  readonly #anomalies: Anomaly[] = [];
  /** Partitions in which something else follows the bucket's last record than on this disk: nothing behind it fits either. */
  readonly #diverged = new Set<PartitionLog>();
  #reappendedRecords = 0;
  #salvagedRecords = 0;

  constructor(context: LocalTailContext) {
    this.#context = context;
  }

  async take(wal: SurvivingWal): Promise<void> {
    if (isSame(wal.stream, this.#context.stream.stream)) return;
    const foreign = this.#whyForeign(wal);
    if (foreign !== undefined) {
      this.#read.push({ wal, note: { stream: wal.stream, reason: foreign, offsets: [] } });
      return;
    }
    const misfits: SalvageNote['offsets'][number][] = [];
    const counts = new Map<Misfit, number>();
    const end = await wal.read(async (batch) => {
      const placed = await this.#place(batch);
      if (placed === 'known' || placed === 'appended') return;
      misfits.push(offsetsOf(batch));
      counts.set(placed, (counts.get(placed) ?? 0) + 1);
    });
    const reasons = Array.from(counts, ([misfit, count]) => `${count} ${MISFITS[misfit]}`);
    if (end.kind === 'corrupt') reasons.push(`${end.path} is damaged at byte ${end.position}: ${end.reason}`);
    if (reasons.length === 0) {
      this.#read.push({ wal, note: undefined });
      return;
    }
    if (end.kind === 'corrupt') {
      this.#anomalies.push({
        kind: 'local-wal-corrupt',
        what: describeStream(wal.stream),
        detail: reasons.at(-1) ?? '',
      });
    }
    this.#read.push({ wal, note: { stream: wal.stream, reason: reasons.join('; '), offsets: misfits } });
  }

  /** Everything placed is committed: what is clean goes, the rest into quarantine. */
  async clear(): Promise<void> {
    const { disk, dataDirectory, random } = this.#context;
    for (const { wal, note } of this.#read) {
      if (note === undefined) {
        await wal.remove();
        continue;
      }
      await quarantineWal(disk, dataDirectory, random, wal, note);
      this.#anomalies.push({ kind: 'local-tail-salvaged', what: describeStream(wal.stream), detail: note.reason });
    }
  }

  result(): TailResult {
    return {
      reappendedRecords: this.#reappendedRecords,
      salvagedRecords: this.#salvagedRecords,
      anomalies: this.#anomalies,
    };
  }

  #whyForeign({ stream, lineage, files }: SurvivingWal): string | undefined {
    const own = this.#context.stream.stream;
    if (files.length > 0 && lineage === undefined) return 'its first file has no readable header';
    if (lineage !== undefined && lineage !== this.#context.lineage) return `it belongs to lineage ${lineage}`;
    if (stream.timeline !== own.timeline) return `it belongs to timeline ${stream.timeline}`;
    if (stream.broker !== own.broker) return `it belongs to broker ${stream.broker}`;
    return undefined;
  }

  async #place(batch: SurvivingBatch): Promise<Placed> {
    const log = this.#context.partitions.topicById(batch.topicId)?.logs[batch.partition];
    const placed = await this.#placeIn(log, batch);
    if (placed === 'known') return placed;
    const { recordCount } = parseBatchHeader(batch.bytes);
    if (placed === 'appended') this.#reappendedRecords += recordCount;
    else this.#salvagedRecords += recordCount;
    return placed;
  }

  async #placeIn(log: PartitionLog | undefined, batch: SurvivingBatch): Promise<Placed> {
    const { isCommitted, baseOffset, lastOffset } = batch;
    if (log === undefined) return isCommitted ? 'known' : 'no topic';
    if (lastOffset < log.logStartOffset) return 'known';
    if (log.anomalies.lost.some(({ from, to }) => baseOffset < to && lastOffset >= from)) return 'lost in the bucket';
    if (baseOffset < log.logEndOffset) return isCommitted ? 'known' : this.#compare(log, batch);
    // Committed, and above the end: then the bucket has lost it without a trace, and this disk has the last copy.
    if (baseOffset > log.logEndOffset || this.#diverged.has(log)) return 'does not fit';
    const { stream } = this.#context;
    if (stream.pendingBytes > MAX_PENDING_BYTES) await stream.flush();
    const result = log.appendAgain(batch.bytes);
    return result.kind === 'appended' ? 'appended' : 'does not fit';
  }

  /** Whether the partition holds this very batch: same offsets, same CRC. Leader epoch and base offset lie outside the CRC. */
  async #compare(log: PartitionLog, batch: SurvivingBatch): Promise<Placed> {
    if (batch.baseOffset >= log.highWatermark) await this.#context.stream.flush();
    const stored = await readStored(log, Math.max(batch.baseOffset, log.logStartOffset));
    if (stored === 'lost in the bucket') return stored;
    const isThere =
      stored !== undefined &&
      baseOffsetOf(stored) === batch.baseOffset &&
      lastOffsetOf(stored) === batch.lastOffset &&
      batchSizeBytes(stored) === batch.bytes.length &&
      parseBatchHeader(stored).crc === parseBatchHeader(batch.bytes).crc;
    if (isThere) return 'known';
    this.#diverged.add(log);
    return 'does not fit';
  }
}

async function readStored(log: PartitionLog, offset: number): Promise<Buffer | 'lost in the bucket' | undefined> {
  const found = log.read({ offset, maxBytes: 1, minOneBatch: true });
  if (found.kind === 'lost') return 'lost in the bucket';
  if (found.kind !== 'batches' && found.kind !== 'cold') return undefined;
  try {
    const [stored] = found.kind === 'cold' ? await found.load() : found.batches;
    return stored;
  } catch (error) {
    // Damage in the bucket is for its readers to be told; it keeps no broker from starting.
    if (hasCode(error, 'CORRUPT_BATCH') || hasCode(error, 'LOST_SLOT')) return 'lost in the bucket';
    throw error;
  }
}

function offsetsOf(batch: SurvivingBatch): SalvageNote['offsets'][number] {
  return { topicId: batch.topicId, partition: batch.partition, from: batch.baseOffset, to: batch.lastOffset };
}

function isSame(a: StreamId, b: StreamId): boolean {
  return a.timeline === b.timeline && a.broker === b.broker && a.epoch === b.epoch;
}

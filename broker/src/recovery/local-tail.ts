import { baseOffsetOf, batchSizeBytes, lastOffsetOf, parseBatchHeader } from '../kafka/index.ts';
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

type Placed = 'known' | 'appended' | 'topic is gone' | 'does not fit';

class LocalTail {
  readonly #context: LocalTailContext;
  readonly #read: { readonly wal: SurvivingWal; readonly note: SalvageNote | undefined }[] = [];
  readonly #anomalies: Anomaly[] = [];
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
    const misfits: SurvivingBatch[] = [];
    const end = await wal.read(async (batch) => {
      if ((await this.#place(batch)) === 'does not fit') misfits.push(batch);
    });
    const reasons: string[] = [];
    if (misfits.length > 0) reasons.push(`${misfits.length} batches do not continue their partitions`);
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
    this.#read.push({ wal, note: { stream: wal.stream, reason: reasons.join('; '), offsets: misfits.map(offsetsOf) } });
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
    const placed = batch.isCommitted ? 'known' : await this.#placeUncommitted(batch);
    const { recordCount } = parseBatchHeader(batch.bytes);
    if (placed === 'appended') this.#reappendedRecords += recordCount;
    if (placed === 'does not fit') this.#salvagedRecords += recordCount;
    return placed;
  }

  async #placeUncommitted(batch: SurvivingBatch): Promise<Placed> {
    const { partitions, stream } = this.#context;
    const log = partitions.topicById(batch.topicId)?.logs[batch.partition];
    if (log === undefined) return 'topic is gone';
    if (batch.lastOffset < log.logStartOffset) return 'known';
    if (batch.baseOffset < log.logEndOffset) return (await this.#bucketHas(log, batch)) ? 'known' : 'does not fit';
    if (batch.baseOffset > log.logEndOffset) return 'does not fit';
    if (stream.pendingBytes > MAX_PENDING_BYTES) await stream.flush();
    const result = log.appendAgain(batch.bytes);
    return result.kind === 'appended' ? 'appended' : 'does not fit';
  }

  /** Whether the partition holds this very batch: same offsets, same CRC. Leader epoch and base offset lie outside the CRC. */
  async #bucketHas(log: PartitionLog, batch: SurvivingBatch): Promise<boolean> {
    if (batch.baseOffset >= log.highWatermark) await this.#context.stream.flush();
    const found = log.read({ offset: batch.baseOffset, maxBytes: 1, minOneBatch: true });
    if (found.kind !== 'batches' && found.kind !== 'cold') return false;
    const [stored] = found.kind === 'cold' ? await found.load() : found.batches;
    return (
      stored !== undefined &&
      baseOffsetOf(stored) === batch.baseOffset &&
      lastOffsetOf(stored) === batch.lastOffset &&
      batchSizeBytes(stored) === batch.bytes.length &&
      parseBatchHeader(stored).crc === parseBatchHeader(batch.bytes).crc
    );
  }
}

function offsetsOf(batch: SurvivingBatch): SalvageNote['offsets'][number] {
  return { topicId: batch.topicId, partition: batch.partition, from: batch.baseOffset, to: batch.lastOffset };
}

function isSame(a: StreamId, b: StreamId): boolean {
  return a.timeline === b.timeline && a.broker === b.broker && a.epoch === b.epoch;
}

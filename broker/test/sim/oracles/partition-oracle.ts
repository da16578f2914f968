import type { DecodedBatch } from '../../support/batches.ts';
import { label } from '../partition-history.ts';
import type { PartitionHistory, SentBatch } from '../partition-history.ts';
import { Violation } from '../violation.ts';

/** Whether an acks=1 answer was allowed to come to nothing (the disk that it named was lost before the upload). */
export type MayBeLost = (batch: SentBatch) => boolean;

/** What a partition holds: whole batches, the first of which may begin below the log start. */
export interface PartitionContents {
  readonly logStartOffset: number;
  readonly batches: readonly DecodedBatch[];
}

/**
 * Compares what a partition holds at the end, read from its log start to its high watermark after everything but the
 * bucket was destroyed, with everything that anybody was told about it.
 */
export function checkPartition(history: PartitionHistory, contents: PartitionContents, mayBeLost: MayBeLost): void {
  const { logStartOffset, batches: log } = contents;
  if (logStartOffset < history.deletedBelow || logStartOffset > history.maybeDeletedBelow) {
    throw new Violation(
      'deletions are kept',
      `${history.name} begins at ${logStartOffset}; deleted was up to ${history.deletedBelow}, at most ${history.maybeDeletedBelow}`,
    );
  }
  const byOffset = checkLog(history, contents);
  const end = endOf(contents);
  if (history.highWatermark > end) {
    throw new Violation(
      'nothing visible is lost',
      `${history.name} ends at ${end}, a high watermark of ${history.highWatermark} was shown`,
    );
  }
  for (const [offset, seen] of history.seen) {
    if (seen.lastOffset < logStartOffset) continue;
    if (byOffset.get(offset)?.crc !== seen.crc) {
      throw new Violation(
        'nothing visible is lost',
        `${history.name}: the batch that was read at ${offset} is no longer there`,
      );
    }
  }
  const counts = new Map<number, number>();
  for (const batch of log) counts.set(batch.crc, (counts.get(batch.crc) ?? 0) + 1);
  for (const sent of history.sent.values()) {
    const copies = counts.get(sent.crc) ?? 0;
    if (copies === 0 && mayBeDeleted(sent, logStartOffset)) continue;
    checkSent(history, sent, byOffset, copies, mayBeLost);
  }
  checkOrder(history, log);
}

/** One past the last offset. */
export function endOf({ logStartOffset, batches }: PartitionContents): number {
  return (batches.at(-1)?.lastOffset ?? logStartOffset - 1) + 1;
}

/** A batch whose answer named no offset may have been anywhere. */
function mayBeDeleted({ baseOffset, recordCount }: SentBatch, logStartOffset: number): boolean {
  if (baseOffset === undefined) return logStartOffset > 0;
  return baseOffset + recordCount <= logStartOffset;
}

function checkLog(
  history: PartitionHistory,
  { logStartOffset, batches }: PartitionContents,
): Map<number, DecodedBatch> {
  const byOffset = new Map<number, DecodedBatch>();
  const first = batches[0];
  let next = first === undefined ? 0 : Math.min(first.baseOffset, logStartOffset);
  for (const batch of batches) {
    if (batch.baseOffset !== next) {
      throw new Violation('dense offsets', `${history.name}: after ${next - 1} comes ${batch.baseOffset}`);
    }
    if (!batch.intact) {
      throw new Violation('intact bytes', `${history.name}: the batch at ${batch.baseOffset} is damaged`);
    }
    if (!history.sent.has(batch.crc)) {
      throw new Violation('nothing invented', `${history.name}: nobody sent the batch at ${batch.baseOffset}`);
    }
    byOffset.set(batch.baseOffset, batch);
    next = batch.lastOffset + 1;
  }
  return byOffset;
}

function checkSent(
  history: PartitionHistory,
  sent: SentBatch,
  byOffset: ReadonlyMap<number, DecodedBatch>,
  copies: number,
  mayBeLost: MayBeLost,
): void {
  if (sent.idempotent && copies > 1) {
    throw new Violation(
      'no duplicates',
      `${history.name}: ${label(sent)} is there ${copies} times, its producer is idempotent`,
    );
  }
  if (sent.state !== 'acked') return;
  const inPlace = sent.baseOffset === undefined ? copies > 0 : byOffset.get(sent.baseOffset)?.crc === sent.crc;
  if (inPlace || (sent.acks === 1 && mayBeLost(sent))) return;
  throw new Violation(
    'acked ⊆ readable',
    `${history.name}: ${label(sent)}, acked at offset ${sent.baseOffset ?? '?'} by ${sent.ackedBy} at ${sent.ackedAtMs.toFixed(0)} ms, is not there`,
  );
}

/** An idempotent producer's batches lie in the order in which they were sent. */
function checkOrder(history: PartitionHistory, log: readonly DecodedBatch[]): void {
  const last = new Map<string, number>();
  for (const batch of log) {
    const sent = history.sent.get(batch.crc);
    if (sent?.idempotent !== true) continue;
    const before = last.get(sent.producer) ?? -1;
    if (sent.number <= before) {
      throw new Violation('order', `${history.name}: ${label(sent)} lies behind its batch ${before}`);
    }
    last.set(sent.producer, sent.number);
  }
}

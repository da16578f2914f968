import { RecordCursor } from '../kafka/index.ts';
import type { PartitionLog } from './partition-log.ts';
import type { ReadOutcome } from './read-log.ts';

/** One record found by its time. */
export interface FoundOffset {
  readonly offset: number;
  /** Milliseconds since 1970. */
  readonly timestampMs: number;
  readonly leaderEpoch: number;
}

/** The first committed record with a timestamp of at least `timestampMs`; undefined if there is none. */
export async function findByTimestamp(log: PartitionLog, timestampMs: number): Promise<FoundOffset | undefined> {
  const { batches } = log;
  let ordinal = batches.findTimestamp(timestampMs, batches.committedEnd);
  while (ordinal < batches.committedEnd) {
    for (const record of await recordsOf(log, ordinal)) if (record.timestampMs >= timestampMs) return record;
    // The record for which the batch was taken is deleted, and others of the batch are not: what is sought lies behind it.
    ordinal = batches.findTimestamp(timestampMs, batches.committedEnd, ordinal + 1);
  }
  return undefined;
}

/** The first of the committed records with the largest timestamp; undefined if there is none. */
export async function findMaxTimestamp(log: PartitionLog): Promise<FoundOffset | undefined> {
  const { batches } = log;
  let newest: FoundOffset | undefined;
  let newestMs = Number.NEGATIVE_INFINITY;
  let ordinal = batches.findMaxTimestamp(batches.committedEnd);
  while (ordinal < batches.committedEnd && batches.maxTimestamp(ordinal) > newestMs) {
    const promisedMs = batches.maxTimestamp(ordinal);
    for (const record of await recordsOf(log, ordinal)) {
      if (record.timestampMs <= newestMs) continue;
      newest = record;
      newestMs = record.timestampMs;
      if (newestMs === promisedMs) return newest;
    }
    // The record with that timestamp is deleted, and others of its batch are not.
    ordinal = batches.findMaxTimestamp(batches.committedEnd, ordinal + 1);
  }
  return newest;
}

/** The records of the batch from the log start on. */
async function recordsOf(log: PartitionLog, ordinal: number): Promise<Iterable<FoundOffset>> {
  const { batches } = log;
  const leaderEpoch = batches.leaderEpoch(ordinal);
  const from = Math.max(batches.baseOffset(ordinal), log.logStartOffset);
  const [batch] = await batchesOf(log.read({ offset: from, maxBytes: 0, minOneBatch: true }));
  return batch === undefined ? [] : recordsIn(batch, from, leaderEpoch);
}

function* recordsIn(batch: Buffer, from: number, leaderEpoch: number): Iterable<FoundOffset> {
  const cursor = new RecordCursor(batch);
  while (cursor.next()) {
    const { offset, timestampMs } = cursor;
    if (offset >= from) yield { offset, timestampMs, leaderEpoch };
  }
}

async function batchesOf(outcome: ReadOutcome): Promise<readonly Buffer[]> {
  switch (outcome.kind) {
    case 'batches':
      return outcome.batches;
    case 'cold':
      return outcome.load();
    case 'closed':
      throw outcome.error;
    case 'out-of-range':
    case 'lost':
      return [];
  }
}

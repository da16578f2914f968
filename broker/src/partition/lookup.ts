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
export function findByTimestamp(log: PartitionLog, timestampMs: number): Promise<FoundOffset | undefined> {
  const { batches } = log;
  const ordinal = batches.findTimestamp(timestampMs, batches.committedEnd);
  return findRecord(log, ordinal, (recordMs) => recordMs >= timestampMs);
}

/** The first of the committed records with the largest timestamp; undefined if there is none. */
export function findMaxTimestamp(log: PartitionLog): Promise<FoundOffset | undefined> {
  const { batches } = log;
  const ordinal = batches.findMaxTimestamp(batches.committedEnd);
  if (ordinal === batches.committedEnd) return Promise.resolve(undefined);
  const maxTimestampMs = batches.maxTimestamp(ordinal);
  return findRecord(log, ordinal, (recordMs) => recordMs === maxTimestampMs);
}

/** The first record of the batch, at or above the log start, whose timestamp `matches`. */
async function findRecord(
  log: PartitionLog,
  ordinal: number,
  matches: (timestampMs: number) => boolean,
): Promise<FoundOffset | undefined> {
  const { batches } = log;
  if (ordinal >= batches.committedEnd) return undefined;
  const leaderEpoch = batches.leaderEpoch(ordinal);
  const from = Math.max(batches.baseOffset(ordinal), log.logStartOffset);
  const [batch] = await batchesOf(log.read({ offset: from, maxBytes: 0, minOneBatch: true }));
  if (batch === undefined) return undefined;
  const cursor = new RecordCursor(batch);
  while (cursor.next()) {
    const { offset, timestampMs } = cursor;
    if (offset >= log.logStartOffset && matches(timestampMs)) return { offset, timestampMs, leaderEpoch };
  }
  return undefined;
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

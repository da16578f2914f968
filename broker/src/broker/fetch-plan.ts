import { type KafkaErrorName, ZERO_UUID } from '../kafka/index.ts';
import { type EpochEnd, type PartitionLog, type ReadOutcome, committedBytesFrom } from '../partition/index.ts';
import type { FetchedPartition } from './fetch-sessions.ts';
import { closedErrorName, findPartition, leaderEpochError } from './partition-lookup.ts';
import type { Services } from './services.ts';

/** What one partition of a fetch will be answered with. */
export type PlannedRead =
  | { readonly kind: 'error'; readonly error: KafkaErrorName }
  | { readonly kind: 'diverges'; readonly log: PartitionLog; readonly at: EpochEnd }
  /** Above the log end: an error only with proof (rule 18). */
  | { readonly kind: 'above-end'; readonly log: PartitionLog }
  | {
      readonly kind: 'read';
      readonly log: PartitionLog;
      readonly outcome: Extract<ReadOutcome, { kind: 'batches' | 'cold' }>;
    };

export interface FetchPlan {
  readonly partitions: readonly FetchedPartition[];
  /** One for each of `partitions`. */
  readonly reads: readonly PlannedRead[];
  readonly sizeBytes: number;
  /** There is something to tell that waiting would not change. */
  readonly urgent: boolean;
}

const NO_BATCHES = { kind: 'batches', batches: [], sizeBytes: 0 } as const;

/** What an answer may hold. */
export interface FetchAllowance {
  /** 0 = nothing, not even a batch. */
  readonly maxBytes: number;
  /** Only batches that lie in memory anyway. */
  readonly memoryOnly: boolean;
}

/** Reads as much as allowed of each partition in turn: at least one batch in all, whatever the limits, unless nothing is allowed. */
export function planFetch(
  services: Services,
  partitions: Iterable<FetchedPartition>,
  { maxBytes, memoryOnly }: FetchAllowance,
): FetchPlan {
  const planned: FetchedPartition[] = [];
  const reads: PlannedRead[] = [];
  let sizeBytes = 0;
  let urgent = false;
  for (const partition of partitions) {
    const limit = Math.min(partition.maxBytes, Math.max(0, maxBytes - sizeBytes));
    const read = planRead(services, partition, {
      maxBytes: limit,
      memoryOnly,
      minOneBatch: sizeBytes === 0 && maxBytes > 0,
    });
    planned.push(partition);
    reads.push(read);
    if (read.kind === 'read') sizeBytes += read.outcome.sizeBytes;
    else urgent ||= !(read.kind === 'error' && isUnknownTopic(read.error));
  }
  return { partitions: planned, reads, sizeBytes, urgent };
}

/** A topic that is not there would otherwise make every fetch of a session return at once; Kafka waits, too. */
function isUnknownTopic(error: KafkaErrorName): boolean {
  return error === 'UNKNOWN_TOPIC_OR_PARTITION' || error === 'UNKNOWN_TOPIC_ID';
}

/** What one partition is to be answered with. */
export function planRead(
  services: Services,
  partition: FetchedPartition,
  { memoryOnly, ...limits }: FetchAllowance & { readonly minOneBatch: boolean },
): PlannedRead {
  const log = logOf(services, partition);
  if (typeof log === 'string') return { kind: 'error', error: log };
  const epochError = leaderEpochError(log, partition.currentLeaderEpoch);
  if (epochError !== undefined) return { kind: 'error', error: epochError };
  const { fetchOffset, lastFetchedEpoch } = partition;
  if (lastFetchedEpoch >= 0) {
    const at = log.epochs.endOf(lastFetchedEpoch, log.logEndOffset);
    if (at.endOffset < 0) return { kind: 'above-end', log };
    if (at.leaderEpoch < lastFetchedEpoch || at.endOffset < fetchOffset) return { kind: 'diverges', log, at };
  }
  const outcome = log.read({ offset: fetchOffset, ...limits });
  switch (outcome.kind) {
    case 'cold':
      return { kind: 'read', log, outcome: memoryOnly ? NO_BATCHES : outcome };
    case 'batches':
      return { kind: 'read', log, outcome };
    case 'out-of-range':
      if (outcome.side === 'above-end') return { kind: 'above-end', log };
      return { kind: 'error', error: 'OFFSET_OUT_OF_RANGE' };
    case 'lost':
      services.counters.damagedReads++;
      return { kind: 'error', error: 'CORRUPT_MESSAGE' };
    case 'closed':
      return { kind: 'error', error: closedErrorName(outcome.error, partition.topicId !== ZERO_UUID) };
  }
}

/** The log that a fetch names. */
export function logOf(
  services: Services,
  { topic, topicId, partition }: FetchedPartition,
): PartitionLog | KafkaErrorName {
  return findPartition(services, { topic, topicId: topicId === ZERO_UUID ? undefined : topicId, partition });
}

/** Whether waiting is over: enough bytes are committed, or a partition has to be told something else. */
export function hasEnough(services: Services, partitions: Iterable<FetchedPartition>, minBytes: number): boolean {
  let sizeBytes = 0;
  for (const partition of partitions) {
    const log = logOf(services, partition);
    if (typeof log === 'string') {
      if (!isUnknownTopic(log)) return true;
      continue;
    }
    if (log.closed !== undefined || leaderEpochError(log, partition.currentLeaderEpoch) !== undefined) return true;
    if (partition.fetchOffset < log.logStartOffset) return true;
    if (partition.fetchOffset >= log.highWatermark) continue;
    sizeBytes += Math.min(partition.maxBytes, committedBytesFrom(log, partition.fetchOffset, minBytes));
    if (sizeBytes >= minBytes) return true;
  }
  return false;
}

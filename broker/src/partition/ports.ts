import type { Clock } from '../edge/index.ts';
import type { BatchEntry, BatchLocation, Hlc, LocatedBatch } from '../log/index.ts';
import type { CommitWakeups } from './commit-wakeups.ts';
import type { StreamTable } from './stream-table.ts';
import type { TailCache } from './tail-cache.ts';

/** Where appended batches go: the broker's data stream, and its local WAL if it has one. Never waits. */
export interface BatchSink {
  append(entry: BatchEntry): void;
  /** Somebody waits for the commit of what was appended. */
  hurry(): void;
}

/** Reads committed batches that are not in memory any more. */
export interface ColdReader {
  /**
   * The bytes of the batches, in order, each verified against its own CRC-32C and against what the index knows of it. May take as long as the store is away.
   * Rejects with a ChronikError (code CORRUPT_BATCH, or LOST_SLOT) if the bytes are not there any more.
   */
  read(locations: readonly LocatedBatch[]): Promise<readonly Buffer[]>;
  /** Begins to fetch what will be read soon. Never fails. */
  prefetch(locations: readonly BatchLocation[]): void;
}

/** Bytes that were appended and are not committed; the broker holds its producers back above a limit. */
export interface UncommittedBytes {
  add(sizeBytes: number): void;
  release(sizeBytes: number): void;
}

/** What all partitions of a broker share. */
export interface PartitionContext {
  readonly clock: Clock;
  readonly hlc: { now(): Hlc };
  readonly tail: TailCache;
  readonly streams: StreamTable;
  readonly wakeups: CommitWakeups;
  readonly cold: ColdReader;
  readonly uncommitted: UncommittedBytes;
  /** How long a silent producer is remembered (`producer.id.expiration.ms`), in milliseconds. */
  readonly producerIdExpirationMs: number;
}

/** A stretch of a partition's history with one leader (rule 17); offsets from `startOffset` up to, not with, `endOffset`. */
export interface LeadershipInterval {
  readonly leaderEpoch: number;
  readonly stream: { readonly timeline: string; readonly broker: number; readonly epoch: number };
  readonly startOffset: number;
  readonly endOffset: number | undefined;
}

/** A partition as the metadata describe it. */
export interface PartitionView {
  readonly index: number;
  /** Broker id. */
  readonly leader: number;
  readonly leaderEpoch: number;
  readonly logStartOffset: number;
  readonly history: readonly LeadershipInterval[];
}

/** A topic as the metadata describe it. */
export interface TopicView {
  readonly name: string;
  readonly id: string;
  readonly partitions: readonly PartitionView[];
}

// The door of partition/: the leader's view of every partition of this broker.
export type { AckWaiter } from './ack-queue.ts';
export { type HighWatermarkWatcher, CommitWakeups } from './commit-wakeups.ts';
export type { EpochEnd } from './leader-epochs.ts';
export type { LoadAnomalies, LoadedAs, LoadedBatch, OffsetRange } from './log-loader.ts';
export { type FoundOffset, findByTimestamp, findMaxTimestamp } from './lookup.ts';
export { PartitionError, type PartitionErrorCode } from './partition-error.ts';
export { type AppendResult, PartitionLog } from './partition-log.ts';
export { type LoadReport, PartitionManager, type TopicLogs } from './partition-manager.ts';
export type {
  BatchSink,
  ColdReader,
  LeadershipInterval,
  PartitionContext,
  PartitionView,
  TopicView,
  UncommittedBytes,
} from './ports.ts';
export type { ActiveProducer } from './producer-state.ts';
export { type ReadOptions, type ReadOutcome, committedBytesFrom } from './read-log.ts';
export { StreamTable } from './stream-table.ts';
export { TailCache } from './tail-cache.ts';

/**
 * The group coordinator: who reads which partition, and how far.
 *
 *     group-coordinator.ts        the API: one method a request, decoded messages in and out
 *       coordinator-partitions.ts which partitions of __consumer_offsets are loaded; proof on reads (rule 18)
 *         coordinator-shard.ts    the groups of one partition; every write goes through here, in log order
 *           classic-group.ts      one group: members, generation, offsets
 *             group-state.ts      its states, transitions and conduct, as tables under a diagram
 *             rebalance.ts        its join and sync phases
 *
 * Promises: (1) an offset is shown only when it is in the bucket; (2) an assignment, or a static member's new id, is in
 * the bucket before anyone hears of it; (3) what is shown of committed state was proven current after the request came;
 * (4) a partition whose write failed is given up as a whole, as only the log knows what happened; (5) every request is
 * answered, if need be by the end of a phase, a session or the partition.
 */
export type { GroupRequestContext } from './context.ts';
export type { PartitionPhase } from './coordinator-partitions.ts';
export { GroupCoordinator } from './group-coordinator.ts';
export type { GroupCoordinatorSetting } from './group-coordinator.ts';
export { OffsetsRecordError } from './load-shard.ts';
export { defaultCoordinatorOptions } from './options.ts';
export type { CoordinatorOptions } from './options.ts';
export { javaStringHash, partitionFor } from './partition-for.ts';
export type { LoadedRecord, OffsetsPort, OffsetsRecord } from './ports.ts';

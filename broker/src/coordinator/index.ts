export type { GroupRequestContext } from './context.ts';
export type { PartitionPhase } from './coordinator-partitions.ts';
export { GroupCoordinator } from './group-coordinator.ts';
export type { GroupCoordinatorSetting } from './group-coordinator.ts';
export { OffsetsRecordError } from './load-shard.ts';
export { defaultCoordinatorOptions } from './options.ts';
export type { CoordinatorOptions } from './options.ts';
export { javaStringHash, partitionFor } from './partition-for.ts';
export type { LoadedRecord, OffsetsPort, OffsetsRecord } from './ports.ts';

// The door of meta/: metadata events, the state they make, the log that keeps them, snapshots, controller operations.
export type {
  BrokerImage,
  DiskAcks,
  LeadershipInterval,
  MetadataImage,
  MetadataPosition,
  PartitionImage,
  StreamImage,
  StreamName,
  TimelineEnd,
  TopicImage,
} from './image.ts';
export type {
  BrokerConfigsChanged,
  BrokerRegistered,
  ConfigChanges,
  ForkSettled,
  LeadershipAssigned,
  LogStartOffsetMoved,
  MetadataEpochsSealed,
  MetadataEvent,
  PartitionAssignment,
  PartitionsAdded,
  ProducerIdBlockAllocated,
  StreamSealed,
  TimelineEnded,
  TopicConfigsChanged,
  TopicCreated,
  TopicDeleted,
  TopicLeadership,
} from './event.ts';
export { decodeEvents } from './event-codec.ts';
export { CLUSTER_FILE_KEY, createClusterFile, decodeClusterFile, readClusterFile } from './files/cluster-file.ts';
export type { ClusterFile } from './files/cluster-file.ts';
export type { CreatedOnce } from './files/create-once.ts';
export {
  TIMELINES_PREFIX,
  createTimelineFile,
  decodeTimelineFile,
  parseTimelineFileKey,
  readTimelineFile,
  readTimelineFiles,
  timelineFileKey,
} from './files/timeline-file.ts';
export type { CutStream, TimelineCut, TimelineFile, TimelineReason } from './files/timeline-file.ts';
export { invalidTopicName, isInternalTopic } from './topic-name.ts';
export { MetadataLog } from './metadata-log.ts';
export type { ImageListener, MetadataLogOptions, MetadataUpdate } from './metadata-log.ts';
export { openMetadata } from './recover/open.ts';
export type { OpenMetadataOptions, OpenedMetadata } from './recover/open.ts';
export { recoverMetadata } from './recover/recover.ts';
export type { MetadataReport, RecoverMetadataOptions, RecoveredMetadata, SealDamage } from './recover/recover.ts';
export type { MetadataProgress } from './recover/replay.ts';
export type { RejectedSnapshot } from './recover/load-snapshot.ts';
export type { SnapshotPolicy } from './snapshot/snapshot-keeper.ts';
export type { UploadStats } from './upload-stats.ts';
export { brokerConfigs } from './config-defs/broker-configs.ts';
export type { ConfigDef, ConfigTable, ConfigType } from './config-defs/config-def.ts';
export {
  brokerConfig,
  describeBrokerConfigs,
  describeDefaultBrokerConfigs,
  describeTopicConfigs,
  topicConfig,
} from './config-defs/effective.ts';
export type { ConfigScope, ConfigSource, ConfigValue, EffectiveConfig } from './config-defs/effective.ts';
export { alterConfigs, replaceConfigs } from './operations/alter-configs.ts';
export type {
  AlterConfigsResult,
  ConfigAlteration,
  ConfigOperation,
  ConfigResource,
} from './operations/alter-configs.ts';
export { createPartitions } from './operations/create-partitions.ts';
export type { CreatePartitionsResult, NewPartitions } from './operations/create-partitions.ts';
export { createTopics } from './operations/create-topics.ts';
export type { CreateTopicResult, CreateTopicsOptions, CreatedTopic, NewTopic } from './operations/create-topics.ts';
export { deleteTopics } from './operations/delete-topics.ts';
export type { DeleteTopicResult, DeletedTopic, TopicSelector } from './operations/delete-topics.ts';
export { allocateProducerIds } from './operations/producer-ids.ts';
export type { ProducerIdBlock } from './operations/producer-ids.ts';
export type { Refused } from './operations/result.ts';
export { isSnapshotDamage, listSnapshots, loadSnapshot } from './recover/load-snapshot.ts';
export { loadTimelineBase, stateAtCut } from './recover/fork-base.ts';
export type { Ancestry, TimelineBase } from './recover/fork-base.ts';
export { Replay } from './recover/replay.ts';
export { FrozenImage, streamKey } from './frozen-image.ts';
export { forkImage } from './fork.ts';
export { decodeSnapshot } from './snapshot/snapshot-file.ts';
export type { DecodedSnapshot } from './snapshot/snapshot-file.ts';
export { parseSnapshotKey } from './snapshot/snapshot-name.ts';
export type { SnapshotName } from './snapshot/snapshot-name.ts';
export { encodeState } from './snapshot/state-codec.ts';

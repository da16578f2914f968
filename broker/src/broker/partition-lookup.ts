import type { KafkaErrorName } from '../kafka/index.ts';
import type { PartitionError, PartitionLog } from '../partition/index.ts';
import type { Services } from './services.ts';

/** A partition as a request names it: by topic name, or (where the version has it) by topic id. */
export interface PartitionName {
  /** Undefined if the request names the topic by its name. */
  readonly topicId: string | undefined;
  readonly topic: string;
  readonly partition: number;
}

/** The log of a partition, or why there is none here. */
export function findPartition({ partitions }: Services, name: PartitionName): PartitionLog | KafkaErrorName {
  const { topicId, topic, partition } = name;
  const logs = topicId === undefined ? partitions.topic(topic) : partitions.topicById(topicId);
  if (logs === undefined) return topicId === undefined ? 'UNKNOWN_TOPIC_OR_PARTITION' : 'UNKNOWN_TOPIC_ID';
  const log = logs.logs[partition];
  if (log !== undefined) return log;
  return partition >= 0 && partition < logs.logs.length ? 'NOT_LEADER_OR_FOLLOWER' : 'UNKNOWN_TOPIC_OR_PARTITION';
}

/** What a client is told when a partition is closed. */
export function closedErrorName(error: PartitionError, byId: boolean): KafkaErrorName {
  if (error.code !== 'PARTITION_DELETED') return 'NOT_LEADER_OR_FOLLOWER';
  return byId ? 'UNKNOWN_TOPIC_ID' : 'UNKNOWN_TOPIC_OR_PARTITION';
}

/** Compares the leader epoch that a client knows with ours (KIP-320); -1 = it knows none. */
export function leaderEpochError(log: PartitionLog, currentLeaderEpoch: number): KafkaErrorName | undefined {
  if (currentLeaderEpoch < 0 || currentLeaderEpoch === log.leaderEpoch) return undefined;
  return currentLeaderEpoch < log.leaderEpoch ? 'FENCED_LEADER_EPOCH' : 'UNKNOWN_LEADER_EPOCH';
}

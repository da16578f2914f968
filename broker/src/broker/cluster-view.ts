import { KafkaErrors } from '../kafka/index.ts';
import type { BrokerImage, MetadataImage, PartitionImage } from '../meta/index.ts';
import type { Services } from './services.ts';

/** The brokers that clients may connect to: the live ones, this one always. */
export function visibleBrokers({ brokerId }: Services, image: MetadataImage): readonly BrokerImage[] {
  return Array.from(image.brokers()).filter(({ id, live }) => live || id === brokerId);
}

/** A partition as Metadata and DescribeTopicPartitions tell it. */
export interface PartitionState {
  readonly errorCode: number;
  readonly partitionIndex: number;
  readonly leaderId: number;
  readonly leaderEpoch: number;
  readonly replicaNodes: readonly number[];
  readonly isrNodes: readonly number[];
  readonly offlineReplicas: readonly number[];
}

/**
 * Replicas are the brokers that may lead the partition, in-sync ones those that are live: the bucket has the data, so every
 * live one is as good as another.
 */
export function partitionState(partition: PartitionImage, live: ReadonlySet<number>): PartitionState {
  const { index, leader, leaderEpoch, replicas } = partition;
  const isLed = live.has(leader);
  return {
    errorCode: isLed ? KafkaErrors.NONE : KafkaErrors.LEADER_NOT_AVAILABLE,
    partitionIndex: index,
    leaderId: isLed ? leader : -1,
    leaderEpoch,
    replicaNodes: replicas,
    isrNodes: replicas.filter((id) => live.has(id)),
    offlineReplicas: replicas.filter((id) => !live.has(id)),
  };
}

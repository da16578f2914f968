import { type KafkaErrorName, KafkaErrors, type RequestOf, type ResponseInput } from '../../kafka/index.ts';
import { type ServedApi, serve } from '../../net/index.ts';
import { closedErrorName, findPartition, leaderEpochError } from '../partition-lookup.ts';
import type { Services } from '../services.ts';

type PartitionRequest = RequestOf<'OffsetForLeaderEpoch'>['topics'][number]['partitions'][number];
type PartitionResponse = ResponseInput<'OffsetForLeaderEpoch'>['topics'][number]['partitions'][number];

/** Where a leader epoch ends, so that a consumer notices if its position was never part of this log (KIP-320). */
export function offsetForLeaderEpoch(services: Services): ServedApi<'OffsetForLeaderEpoch'> {
  return serve('OffsetForLeaderEpoch', ({ topics }) => ({
    topics: topics.map(({ topic, partitions }) => ({
      topic,
      partitions: partitions.map((partition) => answer(services, topic, partition)),
    })),
  }));
}

function answer(services: Services, topic: string, request: PartitionRequest): PartitionResponse {
  const { partition, currentLeaderEpoch, leaderEpoch } = request;
  const failed = (error: KafkaErrorName): PartitionResponse => ({ partition, errorCode: KafkaErrors[error] });
  const log = findPartition(services, { topicId: undefined, topic, partition });
  if (typeof log === 'string') return failed(log);
  if (log.closed !== undefined) return failed(closedErrorName(log.closed, false));
  const epochError = leaderEpochError(log, currentLeaderEpoch);
  if (epochError !== undefined) return failed(epochError);
  return { partition, errorCode: KafkaErrors.NONE, ...log.epochs.endOf(leaderEpoch, log.logEndOffset) };
}

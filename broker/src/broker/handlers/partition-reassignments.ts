import { type KafkaErrorName, KafkaErrors } from '../../kafka/index.ts';
import type { MetadataImage } from '../../meta/index.ts';
import { type ServedApi, serve } from '../../net/index.ts';
import type { Services } from '../services.ts';

interface Refusal {
  readonly error: KafkaErrorName;
  readonly message: string;
}

/** Partitions do not move between brokers in this release; what asks for no change is granted. */
export function alterPartitionReassignments(services: Services): ServedApi<'AlterPartitionReassignments'> {
  return serve('AlterPartitionReassignments', ({ topics, allowReplicationFactorChange }) => ({
    throttleTimeMs: 0,
    allowReplicationFactorChange,
    errorCode: KafkaErrors.NONE,
    errorMessage: null,
    responses: topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map(({ partitionIndex, replicas }) => {
        const refusal = reassign(services.metadata.image, name, partitionIndex, replicas);
        const errorCode = KafkaErrors[refusal?.error ?? 'NONE'];
        return { partitionIndex, errorCode, errorMessage: refusal?.message ?? null };
      }),
    })),
  }));
}

function reassign(
  image: MetadataImage,
  topic: string,
  index: number,
  replicas: readonly number[] | null,
): Refusal | undefined {
  const partition = image.topic(topic)?.partitions[index];
  if (partition === undefined) return { error: 'UNKNOWN_TOPIC_OR_PARTITION', message: 'There is no such partition.' };
  if (replicas === null) return { error: 'NO_REASSIGNMENT_IN_PROGRESS', message: 'No reassignment is in progress.' };
  const unknown = replicas.find((id) => image.broker(id) === undefined);
  if (unknown !== undefined || replicas.length === 0) {
    const message = unknown === undefined ? 'The replica list is empty.' : `Broker ${unknown} is not registered.`;
    return { error: 'INVALID_REPLICA_ASSIGNMENT', message };
  }
  const isSame =
    replicas.length === partition.replicas.length && replicas.every((id, i) => id === partition.replicas[i]);
  if (isSame) return undefined;
  return { error: 'INVALID_REPLICA_ASSIGNMENT', message: 'Partitions do not move between brokers in this release.' };
}

/** There is never one in progress. */
export function listPartitionReassignments(): ServedApi<'ListPartitionReassignments'> {
  return serve('ListPartitionReassignments', () => ({
    throttleTimeMs: 0,
    errorCode: KafkaErrors.NONE,
    errorMessage: null,
    topics: [],
  }));
}

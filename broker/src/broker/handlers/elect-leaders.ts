import { type KafkaErrorName, KafkaErrors } from '../../kafka/index.ts';
import type { MetadataImage } from '../../meta/index.ts';
import { type ServedApi, serve } from '../../net/index.ts';
import { visibleBrokers } from '../cluster-view.ts';
import type { Services } from '../services.ts';

const PREFERRED = 0;

const messages: Partial<Record<KafkaErrorName, string>> = {
  ELECTION_NOT_NEEDED: 'The partition has the leader that it should have.',
  PREFERRED_LEADER_NOT_AVAILABLE: 'The preferred leader is not live.',
  UNKNOWN_TOPIC_OR_PARTITION: 'There is no such partition.',
};

/**
 * With one broker there is never anything to elect: each partition is led by the broker that may lead it. Asked for all
 * partitions, Kafka names only those where something happened.
 */
export function electLeaders(services: Services): ServedApi<'ElectLeaders'> {
  return serve('ElectLeaders', ({ electionType, topicPartitions }, { apiVersion }) => {
    const { image } = services.metadata;
    const live = new Set(visibleBrokers(services, image).map(({ id }) => id));
    const type = apiVersion === 0 ? PREFERRED : electionType;
    return {
      throttleTimeMs: 0,
      errorCode: KafkaErrors.NONE,
      replicaElectionResults: (topicPartitions ?? []).map(({ topic, partitions }) => ({
        topic,
        partitionResult: partitions.map((partitionId) => {
          const error = outcome(image, live, { topic, partitionId, type });
          return { partitionId, errorCode: KafkaErrors[error], errorMessage: messages[error] ?? null };
        }),
      })),
    };
  });
}

function outcome(
  image: MetadataImage,
  live: ReadonlySet<number>,
  election: { readonly topic: string; readonly partitionId: number; readonly type: number },
): KafkaErrorName {
  const partition = image.topic(election.topic)?.partitions[election.partitionId];
  if (partition === undefined) return 'UNKNOWN_TOPIC_OR_PARTITION';
  const [preferred] = partition.replicas;
  if (
    election.type === PREFERRED &&
    partition.leader !== preferred &&
    preferred !== undefined &&
    !live.has(preferred)
  ) {
    return 'PREFERRED_LEADER_NOT_AVAILABLE';
  }
  return 'ELECTION_NOT_NEEDED';
}

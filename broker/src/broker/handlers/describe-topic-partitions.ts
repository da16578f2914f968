import { KafkaErrors, type ResponseInput, ZERO_UUID } from '../../kafka/index.ts';
import { invalidTopicName } from '../../meta/index.ts';
import { type Answer, type ServedApi, serve } from '../../net/index.ts';
import { TOPIC_OPERATIONS } from '../authorized-operations.ts';
import { partitionState, visibleBrokers } from '../cluster-view.ts';
import type { Services } from '../services.ts';

/** `max.request.partition.size.limit`: partitions of one response, whatever the client asks for. */
const MAX_PARTITIONS = 2_000;

type TopicResponse = ResponseInput<'DescribeTopicPartitions'>['topics'][number];

/** Topics in the order of their names, page by page (KIP-966). */
export function describeTopicPartitions(services: Services): ServedApi<'DescribeTopicPartitions'> {
  return serve(
    'DescribeTopicPartitions',
    ({ topics, cursor, responsePartitionLimit }): Answer<'DescribeTopicPartitions'> => {
      const { image } = services.metadata;
      const live = new Set(visibleBrokers(services, image).map(({ id }) => id));
      const from = cursor?.topicName ?? '';
      const wanted =
        topics.length > 0 ? topics.map(({ name }) => name) : Array.from(image.topics(), ({ name }) => name);
      const names = [...new Set(wanted)].filter((name) => name >= from).toSorted();
      let left = Math.max(1, Math.min(responsePartitionLimit, MAX_PARTITIONS));
      const answered: TopicResponse[] = [];
      for (const name of names) {
        const topic = image.topic(name);
        if (topic === undefined) {
          answered.push(absent(name));
          continue;
        }
        const first = cursor !== null && name === from ? Math.max(0, cursor.partitionIndex) : 0;
        if (left === 0) {
          return { throttleTimeMs: 0, topics: answered, nextCursor: { topicName: name, partitionIndex: first } };
        }
        const shown = topic.partitions.slice(first, first + left);
        left -= shown.length;
        answered.push({
          errorCode: KafkaErrors.NONE,
          name,
          topicId: topic.id,
          isInternal: topic.internal,
          partitions: shown.map((partition) => ({
            ...partitionState(partition, live),
            eligibleLeaderReplicas: [],
            lastKnownElr: [],
          })),
          topicAuthorizedOperations: TOPIC_OPERATIONS,
        });
        if (first + shown.length < topic.partitions.length) {
          return {
            throttleTimeMs: 0,
            topics: answered,
            nextCursor: { topicName: name, partitionIndex: first + shown.length },
          };
        }
      }
      return { throttleTimeMs: 0, topics: answered, nextCursor: null };
    },
  );
}

function absent(name: string): TopicResponse {
  const error = invalidTopicName(name) === undefined ? 'UNKNOWN_TOPIC_OR_PARTITION' : 'INVALID_TOPIC_EXCEPTION';
  return { errorCode: KafkaErrors[error], name, topicId: ZERO_UUID, partitions: [] };
}

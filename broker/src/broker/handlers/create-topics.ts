import { randomUuid } from '../../edge/index.ts';
import { KafkaErrors, type RequestOf, type ResponseInput, ZERO_UUID } from '../../kafka/index.ts';
import {
  type CreateTopicResult,
  type CreatedTopic,
  type MetadataImage,
  type NewTopic,
  createTopics as planTopics,
  describeTopicConfigs,
} from '../../meta/index.ts';
import { type Answer, type ServedApi, serve } from '../../net/index.ts';
import { configEntry } from '../config-entries.ts';
import type { Services } from '../services.ts';
import { updateMetadata } from '../update-metadata.ts';

type CreateRequest = RequestOf<'CreateTopics'>;
type TopicResponse = ResponseInput<'CreateTopics'>['topics'][number];

/** Creates topics; answered when they are in the bucket. */
export function createTopics(services: Services): ServedApi<'CreateTopics'> {
  return serve('CreateTopics', (request) => handleCreateTopics(services, request));
}

async function handleCreateTopics(services: Services, request: CreateRequest): Promise<Answer<'CreateTopics'>> {
  const { timeoutMs, validateOnly } = request;
  const wanted = request.topics.map(newTopic);
  const { broker, staticConfigs } = services.configScope();
  const outcome = await updateMetadata(services, { timeoutMs, validateOnly }, (image) =>
    planTopics(image, wanted, {
      scope: { broker, staticConfigs },
      newTopicId: () => randomUuid(services.random),
    }),
  );
  if (outcome.kind === 'failed') {
    const { error, message } = outcome;
    return {
      topics: wanted.map(({ name }) => ({ name, topicId: ZERO_UUID, ...refusal(KafkaErrors[error], message) })),
    };
  }
  return { topics: outcome.result.map((result) => topicResponse(services, outcome.image, result, validateOnly)) };
}

function newTopic(topic: CreateRequest['topics'][number]): NewTopic {
  const { name, numPartitions, replicationFactor, assignments, configs } = topic;
  return {
    name,
    numPartitions,
    replicationFactor,
    assignments: assignments.map(({ partitionIndex, brokerIds }) => ({
      partition: partitionIndex,
      brokers: brokerIds,
    })),
    configs,
  };
}

function refusal(errorCode: number, errorMessage: string) {
  return { errorCode, errorMessage, numPartitions: -1, replicationFactor: -1, configs: [] };
}

function topicResponse(
  services: Services,
  image: MetadataImage,
  result: CreateTopicResult,
  validateOnly: boolean,
): TopicResponse {
  const { name } = result;
  if (result.outcome === 'refused') {
    return { name, topicId: ZERO_UUID, ...refusal(KafkaErrors[result.error], result.message) };
  }
  return {
    name,
    topicId: validateOnly ? ZERO_UUID : result.topicId,
    errorCode: KafkaErrors.NONE,
    errorMessage: null,
    numPartitions: result.numPartitions,
    replicationFactor: result.replicationFactor,
    configs: configsOf(services, image, name, result),
  };
}

/** As they hold for the topic, which does not exist if it was only validated. */
function configsOf(services: Services, image: MetadataImage, name: string, { topicId, configs }: CreatedTopic) {
  const topic = { name, id: topicId, configs, partitions: [], internal: false };
  return describeTopicConfigs(services.configScope(image), topic).map(configEntry);
}

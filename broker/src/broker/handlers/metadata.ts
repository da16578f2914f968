import { type KafkaErrorName, KafkaErrors, type RequestOf, type ResponseInput, ZERO_UUID } from '../../kafka/index.ts';
import { type TopicImage, invalidTopicName } from '../../meta/index.ts';
import { type Answer, type ServedApi, serve } from '../../net/index.ts';
import { CLUSTER_OPERATIONS, NOT_ASKED, TOPIC_OPERATIONS } from '../authorized-operations.ts';
import { partitionState, visibleBrokers } from '../cluster-view.ts';
import type { Services } from '../services.ts';

type MetadataRequest = RequestOf<'Metadata'>;
type MetadataResponse = ResponseInput<'Metadata'>;
type TopicResponse = MetadataResponse['topics'][number];

/** Brokers, topics and leaders. Topics that are asked for by name are created if the settings and the client allow it. */
export function metadata(services: Services): ServedApi<'Metadata'> {
  return serve('Metadata', (request, { apiVersion }) => {
    const { topics } = request;
    // Version 0 has no other way to ask for all.
    if (topics === null || (apiVersion === 0 && topics.length === 0)) return describe(services, request, undefined);
    const missing = request.allowAutoTopicCreation ? missingNames(services, topics) : [];
    if (missing.length === 0) return describe(services, request, topics);
    return services.topicCreation.autoCreate(missing).then((refused) => describe(services, request, topics, refused));
  });
}

function missingNames(services: Services, topics: NonNullable<MetadataRequest['topics']>): string[] {
  const { image } = services.metadata;
  return topics.flatMap(({ name, topicId }) =>
    name !== null && topicId === ZERO_UUID && image.topic(name) === undefined ? [name] : [],
  );
}

function describe(
  services: Services,
  request: MetadataRequest,
  topics: MetadataRequest['topics'] | undefined,
  refused: ReadonlyMap<string, KafkaErrorName> = new Map(),
): Answer<'Metadata'> {
  const { image } = services.metadata;
  const brokers = visibleBrokers(services, image);
  const live = new Set(brokers.map(({ id }) => id));
  const operations = request.includeTopicAuthorizedOperations ? TOPIC_OPERATIONS : NOT_ASKED;
  const found = (topic: TopicImage): TopicResponse => ({
    errorCode: KafkaErrors.NONE,
    name: topic.name,
    topicId: topic.id,
    isInternal: topic.internal,
    partitions: topic.partitions.map((partition) => partitionState(partition, live)),
    topicAuthorizedOperations: operations,
  });
  return {
    brokers: brokers.map(({ id, host, port, rack = null }) => ({ nodeId: id, host, port, rack })),
    clusterId: image.lineage,
    // Clients send it what only a controller can do, so it has to be one of the brokers above.
    controllerId: services.brokerId,
    topics:
      topics === undefined || topics === null
        ? Array.from(image.topics(), found)
        : topics.map(({ name, topicId }) => {
            const topic = topicId === ZERO_UUID ? image.topic(name ?? '') : image.topicById(topicId);
            return topic === undefined ? absent(name, topicId, refused) : found(topic);
          }),
    clusterAuthorizedOperations: request.includeClusterAuthorizedOperations ? CLUSTER_OPERATIONS : NOT_ASKED,
    errorCode: KafkaErrors.NONE,
  };
}

function absent(name: string | null, topicId: string, refused: ReadonlyMap<string, KafkaErrorName>): TopicResponse {
  const byId = topicId !== ZERO_UUID;
  const byName = invalidTopicName(name ?? '') === undefined ? 'UNKNOWN_TOPIC_OR_PARTITION' : 'INVALID_TOPIC_EXCEPTION';
  const error = byId ? 'UNKNOWN_TOPIC_ID' : (refused.get(name ?? '') ?? byName);
  return { errorCode: KafkaErrors[error], name: byId ? null : name, topicId, partitions: [] };
}

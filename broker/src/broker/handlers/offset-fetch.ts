import { KafkaErrors, type RequestOf, type ResponseOf, ZERO_UUID } from '../../kafka/index.ts';
import type { MetadataImage } from '../../meta/index.ts';
import { type Answer, type RequestContext, type ServedApi, serve } from '../../net/index.ts';
import type { Services } from '../services.ts';
import { sender } from './groups.ts';

/** From here on requests name topics by id. */
const TOPIC_ID_VERSION = 10;

type FetchRequest = RequestOf<'OffsetFetch'>;
type RequestGroup = FetchRequest['groups'][number];
type ResponseGroup = ResponseOf<'OffsetFetch'>['groups'][number];

/** Committed offsets; the coordinator knows topics by name, version 10 by id. */
export function offsetFetch(services: Services): ServedApi<'OffsetFetch'> {
  return serve('OffsetFetch', (request, context) => {
    if (context.apiVersion < TOPIC_ID_VERSION) return services.coordinator().offsetFetch(request, sender(context));
    return fetchById(services, request, context);
  });
}

async function fetchById(
  services: Services,
  request: FetchRequest,
  context: RequestContext,
): Promise<Answer<'OffsetFetch'>> {
  const { image } = services.metadata;
  const groups = request.groups.map((group) => withNames(image, group));
  const response = await services.coordinator().offsetFetch({ ...request, groups }, sender(context));
  return {
    ...response,
    groups: response.groups.map((group, i) => withIds(image, group, request.groups[i])),
  };
}

/** Leaves out topics whose id is unknown: they have no name to ask the coordinator for. */
function withNames(image: MetadataImage, group: RequestGroup): RequestGroup {
  if (group.topics === null) return group;
  const topics = group.topics.flatMap((topic) => {
    const known = image.topicById(topic.topicId);
    return known === undefined ? [] : [{ ...topic, name: known.name }];
  });
  return { ...group, topics };
}

/** Offsets stored under a name get the id of the topic that has it now; ids that are unknown are said to be. */
function withIds(image: MetadataImage, group: ResponseGroup, asked: RequestGroup | undefined): ResponseGroup {
  const topics = group.topics.flatMap((topic) => {
    const topicId = topic.topicId === ZERO_UUID ? image.topic(topic.name ?? '')?.id : topic.topicId;
    return topicId === undefined ? [] : [{ ...topic, topicId }];
  });
  const unknown = (asked?.topics ?? []).filter(({ topicId }) => image.topicById(topicId) === undefined);
  if (group.errorCode !== KafkaErrors.NONE) return { ...group, topics };
  return {
    ...group,
    topics: [
      ...topics,
      ...unknown.map(({ name, topicId, partitionIndexes }) => ({
        name,
        topicId,
        partitions: partitionIndexes.map((partitionIndex) => ({
          partitionIndex,
          committedOffset: -1,
          committedLeaderEpoch: -1,
          metadata: '',
          errorCode: KafkaErrors.UNKNOWN_TOPIC_ID,
        })),
      })),
    ],
  };
}

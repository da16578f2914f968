import { KafkaErrors, type RequestOf, ZERO_UUID } from '../../kafka/index.ts';
import { type TopicSelector, deleteTopics as planDeletion } from '../../meta/index.ts';
import { type Answer, type ServedApi, serve } from '../../net/index.ts';
import type { Services } from '../services.ts';
import { updateMetadata } from '../update-metadata.ts';

/** From here on topics may be named by id. */
const TOPIC_ID_VERSION = 6;

type DeleteRequest = RequestOf<'DeleteTopics'>;

/** Deletes topics; answered when the bucket says so. The objects stay until they are garbage. */
export function deleteTopics(services: Services): ServedApi<'DeleteTopics'> {
  return serve('DeleteTopics', (request, { apiVersion }) => handleDeleteTopics(services, request, apiVersion));
}

async function handleDeleteTopics(
  services: Services,
  request: DeleteRequest,
  apiVersion: number,
): Promise<Answer<'DeleteTopics'>> {
  const selectors = selectorsOf(request, apiVersion);
  const outcome = await updateMetadata(services, { timeoutMs: request.timeoutMs }, (image) =>
    planDeletion(image, selectors),
  );
  if (outcome.kind === 'failed') {
    const { error, message } = outcome;
    return {
      responses: selectors.map((selector) => ({
        ...named(selector),
        errorCode: KafkaErrors[error],
        errorMessage: message,
      })),
    };
  }
  return {
    responses: outcome.result.map((result) => {
      if (result.outcome === 'refused') {
        const { error, message } = result;
        return { ...named(result.selector), errorCode: KafkaErrors[error], errorMessage: message };
      }
      const { name, topicId } = result;
      return { name, topicId, errorCode: KafkaErrors.NONE, errorMessage: null };
    }),
  };
}

function selectorsOf({ topics, topicNames }: DeleteRequest, apiVersion: number): readonly TopicSelector[] {
  if (apiVersion < TOPIC_ID_VERSION) return topicNames.map((name) => ({ by: 'name', name }));
  return topics.map(({ name, topicId }) => (name === null ? { by: 'id', topicId } : { by: 'name', name }));
}

function named(selector: TopicSelector): { readonly name: string | null; readonly topicId: string } {
  if (selector.by === 'name') return { name: selector.name, topicId: ZERO_UUID };
  return { name: null, topicId: selector.topicId };
}

import { KafkaErrors, type RequestOf } from '../../kafka/index.ts';
import { type NewPartitions, createPartitions as planPartitions } from '../../meta/index.ts';
import { type Answer, type ServedApi, serve } from '../../net/index.ts';
import type { Services } from '../services.ts';
import { updateMetadata } from '../update-metadata.ts';

type CreateRequest = RequestOf<'CreatePartitions'>;

/** Adds partitions to topics; answered when they are in the bucket. */
export function createPartitions(services: Services): ServedApi<'CreatePartitions'> {
  return serve('CreatePartitions', (request) => handleCreatePartitions(services, request));
}

async function handleCreatePartitions(services: Services, request: CreateRequest): Promise<Answer<'CreatePartitions'>> {
  const { timeoutMs, validateOnly } = request;
  const wanted = request.topics.map(({ name, count, assignments }): NewPartitions => ({
    name,
    count,
    assignments: assignments?.map(({ brokerIds }) => brokerIds),
  }));
  const outcome = await updateMetadata(services, { timeoutMs, validateOnly }, (image) => planPartitions(image, wanted));
  if (outcome.kind === 'failed') {
    const { error, message } = outcome;
    const results = wanted.map(({ name }) => ({ name, errorCode: KafkaErrors[error], errorMessage: message }));
    return { throttleTimeMs: 0, results };
  }
  return {
    throttleTimeMs: 0,
    results: outcome.result.map((result) => {
      if (result.outcome === 'added') return { name: result.name, errorCode: KafkaErrors.NONE, errorMessage: null };
      return { name: result.name, errorCode: KafkaErrors[result.error], errorMessage: result.message };
    }),
  };
}

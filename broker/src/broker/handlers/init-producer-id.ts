import { ChronikError, InvariantError } from '../../edge/index.ts';
import { type KafkaErrorName, KafkaErrors } from '../../kafka/index.ts';
import { type Answer, type ServedApi, serve } from '../../net/index.ts';
import type { Services } from '../services.ts';
import { within } from '../within.ts';

/**
 * Producer ids for idempotent producers. One that asks for transactions is told UNSUPPORTED_VERSION: every client shows
 * that at once as an error that trying again does not cure.
 */
export function initProducerId(services: Services): ServedApi<'InitProducerId'> {
  return serve(
    'InitProducerId',
    ({ transactionalId }) => (transactionalId === null ? newProducer(services) : failed('UNSUPPORTED_VERSION')),
    { max: 5 },
  );
}

async function newProducer({ producerIds, clock, limits, logger }: Services): Promise<Answer<'InitProducerId'>> {
  try {
    const producerId = await within(clock, limits.storeWaitMs, 'Taking producer ids', producerIds.take());
    return { throttleTimeMs: 0, errorCode: KafkaErrors.NONE, producerId, producerEpoch: 0 };
  } catch (error) {
    if (!(error instanceof ChronikError) || error instanceof InvariantError) throw error;
    logger.warn('No producer id could be given out', { code: error.code });
    return failed('COORDINATOR_NOT_AVAILABLE');
  }
}

function failed(error: KafkaErrorName): Answer<'InitProducerId'> {
  return { throttleTimeMs: 0, errorCode: KafkaErrors[error], producerId: -1, producerEpoch: -1 };
}

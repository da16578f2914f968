import { type KafkaErrorName, KafkaErrors, type ResponseInput } from '../../kafka/index.ts';
import { type Answer, type ServedApi, serve } from '../../net/index.ts';
import type { Services } from '../services.ts';
import { OFFSETS_TOPIC } from '../topic-creation.ts';

const GROUP = 0;
const TRANSACTION = 1;
/** From here on a request may ask for many keys. */
const BATCH_VERSION = 4;

type Coordinator = NonNullable<ResponseInput<'FindCoordinator'>['coordinators']>[number];

/**
 * The leader of a group's partition of `__consumer_offsets`, which is created when the first group is looked for. Who looks
 * for a transaction coordinator is told TRANSACTIONAL_ID_AUTHORIZATION_FAILED, with the reason as its message: the one answer
 * that ends the search in every client; librdkafka repeats it on any other until it times out.
 */
export function findCoordinator(services: Services): ServedApi<'FindCoordinator'> {
  return serve('FindCoordinator', async (request, { apiVersion }): Promise<Answer<'FindCoordinator'>> => {
    const keys = apiVersion >= BATCH_VERSION ? request.coordinatorKeys : [request.key];
    const error = await prepare(services, request.keyType);
    const found = keys.map((key) => (error === undefined ? locate(services, key) : refused(key, error)));
    if (apiVersion >= BATCH_VERSION) return { coordinators: found };
    const [only = refused(request.key, 'COORDINATOR_NOT_AVAILABLE')] = found;
    const { errorCode, errorMessage, nodeId, host, port } = only;
    return { errorCode, errorMessage, nodeId, host, port };
  });
}

/** Makes sure that there is a place for groups. */
async function prepare(services: Services, keyType: number): Promise<KafkaErrorName | undefined> {
  if (keyType === TRANSACTION) return 'TRANSACTIONAL_ID_AUTHORIZATION_FAILED';
  if (keyType !== GROUP) return 'INVALID_REQUEST';
  if (services.metadata.image.topic(OFFSETS_TOPIC) !== undefined) return undefined;
  const refusals = await services.topicCreation.createOffsetsTopic();
  return refusals.size === 0 ? undefined : 'COORDINATOR_NOT_AVAILABLE';
}

function locate(services: Services, group: string): Coordinator {
  const { image } = services.metadata;
  const partition = image.topic(OFFSETS_TOPIC)?.partitions[services.coordinator().partitionFor(group)];
  const broker = partition === undefined ? undefined : image.broker(partition.leader);
  if (broker === undefined || !(broker.live || broker.id === services.brokerId)) {
    return refused(group, 'COORDINATOR_NOT_AVAILABLE');
  }
  const { id, host, port } = broker;
  return { key: group, nodeId: id, host, port, errorCode: KafkaErrors.NONE, errorMessage: null };
}

function refused(key: string, error: KafkaErrorName): Coordinator {
  const errorMessage =
    error === 'TRANSACTIONAL_ID_AUTHORIZATION_FAILED' ? 'Transactions are not served by this release.' : null;
  return { key, nodeId: -1, host: '', port: -1, errorCode: KafkaErrors[error], errorMessage };
}

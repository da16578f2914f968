import { KafkaErrors } from '../../kafka/index.ts';
import { type ServedApi, serve } from '../../net/index.ts';
import { closedErrorName, findPartition } from '../partition-lookup.ts';
import type { Services } from '../services.ts';

const NO_TRANSACTION = -1;

/** The idempotent producers that a partition remembers. */
export function describeProducers(services: Services): ServedApi<'DescribeProducers'> {
  return serve('DescribeProducers', ({ topics }) => ({
    throttleTimeMs: 0,
    topics: topics.map(({ name, partitionIndexes }) => ({
      name,
      partitions: partitionIndexes.map((partitionIndex) => {
        const log = findPartition(services, { topicId: undefined, topic: name, partition: partitionIndex });
        const closed = typeof log === 'string' ? log : log.closed && closedErrorName(log.closed, false);
        if (closed !== undefined || typeof log === 'string') {
          return { partitionIndex, errorCode: KafkaErrors[closed ?? 'UNKNOWN_SERVER_ERROR'], activeProducers: [] };
        }
        return {
          partitionIndex,
          errorCode: KafkaErrors.NONE,
          activeProducers: Array.from(log.producers.active(), (producer) => ({
            ...producer,
            coordinatorEpoch: -1,
            currentTxnStartOffset: NO_TRANSACTION,
          })),
        };
      }),
    })),
  }));
}

import { type KafkaErrorName, KafkaErrors, type RequestOf, type ResponseInput } from '../../kafka/index.ts';
import { type MetadataEvent, isInternalTopic } from '../../meta/index.ts';
import { type Answer, type ServedApi, serve } from '../../net/index.ts';
import type { PartitionLog } from '../../partition/index.ts';
import { closedErrorName, findPartition } from '../partition-lookup.ts';
import type { Services } from '../services.ts';
import { updateMetadata } from '../update-metadata.ts';

/** Asks for everything that is committed. */
const HIGH_WATERMARK = -1;

type DeleteRequest = RequestOf<'DeleteRecords'>;
type PartitionResponse = ResponseInput<'DeleteRecords'>['topics'][number]['partitions'][number];

interface Deletion {
  readonly log: PartitionLog;
  readonly offset: number;
}

/** Moves log starts up; answered when the metadata log has them, so that a restore does not bring the records back. */
export function deleteRecords(services: Services): ServedApi<'DeleteRecords'> {
  return serve('DeleteRecords', (request) => handleDeleteRecords(services, request));
}

async function handleDeleteRecords(services: Services, request: DeleteRequest): Promise<Answer<'DeleteRecords'>> {
  const deletions: Deletion[] = [];
  const planned = request.topics.map(({ name, partitions }) => ({
    name,
    partitions: partitions.map(({ partitionIndex, offset }) => {
      const deletion = plan(services, name, partitionIndex, offset);
      if (typeof deletion !== 'string') deletions.push(deletion);
      return { partitionIndex, deletion };
    }),
  }));
  const failure = await carryOut(services, request.timeoutMs, deletions);
  return {
    throttleTimeMs: 0,
    topics: planned.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map(({ partitionIndex, deletion }): PartitionResponse => {
        const error = typeof deletion === 'string' ? deletion : failure;
        if (error !== undefined || typeof deletion === 'string') {
          return { partitionIndex, lowWatermark: -1, errorCode: KafkaErrors[error ?? 'UNKNOWN_SERVER_ERROR'] };
        }
        return { partitionIndex, lowWatermark: deletion.log.logStartOffset, errorCode: KafkaErrors.NONE };
      }),
    })),
  };
}

function plan(services: Services, topic: string, partition: number, offset: number): Deletion | KafkaErrorName {
  if (isInternalTopic(topic)) return 'INVALID_TOPIC_EXCEPTION';
  const log = findPartition(services, { topicId: undefined, topic, partition });
  if (typeof log === 'string') return log;
  if (log.closed !== undefined) return closedErrorName(log.closed, false);
  if (services.topicSettings.get(log.topicId).compacted) return 'POLICY_VIOLATION';
  const target = offset === HIGH_WATERMARK ? log.highWatermark : offset;
  return target < 0 || target > log.highWatermark ? 'OFFSET_OUT_OF_RANGE' : { log, offset: target };
}

async function carryOut(
  services: Services,
  timeoutMs: number,
  deletions: readonly Deletion[],
): Promise<KafkaErrorName | undefined> {
  const events = deletions.flatMap(({ log, offset }): MetadataEvent[] => {
    if (offset <= log.logStartOffset) return [];
    return [{ kind: 'logStartOffsetMoved', topicId: log.topicId, partition: log.index, offset }];
  });
  if (events.length === 0) return undefined;
  const outcome = await updateMetadata(services, { timeoutMs }, () => ({ events, result: undefined }));
  return outcome.kind === 'failed' ? outcome.error : undefined;
}

import { ChronikError, InvariantError, hasCode } from '../../edge/index.ts';
import {
  type KafkaErrorName,
  KafkaErrors,
  type RequestOf,
  type ResponseInput,
  setMaxTimestampAndLogAppendTime,
} from '../../kafka/index.ts';
import { type Answer, HANG_UP, NO_RESPONSE, type RequestContext, type ServedApi, serve } from '../../net/index.ts';
import { isInternalTopic } from '../../meta/index.ts';
import type { PartitionLog } from '../../partition/index.ts';
import { DurableMetadata } from '../durable-metadata.ts';
import { closedErrorName, findPartition } from '../partition-lookup.ts';
import { type AppendedBatch, PendingProduce, type ProduceAnswer, refuse } from '../pending-produce.ts';
import type { Services } from '../services.ts';
import { validateBatch } from '../validate-batch.ts';
import { within } from '../within.ts';

const ACKS_NONE = 0;
const ACKS_LEADER = 1;
const ACKS_ALL = -1;
/** From here on requests name topics by id. */
const TOPIC_ID_VERSION = 13;

type ProduceRequest = RequestOf<'Produce'>;
type PartitionData = ProduceRequest['topicData'][number]['partitionData'][number];
type ProduceResponse = ResponseInput<'Produce'>;

/** Why nothing of a request is appended. */
interface RequestRefusal {
  readonly error: KafkaErrorName;
  readonly message: string;
}

/**
 * Versions 3 and later. 0 to 2 are advertised too, because old librdkafka turns compression off where it does not see
 * them; they carry message formats that Kafka 4 refuses as well, and such a request ends its connection.
 */
export function produce(services: Services): ServedApi<'Produce'> {
  const durable = new DurableMetadata(services.metadata);
  return serve('Produce', (request, context) => handleProduce(services, durable, request, context), { min: 0 });
}

function handleProduce(
  services: Services,
  durable: DurableMetadata,
  request: ProduceRequest,
  context: RequestContext,
): Answer<'Produce'> | Promise<Answer<'Produce'>> {
  if (!durable.isReached) return produceBehindMetadata(services, durable, request, context);
  return appendAndAnswer(services, request, context, requestRefusal(services, request));
}

/**
 * With an upload interval a topic may be in use before the bucket has it. Its records go nowhere before that (rule 09): what is
 * acknowledged, or shown to a consumer, is never more than a restore would bring back.
 */
async function produceBehindMetadata(
  services: Services,
  durable: DurableMetadata,
  request: ProduceRequest,
  context: RequestContext,
): Promise<Answer<'Produce'>> {
  const { clock, budget } = services;
  let sizeBytes = 0;
  for (const { partitionData } of request.topicData) {
    for (const { records } of partitionData) sizeBytes += records?.length ?? 0;
  }
  budget.add(sizeBytes);
  let refusal: RequestRefusal | undefined;
  try {
    await within(clock, Math.max(0, request.timeoutMs), 'Bringing the metadata to the bucket', durable.reached());
  } catch (error) {
    if (!(error instanceof ChronikError) || error instanceof InvariantError) throw error;
    const name = hasCode(error, 'TIMED_OUT') ? 'REQUEST_TIMED_OUT' : 'NOT_LEADER_OR_FOLLOWER';
    refusal = { error: name, message: error.message };
  } finally {
    budget.release(sizeBytes);
  }
  return appendAndAnswer(services, request, context, requestRefusal(services, request) ?? refusal);
}

function appendAndAnswer(
  services: Services,
  request: ProduceRequest,
  context: RequestContext,
  refusal: RequestRefusal | undefined,
): Answer<'Produce'> | Promise<Answer<'Produce'>> {
  const { acks } = request;
  const byId = context.apiVersion >= TOPIC_ID_VERSION;
  const appended: AppendedBatch[] = [];
  let failed = false;
  const response: ProduceResponse = {
    responses: request.topicData.map(({ name, topicId, partitionData }) => ({
      name,
      topicId,
      partitionResponses: partitionData.map((data) => {
        const answer = newAnswer(data.index);
        if (refusal !== undefined) refuse(answer, KafkaErrors[refusal.error], refusal.message);
        else append(services, { topic: name, topicId: byId ? topicId : undefined }, data, answer, appended);
        failed ||= answer.errorCode !== KafkaErrors.NONE;
        return answer;
      }),
    })),
  };
  if (acks === ACKS_NONE) return failed ? HANG_UP : NO_RESPONSE;
  if (appended.length === 0) return response;
  if (acks === ACKS_LEADER && services.localAcks !== undefined) {
    return services.localAcks.durable(request.timeoutMs).then(
      () => acknowledgeLocal(appended, byId, response),
      (error: unknown) => localFailure(error, appended, response),
    );
  }
  return new Promise<ProduceResponse>((resolve) => {
    // It hangs on the logs that it waits for.
    void new PendingProduce(services, { batches: appended, timeoutMs: request.timeoutMs, byId }, response, resolve);
  });
}

/** What is wrong with the request as a whole. */
function requestRefusal(services: Services, { acks, transactionalId }: ProduceRequest): RequestRefusal | undefined {
  if (acks !== ACKS_ALL && acks !== ACKS_LEADER && acks !== ACKS_NONE) {
    return { error: 'INVALID_REQUIRED_ACKS', message: `acks must be -1, 0 or 1, not ${acks}.` };
  }
  if (transactionalId !== null) {
    return { error: 'INVALID_TXN_STATE', message: 'Transactions are not served by this release.' };
  }
  if (services.isStopping()) return { error: 'NOT_LEADER_OR_FOLLOWER', message: 'The broker is stopping.' };
  return undefined;
}

function newAnswer(index: number): ProduceAnswer {
  return {
    index,
    errorCode: KafkaErrors.NONE,
    baseOffset: -1,
    logAppendTimeMs: -1,
    logStartOffset: -1,
    recordErrors: [],
    errorMessage: null,
  };
}

function append(
  services: Services,
  topic: { readonly topic: string; readonly topicId: string | undefined },
  { index, records }: PartitionData,
  answer: ProduceAnswer,
  appended: AppendedBatch[],
): void {
  const log = findPartition(services, { ...topic, partition: index });
  if (typeof log === 'string') {
    refuse(answer, KafkaErrors[log], null);
    return;
  }
  if (isInternalTopic(log.topicName)) {
    // One record that the coordinator cannot read would end the groups of its partition.
    refuse(answer, KafkaErrors.INVALID_TOPIC_EXCEPTION, `Only the broker writes to ${log.topicName}.`);
    return;
  }
  const settings = services.topicSettings.get(log.topicId);
  const nowMs = services.clock.nowMs();
  const refusal = validateBatch(records, settings, nowMs);
  if (refusal !== undefined || records === null) {
    services.counters.refusedBatches++;
    refuse(answer, KafkaErrors[refusal?.error ?? 'INVALID_RECORD'], refusal?.message ?? null);
    answer.recordErrors = (refusal?.records ?? []).map((batchIndex) => ({ batchIndex, batchIndexErrorMessage: null }));
    return;
  }
  if (settings.logAppendTime) {
    setMaxTimestampAndLogAppendTime(records, 0, nowMs);
    answer.logAppendTimeMs = nowMs;
  }
  appendTo(services, log, records, answer, appended, topic.topicId !== undefined);
}

function appendTo(
  { counters }: Services,
  log: PartitionLog,
  batch: Buffer,
  answer: ProduceAnswer,
  appended: AppendedBatch[],
  byId: boolean,
): void {
  const result = log.append(batch);
  switch (result.kind) {
    case 'appended':
    case 'duplicate':
      answer.baseOffset = result.baseOffset;
      answer.logStartOffset = log.logStartOffset;
      if (result.kind === 'duplicate') {
        counters.duplicateBatches++;
        if (answer.logAppendTimeMs >= 0) answer.logAppendTimeMs = result.maxTimestamp;
      } else {
        counters.producedBatches++;
        counters.producedBytes += batch.length;
      }
      appended.push({ log, lastOffset: result.lastOffset, answer });
      return;
    case 'stale-epoch':
      counters.refusedBatches++;
      refuse(answer, KafkaErrors.INVALID_PRODUCER_EPOCH, `The producer's epoch is ${result.currentEpoch} by now.`);
      return;
    case 'out-of-order': {
      counters.refusedBatches++;
      const message = `Sequence ${result.expectedSequence} was expected.`;
      refuse(answer, KafkaErrors.OUT_OF_ORDER_SEQUENCE_NUMBER, message);
      return;
    }
    case 'closed': {
      const name = closedErrorName(result.error, byId);
      refuse(answer, KafkaErrors[name], result.error.message);
    }
  }
}

/** On disk. A stream that was lost meanwhile has other readers by now, so what was not committed is not acknowledged. */
function acknowledgeLocal(
  appended: readonly AppendedBatch[],
  byId: boolean,
  response: ProduceResponse,
): ProduceResponse {
  for (const { log, lastOffset, answer } of appended) {
    const failure = log.failureOf(lastOffset);
    if (failure !== undefined) refuse(answer, KafkaErrors[closedErrorName(failure, byId)], failure.message);
  }
  return response;
}

/**
 * The stream was lost before its acknowledgements could be declared, they could not be declared in time, or the disk is
 * broken (which ends the process).
 */
function localFailure(error: unknown, appended: readonly AppendedBatch[], response: ProduceResponse): ProduceResponse {
  const late = hasCode(error, 'TIMED_OUT') ? 'REQUEST_TIMED_OUT' : 'KAFKA_STORAGE_ERROR';
  const name = hasCode(error, 'FENCED') ? 'NOT_LEADER_OR_FOLLOWER' : late;
  for (const { answer } of appended) refuse(answer, KafkaErrors[name], (error as Error).message);
  return response;
}

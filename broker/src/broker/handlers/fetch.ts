import { ChronikError, InvariantError, hasCode, sleep } from '../../edge/index.ts';
import { type KafkaErrorName, KafkaErrors, type RequestOf, type ResponseInput } from '../../kafka/index.ts';
import { type Answer, type ByteBudget, type RequestContext, type ServedApi, serve } from '../../net/index.ts';
import type { ReadOutcome } from '../../partition/index.ts';
import { type FetchAllowance, type FetchPlan, type PlannedRead, planFetch, planRead } from '../fetch-plan.ts';
import { type FetchContext, type FetchedPartition, hasNews } from '../fetch-sessions.ts';
import { waitForData } from '../fetch-wait.ts';
import type { Services } from '../services.ts';
import { within } from '../within.ts';

/** From here on requests name topics by id. */
const TOPIC_ID_VERSION = 13;
const READ_COMMITTED = 1;
/** What a fetch gets while the broker has no memory to spare. */
const SHORT_OF_MEMORY_BYTES = 1024 * 1024;
/** How long a fetch waits when it gets nothing, at most: clients should come back soon, and not at once. */
const CROWDED_WAIT_MS = 1000;
const NO_RECORDS: readonly Buffer[] = [];

type FetchResponse = ResponseInput<'Fetch'>;
type PartitionResponse = FetchResponse['responses'][number]['partitions'][number];

/** Serves consumers, from memory or from the bucket. Only what is committed is read (P3). */
export function fetch(services: Services): ServedApi<'Fetch'> {
  return serve('Fetch', (request, context) => handleFetch(services, request, context), { max: 18 });
}

function handleFetch(
  services: Services,
  request: RequestOf<'Fetch'>,
  { apiVersion, peer }: RequestContext,
): Answer<'Fetch'> | Promise<Answer<'Fetch'>> {
  const { counters, fetchSessions } = services;
  counters.fetches++;
  const context = fetchSessions.context(request, apiVersion >= TOPIC_ID_VERSION);
  if (typeof context === 'string') return sessionError(context);
  // A session's own order changes while it is answered.
  const partitions = [...context.partitions];
  const plan = planFetch(services, partitions, allowance(services, request.maxBytes));
  const { maxWaitMs, minBytes, isolationLevel } = request;
  const isCommitted = isolationLevel === READ_COMMITTED;
  if (plan.urgent || plan.sizeBytes >= minBytes || maxWaitMs <= 0 || partitions.length === 0) {
    return answer(services, context, plan, isCommitted);
  }
  const waited = isCrowded(services.answers)
    ? sleep(services.clock, Math.min(maxWaitMs, CROWDED_WAIT_MS))
    : waitForData(services, partitions, { minBytes, maxWaitMs }, peer);
  return waited.then(() =>
    answer(services, context, planFetch(services, partitions, allowance(services, request.maxBytes)), isCommitted),
  );
}

/**
 * What the answer may hold, by the request and by the memory that clients who do not read have left: with the cap reached little,
 * at twice the cap only what is in memory anyway, so that consumers who keep up go on, at four times the cap nothing.
 */
function allowance({ answers, limits }: Services, requestedBytes: number): FetchAllowance {
  const { usedBytes, capBytes } = answers;
  if (usedBytes >= 4 * capBytes) return { maxBytes: 0, memoryOnly: true };
  const roomBytes = Math.max(SHORT_OF_MEMORY_BYTES, capBytes - usedBytes);
  const maxBytes = Math.max(1, Math.min(requestedBytes, limits.maxFetchBytes, roomBytes));
  return { maxBytes, memoryOnly: isCrowded(answers) };
}

function isCrowded({ usedBytes, capBytes }: ByteBudget): boolean {
  return usedBytes >= 2 * capBytes;
}

function sessionError(error: KafkaErrorName): FetchResponse {
  return { errorCode: KafkaErrors[error], sessionId: 0, responses: [] };
}

function answer(
  services: Services,
  context: FetchContext,
  plan: FetchPlan,
  isCommitted: boolean,
): FetchResponse | Promise<FetchResponse> {
  const finished = plan.reads.map((read, i) =>
    finishRead(services, plan.partitions[i] as FetchedPartition, read, isCommitted),
  );
  if (finished.every(isReady)) return assemble(services, context, plan, finished);
  return Promise.all(finished.map(async (response) => response)).then((responses) =>
    assemble(services, context, plan, responses),
  );
}

function isReady(response: PartitionResponse | Promise<PartitionResponse>): response is PartitionResponse {
  return !(response instanceof Promise);
}

/** The response of one partition; a promise if the store has to be asked. */
function finishRead(
  services: Services,
  fetched: FetchedPartition,
  read: PlannedRead,
  isCommitted: boolean,
): PartitionResponse | Promise<PartitionResponse> {
  const { partition } = fetched;
  switch (read.kind) {
    case 'error':
      return failed(partition, read.error);
    case 'diverges': {
      const { leaderEpoch, endOffset } = read.at;
      const divergingEpoch = { epoch: leaderEpoch, endOffset };
      return { ...records(partition, read.log, NO_RECORDS, isCommitted), divergingEpoch };
    }
    case 'above-end':
      return provenOutOfRange(services, fetched, isCommitted);
    case 'read': {
      const { outcome, log } = read;
      if (outcome.kind === 'batches') return records(partition, log, outcome.batches, isCommitted);
      services.counters.coldFetches++;
      return within(
        services.clock,
        services.limits.storeWaitMs,
        'Reading from the store',
        load(services, outcome),
      ).then(
        (batches) => records(partition, log, batches, isCommitted),
        (error: unknown) => failed(partition, coldError(services, error)),
      );
    }
  }
}

/** Reads from the store. What is on its way takes memory, whether or not somebody still waits for it. */
async function load(
  { answers }: Services,
  { sizeBytes, load: read }: Extract<ReadOutcome, { kind: 'cold' }>,
): Promise<readonly Buffer[]> {
  answers.add(sizeBytes);
  try {
    return await read();
  } finally {
    answers.release(sizeBytes);
  }
}

/** What a look at an offset above the end may bring: nothing. */
const LOOK = { maxBytes: 0, minOneBatch: false, memoryOnly: true } as const;

/** An offset above the end is out of range only if nobody else writes this partition by now (rule 18), and it still is then. */
async function provenOutOfRange(
  services: Services,
  fetched: FetchedPartition,
  isCommitted: boolean,
): Promise<PartitionResponse> {
  const { partition } = fetched;
  const outcome = await services.proof.outcome(services.limits.storeWaitMs);
  switch (outcome) {
    case 'open': {
      const again = planRead(services, fetched, LOOK);
      if (again.kind === 'above-end') return failed(partition, 'OFFSET_OUT_OF_RANGE');
      return finishRead(services, fetched, again, isCommitted);
    }
    case 'fenced':
      return failed(partition, 'NOT_LEADER_OR_FOLLOWER');
    case 'unsure':
      return failed(partition, 'KAFKA_STORAGE_ERROR');
  }
}

/** Damage is said as such, an absent store as something to try again. */
function coldError({ counters, logger }: Services, error: unknown): KafkaErrorName {
  if (!(error instanceof ChronikError) || error instanceof InvariantError) throw error;
  if (hasCode(error, 'TIMED_OUT')) {
    counters.storeTimeouts++;
    return 'KAFKA_STORAGE_ERROR';
  }
  counters.damagedReads++;
  logger.error(`A committed batch cannot be read: ${error.message}`, { code: error.code, ...error.details });
  return error.code.startsWith('STORE_') ? 'KAFKA_STORAGE_ERROR' : 'CORRUPT_MESSAGE';
}

function failed(partitionIndex: number, error: KafkaErrorName): PartitionResponse {
  return {
    partitionIndex,
    errorCode: KafkaErrors[error],
    highWatermark: -1,
    lastStableOffset: -1,
    logStartOffset: -1,
    abortedTransactions: null,
    records: NO_RECORDS,
  };
}

function records(
  partitionIndex: number,
  log: { readonly highWatermark: number; readonly logStartOffset: number },
  batches: readonly Buffer[],
  isCommitted: boolean,
): PartitionResponse {
  return {
    partitionIndex,
    errorCode: KafkaErrors.NONE,
    highWatermark: log.highWatermark,
    // There are no transactions, so everything below the high watermark is stable.
    lastStableOffset: log.highWatermark,
    logStartOffset: log.logStartOffset,
    abortedTransactions: isCommitted ? [] : null,
    records: batches,
  };
}

type TopicResponse = { topic: string; topicId: string; partitions: PartitionResponse[] };

/** Groups the partitions by topic; an incremental answer leaves out those without news. */
function assemble(
  { counters }: Services,
  context: FetchContext,
  { partitions }: FetchPlan,
  finished: readonly PartitionResponse[],
): FetchResponse {
  const responses: TopicResponse[] = [];
  for (const [i, response] of finished.entries()) {
    const partition = partitions[i] as FetchedPartition;
    let sizeBytes = 0;
    for (const batch of response.records as readonly Buffer[]) sizeBytes += batch.length;
    counters.fetchedBytes += sizeBytes;
    if (sizeBytes > 0) context.served(partition);
    const { errorCode, highWatermark, logStartOffset = -1, divergingEpoch } = response;
    const diverges = divergingEpoch !== undefined;
    const isNews = hasNews(partition, { errorCode, sizeBytes, highWatermark, logStartOffset, diverges });
    if (context.incremental && !isNews) continue;
    const last = responses.at(-1);
    const { topic, topicId } = partition;
    if (last !== undefined && last.topic === topic && last.topicId === topicId) last.partitions.push(response);
    else responses.push({ topic, topicId, partitions: [response] });
  }
  return { errorCode: KafkaErrors.NONE, sessionId: context.sessionId, responses };
}

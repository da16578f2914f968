import { ChronikError, InvariantError, hasCode } from '../../edge/index.ts';
import { type KafkaErrorName, KafkaErrors, type RequestOf, type ResponseInput } from '../../kafka/index.ts';
import { type Answer, type ServedApi, serve } from '../../net/index.ts';
import {
  type FoundOffset,
  PartitionError,
  type PartitionLog,
  findByTimestamp,
  findMaxTimestamp,
} from '../../partition/index.ts';
import type { ProofOutcome } from '../open-proof.ts';
import { closedErrorName, findPartition, leaderEpochError } from '../partition-lookup.ts';
import type { Services } from '../services.ts';
import { within } from '../within.ts';

const LATEST = -1;
const EARLIEST = -2;
const MAX_TIMESTAMP = -3;
const EARLIEST_LOCAL = -4;
const LATEST_TIERED = -5;
const EARLIEST_PENDING_UPLOAD = -6;

type Topics = RequestOf<'ListOffsets'>['topics'];
type PartitionRequest = Topics[number]['partitions'][number];
type PartitionResponse = ResponseInput<'ListOffsets'>['topics'][number]['partitions'][number];
/** What is found; undefined = nothing matches, which is no error. */
type Found = { readonly offset: number; readonly timestampMs: number; readonly leaderEpoch: number } | undefined;

const proofErrors: Readonly<Record<ProofOutcome, KafkaErrorName | undefined>> = {
  open: undefined,
  fenced: 'NOT_LEADER_OR_FOLLOWER',
  unsure: 'OFFSET_NOT_AVAILABLE',
};

/** Offsets by time, and the ends of the log. The end is only told with proof that nobody else writes on (rule 18). */
export function listOffsets(services: Services): ServedApi<'ListOffsets'> {
  return serve('ListOffsets', (request) => handleListOffsets(services, request.topics));
}

async function handleListOffsets(services: Services, topics: Topics): Promise<Answer<'ListOffsets'>> {
  const wantsEnd = topics.some(({ partitions }) => partitions.some(({ timestamp }) => timestamp === LATEST));
  const proof = wantsEnd ? await services.proof.outcome(services.limits.storeWaitMs) : 'open';
  return {
    topics: await Promise.all(
      topics.map(async ({ name, partitions }) => ({
        name,
        partitions: await Promise.all(partitions.map((partition) => answer(services, name, partition, proof))),
      })),
    ),
  };
}

async function answer(
  services: Services,
  topic: string,
  request: PartitionRequest,
  proof: ProofOutcome,
): Promise<PartitionResponse> {
  const { partitionIndex, timestamp, currentLeaderEpoch } = request;
  const log = findPartition(services, { topicId: undefined, topic, partition: partitionIndex });
  if (typeof log === 'string') return failed(partitionIndex, log);
  if (log.closed !== undefined) return failed(partitionIndex, closedErrorName(log.closed, false));
  const epochError = leaderEpochError(log, currentLeaderEpoch);
  if (epochError !== undefined) return failed(partitionIndex, epochError);
  const proofError = timestamp === LATEST ? proofErrors[proof] : undefined;
  if (proofError !== undefined) return failed(partitionIndex, proofError);
  try {
    const found = await lookUp(services, log, timestamp);
    if (found === 'UNSUPPORTED_VERSION') return failed(partitionIndex, found);
    const { offset = -1, timestampMs = -1, leaderEpoch = -1 } = found ?? {};
    return { partitionIndex, errorCode: KafkaErrors.NONE, timestamp: timestampMs, offset, leaderEpoch };
  } catch (error) {
    return failed(partitionIndex, lookupError(error));
  }
}

function lookUp(
  services: Services,
  log: PartitionLog,
  timestamp: number,
): Found | 'UNSUPPORTED_VERSION' | Promise<Found> {
  switch (timestamp) {
    case LATEST:
      return { offset: log.highWatermark, timestampMs: -1, leaderEpoch: log.leaderEpoch };
    case EARLIEST:
    case EARLIEST_LOCAL:
      return { offset: log.logStartOffset, timestampMs: -1, leaderEpoch: firstLeaderEpoch(log) };
    case LATEST_TIERED:
    case EARLIEST_PENDING_UPLOAD:
      // No segments exist: all that is committed is read from where it was committed.
      return undefined;
    case MAX_TIMESTAMP:
      return inTime(services, findMaxTimestamp(log));
    default:
      return timestamp < 0 ? 'UNSUPPORTED_VERSION' : inTime(services, findByTimestamp(log, timestamp));
  }
}

function firstLeaderEpoch({ batches, leaderEpoch }: PartitionLog): number {
  return batches.first < batches.committedEnd ? batches.leaderEpoch(batches.first) : leaderEpoch;
}

function inTime({ clock, limits }: Services, found: Promise<FoundOffset | undefined>): Promise<Found> {
  return within(clock, limits.storeWaitMs, 'Looking for a timestamp in the store', found);
}

function lookupError(error: unknown): KafkaErrorName {
  if (error instanceof PartitionError) return closedErrorName(error, false);
  if (!(error instanceof ChronikError) || error instanceof InvariantError) throw error;
  return hasCode(error, 'TIMED_OUT') || error.code.startsWith('STORE_') ? 'KAFKA_STORAGE_ERROR' : 'CORRUPT_MESSAGE';
}

function failed(partitionIndex: number, error: KafkaErrorName): PartitionResponse {
  return { partitionIndex, errorCode: KafkaErrors[error] };
}

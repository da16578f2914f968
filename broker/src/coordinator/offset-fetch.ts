import { KafkaErrors, ZERO_UUID } from '../kafka/index.ts';
import type { KafkaErrorCode, KafkaErrorName, RequestOf, ResponseOf } from '../kafka/index.ts';
import type { ClassicGroup } from './classic-group.ts';
import type { GroupRequestContext } from './context.ts';
import type { CoordinatorPartitions, Proof } from './coordinator-partitions.ts';

type FetchResponse = ResponseOf<'OffsetFetch'>;
type FetchedTopic = FetchResponse['topics'][number];
type FetchedPartition = FetchedTopic['partitions'][number];

interface TopicRequest {
  readonly name: string;
  readonly topicId: string;
  readonly partitionIndexes: readonly number[];
}

interface FetchedGroup {
  readonly error: KafkaErrorName;
  readonly topics: readonly (FetchedTopic & { readonly topicId: string })[];
}

const errorOf: Readonly<Record<Proof, KafkaErrorName>> = {
  open: 'NONE',
  fenced: 'NOT_COORDINATOR',
  // "Ask again, here": the one retriable answer that every client knows for this call.
  unsure: 'COORDINATOR_LOAD_IN_PROGRESS',
};

/**
 * OffsetFetch, v1-10. Shows what is in the bucket at a moment at which we still owned the stream (rule 18). Without
 * transactional commits every offset is stable, so `requireStable` asks for nothing more. Topics have their names, also
 * in version 10: the caller looks the ids up.
 */
export async function answerOffsetFetch(
  partitions: CoordinatorPartitions,
  request: RequestOf<'OffsetFetch'>,
  { apiVersion }: GroupRequestContext,
): Promise<FetchResponse> {
  const proof = await partitions.prove();
  if (apiVersion < 8) {
    const topics = request.topics?.map((topic) => ({ ...topic, topicId: ZERO_UUID })) ?? null;
    return singleResponse(fetch(partitions, proof, request.groupId, topics), topics, apiVersion);
  }
  const groups = request.groups.map(({ groupId, topics }) => {
    const fetched = fetch(partitions, proof, groupId, topics);
    return { groupId, topics: fetched.topics, errorCode: KafkaErrors[fetched.error] };
  });
  return { throttleTimeMs: 0, topics: [], errorCode: KafkaErrors.NONE, groups };
}

/** Version 1 has no error of its own: it stands at each partition. */
function singleResponse(
  fetched: FetchedGroup,
  requested: readonly TopicRequest[] | null,
  apiVersion: number,
): FetchResponse {
  const errorCode = KafkaErrors[fetched.error];
  const topics =
    fetched.error === 'NONE' || apiVersion >= 2
      ? fetched.topics
      : (requested ?? []).map(({ name, partitionIndexes }) => ({
          name,
          partitions: partitionIndexes.map((partitionIndex) => noOffset(partitionIndex, errorCode)),
        }));
  return { throttleTimeMs: 0, topics, errorCode, groups: [] };
}

function fetch(
  partitions: CoordinatorPartitions,
  proof: Proof,
  groupId: string,
  topics: readonly TopicRequest[] | null,
): FetchedGroup {
  const shard = partitions.locate(groupId);
  if (typeof shard === 'string') return { error: shard, topics: [] };
  if (proof !== 'open') return { error: errorOf[proof], topics: [] };
  const group = shard.groups.get(groupId);
  return { error: 'NONE', topics: topics === null ? allOffsets(group) : requestedOffsets(group, topics) };
}

function requestedOffsets(group: ClassicGroup | undefined, topics: readonly TopicRequest[]): FetchedGroup['topics'] {
  return topics.map(({ name, topicId, partitionIndexes }) => ({
    name,
    topicId,
    partitions: partitionIndexes.map((partitionIndex) => fetchedPartition(group, name, partitionIndex)),
  }));
}

function allOffsets(group: ClassicGroup | undefined): FetchedGroup['topics'] {
  if (group === undefined) return [];
  return Array.from(group.offsets.topics(), ([name, offsets]) => {
    const [first] = offsets.values();
    return {
      name,
      topicId: first?.topicId ?? ZERO_UUID,
      partitions: Array.from(offsets.keys(), (partition) => fetchedPartition(group, name, partition)),
    };
  });
}

function fetchedPartition(group: ClassicGroup | undefined, topic: string, partitionIndex: number): FetchedPartition {
  const committed = group?.offsets.get(topic, partitionIndex);
  if (committed === undefined) return noOffset(partitionIndex, KafkaErrors.NONE);
  const { offset, leaderEpoch, metadata } = committed;
  return {
    partitionIndex,
    committedOffset: offset,
    committedLeaderEpoch: leaderEpoch,
    metadata,
    errorCode: KafkaErrors.NONE,
  };
}

function noOffset(partitionIndex: number, errorCode: KafkaErrorCode): FetchedPartition {
  return { partitionIndex, committedOffset: -1, committedLeaderEpoch: -1, metadata: '', errorCode };
}

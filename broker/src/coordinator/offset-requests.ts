import { KafkaErrors } from '../kafka/index.ts';
import type { KafkaErrorName, RequestOf, ResponseOf } from '../kafka/index.ts';
import type { GroupRequestContext } from './context.ts';
import type { CoordinatorPartitions } from './coordinator-partitions.ts';
import { admitCommit, commitOffsets } from './offset-commit.ts';
import type { OffsetToCommit } from './offset-commit.ts';
import { removeOffsets } from './offset-removal.ts';
import type { ClassicGroup } from './classic-group.ts';
import type { CoordinatorShard } from './coordinator-shard.ts';
import { conduct } from './group-state.ts';
import { consumerProtocolType } from './subscription.ts';

type CommitRequest = RequestOf<'OffsetCommit'>;
type CommitPartition = CommitRequest['topics'][number]['partitions'][number];

/** OffsetCommit, v2-10. Topics have their names, also in version 10: the caller has looked the ids up. */
export async function answerOffsetCommit(
  partitions: CoordinatorPartitions,
  request: CommitRequest,
  { apiVersion }: GroupRequestContext,
): Promise<ResponseOf<'OffsetCommit'>> {
  const shard = partitions.locate(request.groupId);
  if (typeof shard === 'string') return commitResponse(request, () => shard);
  const group = committingGroup(shard, request);
  // From version 9 on a group that is gone can be told from a generation that is over (KIP-848).
  if (group === undefined) {
    return commitResponse(request, () => (apiVersion >= 9 ? 'GROUP_ID_NOT_FOUND' : 'ILLEGAL_GENERATION'));
  }
  const { generationIdOrMemberEpoch: generationId, memberId, groupInstanceId } = request;
  const refusal = admitCommit(group, { generationId, memberId, groupInstanceId });
  if (refusal !== 'NONE') return commitResponse(request, () => refusal);
  const isTooLarge = ({ committedMetadata }: CommitPartition): boolean =>
    (committedMetadata?.length ?? 0) > shard.options.maxOffsetMetadataLength;
  const accepted = offsetsToCommit(shard, request, isTooLarge);
  const stored = accepted.length === 0 || (await commitOffsets(group, accepted));
  shard.dropIfUnused(group);
  return commitResponse(request, (partition) => {
    if (isTooLarge(partition)) return 'OFFSET_METADATA_TOO_LARGE';
    return stored ? 'NONE' : 'NOT_COORDINATOR';
  });
}

/** A commit without a generation makes the group that stores it; one with a generation needs its group. */
function committingGroup(shard: CoordinatorShard, request: CommitRequest): ClassicGroup | undefined {
  return request.generationIdOrMemberEpoch < 0 ? shard.group(request.groupId) : shard.groups.get(request.groupId);
}

function offsetsToCommit(
  shard: CoordinatorShard,
  { topics, retentionTimeMs }: CommitRequest,
  isTooLarge: (partition: CommitPartition) => boolean,
): readonly OffsetToCommit[] {
  const nowMs = shard.clock.nowMs();
  const expireTimestampMs = retentionTimeMs < 0 ? -1 : nowMs + retentionTimeMs;
  return topics.flatMap(({ name, topicId, partitions }) =>
    partitions
      .filter((partition) => !isTooLarge(partition))
      .map(({ partitionIndex, committedOffset, committedLeaderEpoch, committedMetadata }) => ({
        key: { topic: name, partition: partitionIndex },
        committed: {
          offset: committedOffset,
          leaderEpoch: committedLeaderEpoch,
          metadata: committedMetadata ?? '',
          commitTimestampMs: nowMs,
          expireTimestampMs,
          topicId,
        },
      })),
  );
}

function commitResponse(
  { topics }: CommitRequest,
  errorOf: (partition: CommitPartition) => KafkaErrorName,
): ResponseOf<'OffsetCommit'> {
  return {
    throttleTimeMs: 0,
    topics: topics.map(({ name, topicId, partitions }) => ({
      name,
      topicId,
      partitions: partitions.map((partition) => ({
        partitionIndex: partition.partitionIndex,
        errorCode: KafkaErrors[errorOf(partition)],
      })),
    })),
  };
}

/** OffsetDelete, v0 (KIP-496): offsets of topics that no member reads. */
export async function answerOffsetDelete(
  partitions: CoordinatorPartitions,
  request: RequestOf<'OffsetDelete'>,
): Promise<ResponseOf<'OffsetDelete'>> {
  const refuse = (error: KafkaErrorName): ResponseOf<'OffsetDelete'> => ({
    errorCode: KafkaErrors[error],
    throttleTimeMs: 0,
    topics: [],
  });
  const shard = partitions.locate(request.groupId);
  if (typeof shard === 'string') return refuse(shard);
  const group = shard.groups.get(request.groupId);
  if (group === undefined) return refuse('GROUP_ID_NOT_FOUND');
  const verdict = conduct[group.state].deletion;
  const consumersRun = verdict === 'NON_EMPTY_GROUP' && group.protocolType === consumerProtocolType;
  if (verdict !== 'NONE' && !consumersRun) return refuse(verdict);
  // Members whose subscription cannot be read may read anything.
  const isRead = (topic: string): boolean => consumersRun && (group.subscribedTopics?.has(topic) ?? true);
  const doomed = request.topics
    .filter(({ name }) => !isRead(name))
    .flatMap(({ name, partitions: each }) =>
      each.map(({ partitionIndex }) => ({ topic: name, partition: partitionIndex })),
    );
  const known = doomed.filter((key) => group.offsets.has(key));
  if (!(await removeOffsets(group, known))) return refuse('NOT_COORDINATOR');
  return {
    errorCode: KafkaErrors.NONE,
    throttleTimeMs: 0,
    topics: request.topics.map(({ name, partitions: each }) => ({
      name,
      partitions: each.map(({ partitionIndex }) => ({
        partitionIndex,
        errorCode: isRead(name) ? KafkaErrors.GROUP_SUBSCRIBED_TO_TOPIC : KafkaErrors.NONE,
      })),
    })),
  };
}

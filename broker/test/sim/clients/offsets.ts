import { ApiKeys, KafkaErrors, ZERO_UUID } from '../../../src/kafka/index.ts';
import type { ResponseOf } from '../../../src/kafka/index.ts';
import type { ClientWorld } from './client-world.ts';
import type { ClusterClient } from './cluster-client.ts';
import type { Position } from './fetcher.ts';

export interface MemberIdentity {
  readonly group: string;
  readonly memberId: string;
  readonly generation: number;
}

function topicsOf(cluster: ClusterClient, positions: readonly Position[]) {
  return [...Map.groupBy(positions, (one) => one.topic)].map(([name, list]) => ({
    name,
    topicId: cluster.topicId(name),
    partitions: list.map((one) => ({
      partitionIndex: one.partition,
      committedOffset: one.offset,
      committedMetadata: '',
    })),
    partitionIndexes: list.map((one) => one.partition),
  }));
}

/** Commits the positions; gives the first error, or NONE. Rejects with NoAnswerError: then it may have happened. */
export async function commitOffsets(
  world: ClientWorld,
  cluster: ClusterClient,
  coordinator: number,
  member: MemberIdentity,
  positions: readonly Position[],
): Promise<number> {
  const pending = positions.map((one) => {
    const history = world.model.commits(member.group, one.topic, one.partition);
    return { one, history, commit: history.begin(one.offset) };
  });
  const idsKnown = positions.every((one) => cluster.topicId(one.topic) !== ZERO_UUID);
  const connection = await cluster.connection(coordinator);
  const answer = await connection.request(
    ApiKeys.OffsetCommit,
    Math.min(cluster.version('OffsetCommit'), idsKnown ? 10 : 9),
    {
      groupId: member.group,
      generationIdOrMemberEpoch: member.generation,
      memberId: member.memberId,
      topics: topicsOf(cluster, positions),
    },
    cluster.requestTimeoutMs,
  );
  let first: number = KafkaErrors.NONE;
  for (const topic of answer.topics) {
    const name = topic.name === '' ? cluster.topicName(topic.topicId) : topic.name;
    for (const result of topic.partitions) {
      const found = pending.find(({ one }) => one.topic === name && one.partition === result.partitionIndex);
      if (result.errorCode === KafkaErrors.NONE && found !== undefined) {
        found.history.ack(found.commit);
        world.model.counts.commits++;
      } else {
        first = first === KafkaErrors.NONE ? result.errorCode : first;
      }
    }
  }
  return first;
}

interface FetchedOffset {
  readonly name: string;
  readonly partition: number;
  readonly offset: number;
  readonly errorCode: number;
}

/** Versions up to 7 answer for one group, later ones for a list of them, from 10 on with topic ids. */
function flatten(
  cluster: ClusterClient,
  answer: ResponseOf<'OffsetFetch'>,
): { readonly code: number; readonly offsets: readonly FetchedOffset[] } {
  const group = answer.groups[0];
  const of = (name: string, topic: ResponseOf<'OffsetFetch'>['topics'][number]): FetchedOffset[] =>
    topic.partitions.map((one) => ({
      name,
      partition: one.partitionIndex,
      offset: one.committedOffset,
      errorCode: one.errorCode,
    }));
  if (group === undefined) {
    return { code: answer.errorCode, offsets: answer.topics.flatMap((topic) => of(topic.name, topic)) };
  }
  const offsets = group.topics.flatMap((topic) =>
    of(topic.name === '' ? (cluster.topicName(topic.topicId) ?? '') : topic.name, topic),
  );
  return { code: group.errorCode, offsets };
}

/** Sets each position to the group's committed offset, or 0. Gives the first error, or NONE. */
export async function fetchOffsets(
  world: ClientWorld,
  cluster: ClusterClient,
  coordinator: number,
  member: MemberIdentity,
  positions: readonly Position[],
): Promise<number> {
  if (positions.length === 0) return KafkaErrors.NONE;
  const before = positions.map((one) => world.model.commits(member.group, one.topic, one.partition).ackedOffset);
  const idsKnown = positions.every((one) => cluster.topicId(one.topic) !== ZERO_UUID);
  const topics = topicsOf(cluster, positions);
  const connection = await cluster.connection(coordinator);
  const answer = await connection.request(
    ApiKeys.OffsetFetch,
    Math.min(cluster.version('OffsetFetch'), idsKnown ? 10 : 9),
    { groupId: member.group, topics, groups: [{ groupId: member.group, topics }], requireStable: false },
    cluster.requestTimeoutMs,
  );
  const { code, offsets } = flatten(cluster, answer);
  if (code !== KafkaErrors.NONE) return code;
  for (const [index, one] of positions.entries()) {
    const found = offsets.find((offset) => offset.name === one.topic && offset.partition === one.partition);
    if (found === undefined) continue;
    if (found.errorCode !== KafkaErrors.NONE) return found.errorCode;
    const history = world.model.commits(member.group, one.topic, one.partition);
    history.fetched(found.offset, before[index] as number, member.memberId);
    one.offset = Math.max(0, found.offset);
  }
  return KafkaErrors.NONE;
}

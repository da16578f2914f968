import { hasCode } from '../../edge/index.ts';
import { type KafkaErrorName, KafkaErrors, type RequestOf, type ResponseInput } from '../../kafka/index.ts';
import type { TopicImage } from '../../meta/index.ts';
import { type Answer, type RequestContext, type ServedApi, serve } from '../../net/index.ts';
import type { Services } from '../services.ts';
import { within } from '../within.ts';
import { sender } from './groups.ts';

/** From here on requests name topics by id. */
const TOPIC_ID_VERSION = 10;

type CommitRequest = RequestOf<'OffsetCommit'>;
type CommitTopic = CommitRequest['topics'][number];
type TopicResponse = ResponseInput<'OffsetCommit'>['topics'][number];

/** Commits offsets of topics that exist; the coordinator does the rest. */
export function offsetCommit(services: Services): ServedApi<'OffsetCommit'> {
  const order = new CommitOrder();
  return serve('OffsetCommit', (request, context) => handleOffsetCommit(services, order, request, context));
}

async function handleOffsetCommit(
  services: Services,
  order: CommitOrder,
  request: CommitRequest,
  context: RequestContext,
): Promise<Answer<'OffsetCommit'>> {
  const byId = context.apiVersion >= TOPIC_ID_VERSION;
  const { image } = services.metadata;
  const accepted: CommitTopic[] = [];
  const refused: TopicResponse[] = [];
  for (const topic of request.topics) {
    const known = byId ? image.topicById(topic.topicId) : image.topic(topic.name);
    const error = byId && known === undefined ? 'UNKNOWN_TOPIC_ID' : 'UNKNOWN_TOPIC_OR_PARTITION';
    const exists = ({ partitionIndex }: { readonly partitionIndex: number }): boolean =>
      known?.partitions[partitionIndex] !== undefined;
    const there = topic.partitions.filter(exists);
    const absent = topic.partitions.filter((partition) => !exists(partition));
    if (known !== undefined && there.length > 0) accepted.push(named(topic, known, there));
    if (absent.length === 0) continue;
    const { name, topicId } = topic;
    refused.push({
      name,
      topicId,
      partitions: absent.map(({ partitionIndex }) => ({ partitionIndex, errorCode: KafkaErrors[error] })),
    });
  }
  const answered = await commit(services, order, { ...request, topics: accepted }, context);
  return { topics: [...answered, ...refused] };
}

/** A commit that takes too long is answered as such: answers leave in order, and heartbeats would wait behind it. */
async function commit(
  services: Services,
  order: CommitOrder,
  request: CommitRequest,
  context: RequestContext,
): Promise<readonly TopicResponse[]> {
  const { clock, limits } = services;
  const waits = request.topics.flatMap((topic) => untilCommitted(services, topic));
  const work = order.next(request.groupId, waits).then(() => store(services, request, context));
  try {
    return await within(clock, limits.offsetsCommitTimeoutMs, 'Committing offsets', work);
  } catch (error) {
    if (!hasCode(error, 'TIMED_OUT')) throw error;
    return request.topics.map((topic) => refusedTopic(topic, 'REQUEST_TIMED_OUT'));
  }
}

/** Topics may have been deleted meanwhile: what is stored now would outlive the tombstones of their offsets (hole 20). */
async function store(
  services: Services,
  request: CommitRequest,
  context: RequestContext,
): Promise<readonly TopicResponse[]> {
  const isThere = ({ topicId }: CommitTopic): boolean => services.metadata.image.topicById(topicId) !== undefined;
  const error = context.apiVersion >= TOPIC_ID_VERSION ? 'UNKNOWN_TOPIC_ID' : 'UNKNOWN_TOPIC_OR_PARTITION';
  const gone = request.topics.filter((topic) => !isThere(topic)).map((topic) => refusedTopic(topic, error));
  const topics = request.topics.filter(isThere);
  const stored = await services.coordinator().offsetCommit({ ...request, topics }, sender(context));
  return [...stored.topics, ...gone];
}

function refusedTopic({ name, topicId, partitions }: CommitTopic, error: KafkaErrorName): TopicResponse {
  const errorCode = KafkaErrors[error];
  return { name, topicId, partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode })) };
}

/** Commits of a group are stored in the order in which they came, whichever of them have to wait for records. */
class CommitOrder {
  /** The last commit of each group that waits. */
  readonly #waiting = new Map<string, Promise<unknown>>();

  /** Resolves when `waits` and everything before in the group are over. */
  async next(groupId: string, waits: readonly Promise<void>[]): Promise<void> {
    const before = this.#waiting.get(groupId);
    if (before === undefined && waits.length === 0) return;
    const turn = Promise.all([before, ...waits]);
    this.#waiting.set(groupId, turn);
    await turn;
    if (this.#waiting.get(groupId) === turn) this.#waiting.delete(groupId);
  }
}

function named(topic: CommitTopic, { name, id }: TopicImage, partitions: CommitTopic['partitions']): CommitTopic {
  return { ...topic, name, topicId: id, partitions };
}

/**
 * Waits until the records below the committed offsets are in the bucket (rule 15), so that no restore holds a commit
 * without its records. An offset beyond the log end is taken as it is, as Kafka does.
 */
function untilCommitted({ partitions }: Services, { topicId, partitions: commits }: CommitTopic): Promise<void>[] {
  const logs = partitions.topicById(topicId)?.logs ?? [];
  return commits.flatMap(({ partitionIndex, committedOffset }) => {
    const log = logs[partitionIndex];
    if (log === undefined || committedOffset <= log.highWatermark || committedOffset > log.logEndOffset) return [];
    const { promise, resolve } = Promise.withResolvers<void>();
    // A log that is lost ends the coordinator, too, which then refuses the commit.
    log.whenCommitted(committedOffset - 1, { committed: () => resolve(), failed: () => resolve() }, 0);
    return [promise];
  });
}

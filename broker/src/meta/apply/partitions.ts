import { EventConflictError } from '../errors.ts';
import type { LeadershipAssigned, LogStartOffsetMoved, TopicLeadership } from '../event.ts';
import type { ImageDraft } from '../image-draft.ts';
import type { LeadershipInterval, PartitionImage, StreamName, TopicImage } from '../image.ts';
import { demandLiveStream } from './brokers.ts';

/**
 * Ignored, each by itself: topics that are gone, partitions whose leader epoch is as high already. Conflicts: a stream
 * that is not the broker's open one; an unknown partition; offsets that go back.
 */
export function applyLeadershipAssigned(draft: ImageDraft, event: LeadershipAssigned): boolean {
  demandLiveStream(draft, event.leader, event.streamEpoch);
  // One object for all intervals of the event: there are as many as partitions.
  const stream: StreamName = { timeline: draft.timeline, broker: event.leader, epoch: event.streamEpoch };
  let complete = true;
  for (const leadership of event.topics) {
    const topic = draft.topicById(leadership.topicId);
    if (topic === undefined || !assignTopic(draft, topic, leadership, stream)) complete = false;
  }
  return complete;
}

function assignTopic(draft: ImageDraft, topic: TopicImage, leadership: TopicLeadership, stream: StreamName): boolean {
  let complete = true;
  const { partitions, leaderEpochs, startOffsets, previousEndOffsets } = leadership;
  for (const [position, index] of partitions.entries()) {
    const leaderEpoch = leaderEpochs[position] ?? 0;
    const startOffset = startOffsets[position] ?? 0;
    const partition = demandPartition(draft, topic.id, index);
    if (leaderEpoch <= partition.leaderEpoch) {
      complete = false;
      continue;
    }
    const history = nextHistory(topic.name, partition, previousEndOffsets[position] ?? startOffset, {
      leaderEpoch,
      stream,
      startOffset,
      endOffset: undefined,
    });
    draft.setPartition(topic, { ...partition, leader: stream.broker, leaderEpoch, history });
  }
  return complete;
}

/**
 * Closes the open interval and begins the next. One that closes empty is dropped, as Kafka drops a leader epoch under
 * which nothing was written: a partition that is idle over a thousand restarts keeps one interval.
 */
function nextHistory(
  topicName: string,
  partition: PartitionImage,
  previousEndOffset: number,
  next: LeadershipInterval,
): readonly LeadershipInterval[] {
  const open = partition.history.at(-1);
  const closed = partition.history.slice(0, -1);
  if (open !== undefined) {
    if (previousEndOffset < open.startOffset || next.startOffset < previousEndOffset) {
      throw new EventConflictError(`leadership of ${topicName}-${partition.index} goes back`, {
        from: open.startOffset,
        previousEndOffset,
        startOffset: next.startOffset,
      });
    }
    if (previousEndOffset > open.startOffset) closed.push({ ...open, endOffset: previousEndOffset });
  }
  closed.push(next);
  return closed;
}

/**
 * Ignored: the topic is gone, or the offset is not above the present one. Conflict: an unknown partition. Intervals below the
 * log start stay: their footers are all that remembers which batches of an idempotent producer were appended already.
 */
export function applyLogStartOffsetMoved(draft: ImageDraft, event: LogStartOffsetMoved): boolean {
  const topic = draft.topicById(event.topicId);
  if (topic === undefined) return false;
  const partition = demandPartition(draft, topic.id, event.partition);
  if (event.offset <= partition.logStartOffset) return false;
  draft.setPartition(topic, { ...partition, logStartOffset: event.offset });
  return true;
}

/** Reads through the draft, since an earlier part of the same event may have changed the partition. */
function demandPartition(draft: ImageDraft, topicId: string, index: number): PartitionImage {
  const partition = draft.topicById(topicId)?.partitions[index];
  if (partition === undefined) throw new EventConflictError(`partition ${index} of topic ${topicId} is not there`);
  return partition;
}

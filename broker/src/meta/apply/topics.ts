import { EventConflictError } from '../errors.ts';
import type {
  ConfigChanges,
  PartitionAssignment,
  PartitionsAdded,
  TopicConfigsChanged,
  TopicCreated,
  TopicDeleted,
} from '../event.ts';
import type { ImageDraft } from '../image-draft.ts';
import type { PartitionImage } from '../image.ts';
import { isInternalTopic } from '../topic-name.ts';
import { demandLiveStream } from './brokers.ts';

/** Conflicts: the name or the id is taken; no partition; a leader that may not lead, or whose stream is not open. */
export function applyTopicCreated(draft: ImageDraft, event: TopicCreated): boolean {
  const { name, topicId } = event;
  if (draft.topic(name) !== undefined || draft.topicById(topicId) !== undefined) {
    throw new EventConflictError(`topic '${name}' (${topicId}) is created, but the name or the id is taken`);
  }
  if (event.partitions.length === 0) throw new EventConflictError(`topic '${name}' is created without a partition`);
  const partitions = event.partitions.map((assignment, index) => newPartition(draft, name, index, assignment));
  draft.addTopic({ name, id: topicId, configs: event.configs, partitions, internal: isInternalTopic(name) });
  return true;
}

/** Ignored: the topic is gone already. */
export function applyTopicDeleted(draft: ImageDraft, event: TopicDeleted): boolean {
  const topic = draft.topicById(event.topicId);
  if (topic === undefined) return false;
  draft.removeTopic(topic);
  return true;
}

/** Ignored: the topic is gone. Conflicts: the new partitions do not follow the old ones; leaders as for a new topic. */
export function applyPartitionsAdded(draft: ImageDraft, event: PartitionsAdded): boolean {
  const topic = draft.topicById(event.topicId);
  if (topic === undefined) return false;
  if (event.firstPartition !== topic.partitions.length) {
    throw new EventConflictError(`partitions from ${event.firstPartition} are added to topic '${topic.name}'`, {
      partitions: topic.partitions.length,
    });
  }
  for (const [added, assignment] of event.partitions.entries()) {
    draft.addPartition(topic, newPartition(draft, topic.name, event.firstPartition + added, assignment));
  }
  return true;
}

/** Ignored: the topic is gone. */
export function applyTopicConfigsChanged(draft: ImageDraft, event: TopicConfigsChanged): boolean {
  const topic = draft.topicById(event.topicId);
  if (topic === undefined) return false;
  draft.setTopicConfigs(topic, changedConfigs(topic.configs, event.changes));
  return true;
}

export function changedConfigs(before: ReadonlyMap<string, string>, changes: ConfigChanges): Map<string, string> {
  const after = new Map(before);
  for (const [name, value] of changes) {
    if (value === undefined) after.delete(name);
    else after.set(name, value);
  }
  return after;
}

function newPartition(
  draft: ImageDraft,
  topicName: string,
  index: number,
  { replicas, leader, streamEpoch }: PartitionAssignment,
): PartitionImage {
  if (!replicas.includes(leader)) {
    throw new EventConflictError(
      `partition ${topicName}-${index} is led by broker ${leader}, which is no replica of it`,
    );
  }
  demandLiveStream(draft, leader, streamEpoch);
  const stream = { timeline: draft.timeline, broker: leader, epoch: streamEpoch };
  return {
    index,
    replicas,
    leader,
    leaderEpoch: 0,
    logStartOffset: 0,
    history: [{ leaderEpoch: 0, stream, startOffset: 0, endOffset: undefined }],
  };
}

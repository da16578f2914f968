import { EventConflictError } from '../errors.ts';
import type {
  LeadershipAssigned,
  MetadataEvent,
  PartitionAssignment,
  PartitionsAdded,
  TopicLeadership,
} from '../event.ts';
import { ImageDraft } from '../image-draft.ts';
import { applyEvent } from './apply.ts';

/** What became of an event that follows a slot which was marked lost. */
export interface AppliedAfterLoss {
  /** To go on with; the draft that was given must not be used any more. */
  readonly draft: ImageDraft;
  /** What of the event could not be carried out; undefined if all of it was. */
  readonly dropped: string | undefined;
}

/**
 * Applies an event of a log of which a slot is lost. What it leans on may have been in that slot, so it is no conflict if it is not
 * there: a stream that it names has been registered, a topic whose name it gives again has been deleted. What still does not fit is
 * dropped, and nothing else of the event.
 */
export function applyAfterLoss(draft: ImageDraft, event: MetadataEvent): AppliedAfterLoss {
  const before = draft.freeze(draft.position);
  const next = new ImageDraft(before);
  try {
    const { event: fitting, dropped } = fit(next, event);
    applyEvent(next, fitting);
    return { draft: next, dropped };
  } catch (error) {
    if (!(error instanceof EventConflictError)) throw error;
    return { draft: new ImageDraft(before), dropped: `${event.kind}: ${error.message}` };
  }
}

interface Fitted {
  readonly event: MetadataEvent;
  readonly dropped: string | undefined;
}

/** Brings the state to where the event must have found it, as far as the event tells. */
function fit(draft: ImageDraft, event: MetadataEvent): Fitted {
  switch (event.kind) {
    case 'topicCreated': {
      const namesake = draft.topic(event.name);
      if (namesake !== undefined && namesake.id !== event.topicId) draft.removeTopic(namesake);
      for (const { leader, streamEpoch } of event.partitions) registerStream(draft, leader, streamEpoch);
      return { event, dropped: undefined };
    }
    case 'partitionsAdded':
      for (const { leader, streamEpoch } of event.partitions) registerStream(draft, leader, streamEpoch);
      return { event: withMissingPartitions(draft, event), dropped: undefined };
    case 'leadershipAssigned':
      registerStream(draft, event.leader, event.streamEpoch);
      return fitLeadership(draft, event);
    case 'topicDeleted':
    case 'topicConfigsChanged':
    case 'brokerConfigsChanged':
    case 'brokerRegistered':
    case 'streamSealed':
    case 'metadataEpochsSealed':
    case 'logStartOffsetMoved':
    case 'producerIdBlockAllocated':
    case 'timelineEnded':
    case 'forkSettled':
      return { event, dropped: undefined };
  }
}

/** The registration of a stream that somebody leads in was committed before (rule 09). */
function registerStream(draft: ImageDraft, broker: number, streamEpoch: number): void {
  const registered = draft.broker(broker);
  if (registered?.live === true && registered.streamEpoch === streamEpoch) return;
  applyEvent(draft, {
    kind: 'brokerRegistered',
    broker,
    streamEpoch,
    host: registered?.host ?? '',
    port: registered?.port ?? 0,
    installation: registered?.installation ?? '',
    diskAcks: 'disk',
    rack: registered?.rack,
  });
}

/** Partitions between those that are known and those that are added were in the lost slot. */
function withMissingPartitions(draft: ImageDraft, event: PartitionsAdded): PartitionsAdded {
  const known = draft.topicById(event.topicId)?.partitions.length ?? event.firstPartition;
  const like = event.partitions[0];
  if (like === undefined || known >= event.firstPartition) return event;
  const missing = Array.from({ length: event.firstPartition - known }, (): PartitionAssignment => like);
  return { ...event, firstPartition: known, partitions: [...missing, ...event.partitions] };
}

/** Leaves out partitions that are not known, and those whose offsets would go back. */
function fitLeadership(draft: ImageDraft, event: LeadershipAssigned): Fitted {
  const dropped: string[] = [];
  const topics = event.topics.map((leadership): TopicLeadership => {
    const topic = draft.topicById(leadership.topicId);
    if (topic === undefined) return leadership;
    const fits = leadership.partitions.map((index, position) => {
      const open = topic.partitions[index]?.history.at(-1);
      const goesOn = open !== undefined && (leadership.startOffsets[position] ?? 0) >= open.startOffset;
      if (!goesOn) dropped.push(`${topic.name}-${index}`);
      return goesOn;
    });
    const kept = (values: readonly number[]): readonly number[] => values.filter((_, position) => fits[position]);
    const { topicId, partitions, leaderEpochs, startOffsets, previousEndOffsets } = leadership;
    return {
      topicId,
      partitions: kept(partitions),
      leaderEpochs: kept(leaderEpochs),
      startOffsets: kept(startOffsets),
      previousEndOffsets: kept(previousEndOffsets),
    };
  });
  return {
    event: { ...event, topics },
    dropped: dropped.length === 0 ? undefined : `leadership of ${dropped.join(', ')}`,
  };
}

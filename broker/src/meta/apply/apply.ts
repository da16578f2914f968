import { EventConflictError } from '../errors.ts';
import type { MetadataEvent } from '../event.ts';
import type { ImageDraft } from '../image-draft.ts';
import { applyBrokerRegistered, applyStreamSealed } from './brokers.ts';
import { applyLeadershipAssigned, applyLogStartOffsetMoved } from './partitions.ts';
import {
  applyPartitionsAdded,
  applyTopicConfigsChanged,
  applyTopicCreated,
  applyTopicDeleted,
  changedConfigs,
} from './topics.ts';

/**
 * Applies one event: a function of the state and the event alone, over every kind of event. An event that has nothing
 * left to change (said again, or about a topic that is gone meanwhile) changes nothing and is counted; one that
 * contradicts the state throws EventConflictError and leaves the draft unusable. Each kind says beside its function
 * which is which.
 */
export function applyEvent(draft: ImageDraft, event: MetadataEvent): void {
  if (draft.timelineEnd !== undefined) {
    throw new EventConflictError(`event '${event.kind}' after the end of timeline ${draft.timeline}`);
  }
  draft.countEvent(apply(draft, event));
}

/** Whether all of the event changed something. */
function apply(draft: ImageDraft, event: MetadataEvent): boolean {
  switch (event.kind) {
    case 'topicCreated':
      return applyTopicCreated(draft, event);
    case 'topicDeleted':
      return applyTopicDeleted(draft, event);
    case 'partitionsAdded':
      return applyPartitionsAdded(draft, event);
    case 'topicConfigsChanged':
      return applyTopicConfigsChanged(draft, event);
    case 'brokerConfigsChanged':
      draft.setBrokerConfigs(event.broker, changedConfigs(draft.brokerConfigs(event.broker), event.changes));
      return true;
    case 'brokerRegistered':
      return applyBrokerRegistered(draft, event);
    case 'streamSealed':
      return applyStreamSealed(draft, event);
    case 'metadataEpochsSealed':
      // Ignored when a later controller has said more.
      if (event.belowEpoch <= draft.sealedBelowEpoch) return false;
      draft.setSealedBelowEpoch(event.belowEpoch);
      return true;
    case 'leadershipAssigned':
      return applyLeadershipAssigned(draft, event);
    case 'logStartOffsetMoved':
      return applyLogStartOffsetMoved(draft, event);
    case 'producerIdBlockAllocated':
      // A block that overlaps an earlier one is a conflict: two producers would share an id.
      if (event.firstProducerId < draft.nextProducerId || event.count < 1) {
        throw new EventConflictError(`producer ids from ${event.firstProducerId} are handed out twice`, {
          nextProducerId: draft.nextProducerId,
          count: event.count,
        });
      }
      draft.setNextProducerId(event.firstProducerId + event.count);
      return true;
    case 'timelineEnded':
      draft.setTimelineEnd({ child: event.child });
      return true;
    case 'forkSettled':
      // Ignored: said before, or by a timeline that is no fork.
      if (draft.isSettled) return false;
      draft.setSettled();
      return true;
  }
}

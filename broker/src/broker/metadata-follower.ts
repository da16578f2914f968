import type { MetadataEvent, MetadataImage } from '../meta/index.ts';
import type { PartitionManager } from '../partition/index.ts';
import type { GroupService } from './group-service.ts';
import type { TopicSettingsCache } from './topic-settings.ts';

/** What follows the metadata: a broker acts on committed metadata only. */
export interface Followers {
  readonly partitions: PartitionManager;
  readonly topicSettings: TopicSettingsCache;
  readonly groups: GroupService;
}

/** Takes a change of the metadata to everything that depends on it. */
export function followMetadata(followers: Followers, image: MetadataImage, events: readonly MetadataEvent[]): void {
  const { partitions, topicSettings, groups } = followers;
  for (const event of events) if (event.kind !== 'topicDeleted') followEvent(followers, image, event);
  // Groups look deleted topics up by their id, so those go last.
  groups.follow(image, events);
  for (const event of events) {
    if (event.kind !== 'topicDeleted') continue;
    topicSettings.forget(event.topicId);
    partitions.drop(event.topicId);
  }
}

function followEvent({ partitions, topicSettings }: Followers, image: MetadataImage, event: MetadataEvent): void {
  const sync = (topicId: string): void => {
    const topic = image.topicById(topicId);
    if (topic !== undefined) partitions.sync(topic);
  };
  switch (event.kind) {
    case 'topicCreated':
    case 'partitionsAdded':
    case 'logStartOffsetMoved':
      sync(event.topicId);
      return;
    case 'topicConfigsChanged':
      topicSettings.forget(event.topicId);
      return;
    case 'brokerConfigsChanged':
      topicSettings.forgetAll();
      return;
    case 'leadershipAssigned':
      for (const { topicId } of event.topics) sync(topicId);
      break;
    case 'topicDeleted':
    case 'brokerRegistered':
    case 'streamSealed':
    case 'metadataEpochsSealed':
    case 'producerIdBlockAllocated':
    case 'timelineEnded':
    case 'forkSettled':
  }
}

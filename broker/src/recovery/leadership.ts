import type { MetadataEvent, MetadataImage, MetadataLog, StreamSealed, TopicLeadership } from '../meta/index.ts';
import type { PartitionManager } from '../partition/index.ts';

export interface Registration {
  readonly broker: number;
  /** The data epoch that was claimed; its first data slot may only follow this event (rule 09). */
  readonly streamEpoch: number;
  readonly host: string;
  readonly port: number;
  readonly installation: string;
  /** Ends of predecessors' streams that the metadata do not know yet. */
  readonly sealed: readonly StreamSealed[];
}

/**
 * Commits, in one slot, that this incarnation exists, where its predecessors ended, and that it leads every partition from its log
 * end on with a higher leader epoch. Nothing may be written to the data stream before this resolves (rule 09).
 */
export async function takeLeadership(
  metadata: MetadataLog,
  partitions: PartitionManager,
  registration: Registration,
): Promise<MetadataImage> {
  const { broker, streamEpoch, host, port, installation, sealed } = registration;
  const registered: MetadataEvent = {
    kind: 'brokerRegistered',
    broker,
    streamEpoch,
    host,
    port,
    installation,
    // acks=1 is answered from the local disk, so a later takeover must know that a tail may lie there.
    diskAcks: 'acks1',
    rack: undefined,
  };
  const topics = leaderships(metadata.image, partitions, broker);
  const assigned: readonly MetadataEvent[] =
    topics.length === 0 ? [] : [{ kind: 'leadershipAssigned', leader: broker, streamEpoch, topics }];
  const image = await metadata.append([...sealed, registered, ...assigned]);
  for (const topic of image.topics()) partitions.sync(topic);
  return image;
}

function leaderships(image: MetadataImage, partitions: PartitionManager, broker: number): readonly TopicLeadership[] {
  const topics: TopicLeadership[] = [];
  for (const topic of image.topics()) {
    const led = topic.partitions.filter((partition) => partition.leader === broker);
    if (led.length === 0) continue;
    const logs = partitions.topicById(topic.id)?.logs ?? [];
    topics.push({
      topicId: topic.id,
      partitions: led.map((partition) => partition.index),
      leaderEpochs: led.map((partition) => partition.leaderEpoch + 1),
      startOffsets: led.map((partition) => logs[partition.index]?.logEndOffset ?? 0),
      previousEndOffsets: [],
    });
  }
  return topics;
}

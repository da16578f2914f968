import type { PartitionsAdded } from '../event.ts';
import type { MetadataImage, TopicImage } from '../image.ts';
import type { MetadataUpdate } from '../metadata-log.ts';
import { placeManually, placePartitions } from './placement.ts';
import type { ManualAssignments } from './placement.ts';
import { duplicates, refused } from './result.ts';
import type { Refused } from './result.ts';

export interface NewPartitions {
  readonly name: string;
  /** Partitions that the topic is to have. */
  readonly count: number;
  /** Replicas of each new partition; undefined: the controller chooses. */
  readonly assignments: ManualAssignments | undefined;
}

export type CreatePartitionsResult = { readonly name: string } & ({ readonly outcome: 'added' } | Refused);

const MAX_PARTITIONS_PER_REQUEST = 10_000;

/** Adds partitions to each topic, or says why not. New partitions have as many replicas as partition 0. */
export function createPartitions(
  image: MetadataImage,
  topics: readonly NewPartitions[],
): MetadataUpdate<readonly CreatePartitionsResult[]> {
  const twice = duplicates(topics.map(({ name }) => name));
  const events: PartitionsAdded[] = [];
  let added = 0;
  const result = topics.map((request): CreatePartitionsResult => {
    const { name } = request;
    if (twice.has(name)) return { name, ...refused('INVALID_REQUEST', 'Duplicate topic name.') };
    const topic = image.topic(name);
    const placed = topic === undefined ? unknown : place(image, topic, request, added);
    if (placed.outcome === 'refused' || topic === undefined) return { name, ...(placed as Refused) };
    added += placed.partitions.length;
    const { partitions } = placed;
    events.push({ kind: 'partitionsAdded', topicId: topic.id, firstPartition: topic.partitions.length, partitions });
    return { name, outcome: 'added' };
  });
  return { events, result };
}

const unknown = refused('UNKNOWN_TOPIC_OR_PARTITION', 'This server does not host this topic-partition.');

function place(
  image: MetadataImage,
  topic: TopicImage,
  { count, assignments }: NewPartitions,
  alreadyAdded: number,
): ReturnType<typeof placePartitions> {
  const present = topic.partitions.length;
  if (topic.internal) {
    return refused('INVALID_PARTITIONS', `Topic '${topic.name}' belongs to the broker; its partitions do not change.`);
  }
  if (count === present) return refused('INVALID_PARTITIONS', `Topic already has ${present} partition(s).`);
  if (count < present) {
    return refused(
      'INVALID_PARTITIONS',
      `The topic ${topic.name} currently has ${present} partition(s); ${count} would not be an increase.`,
    );
  }
  if (alreadyAdded + count - present > MAX_PARTITIONS_PER_REQUEST) {
    return refused('POLICY_VIOLATION', 'Excessively large number of partitions per request.');
  }
  const replicationFactor = topic.partitions[0]?.replicas.length ?? 1;
  if (assignments === undefined) return placePartitions(image, count - present, replicationFactor, present);
  if (assignments.length !== count - present) {
    return refused(
      'INVALID_REPLICA_ASSIGNMENT',
      `Attempted to add ${count - present} additional partition(s), but only ${assignments.length} assignment(s) were specified.`,
    );
  }
  if (assignments.some((replicas) => replicas.length !== replicationFactor)) {
    return refused(
      'INVALID_REPLICA_ASSIGNMENT',
      `The manual partition assignment includes a partition whose number of replicas is not ${replicationFactor}.`,
    );
  }
  return placeManually(image, assignments);
}

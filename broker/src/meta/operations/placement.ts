import type { PartitionAssignment } from '../event.ts';
import type { BrokerImage, MetadataImage } from '../image.ts';
import { refused } from './result.ts';
import type { Refused } from './result.ts';

/** The replicas that a request names for each new partition, in order. */
export type ManualAssignments = readonly (readonly number[])[];

export interface Placed {
  readonly outcome: 'placed';
  readonly partitions: readonly PartitionAssignment[];
}

/**
 * Places `count` new partitions, the first of which is number `firstPartition`. Preferred leaders go round the live brokers,
 * beginning elsewhere for each topic; brokers that are not live follow as further replicas. A replica is a broker that may
 * lead; the data are in the bucket.
 */
export function placePartitions(
  image: MetadataImage,
  count: number,
  replicationFactor: number,
  firstPartition = 0,
): Placed | Refused {
  const brokers = [...image.brokers()].toSorted((a, b) => a.id - b.id);
  const live = brokers.filter((broker) => broker.live);
  const others = brokers.filter((broker) => !broker.live);
  if (replicationFactor > brokers.length || live.length === 0) {
    return refused(
      'INVALID_REPLICATION_FACTOR',
      `Unable to replicate the partition ${replicationFactor} time(s): The target replication factor of ` +
        `${replicationFactor} cannot be reached because only ${brokers.length} broker(s) are registered.`,
    );
  }
  const partitions = Array.from({ length: count }, (_, index): PartitionAssignment => {
    const turn = firstPartition + index + image.topicCount;
    const order = [...rotated(live, turn), ...rotated(others, turn)].slice(0, replicationFactor);
    return { replicas: order.map(({ id }) => id), leader: order[0]!.id, streamEpoch: order[0]!.streamEpoch };
  });
  return { outcome: 'placed', partitions };
}

/** Places new partitions where a request says. */
export function placeManually(image: MetadataImage, assignments: ManualAssignments): Placed | Refused {
  const partitions: PartitionAssignment[] = [];
  for (const replicas of assignments) {
    const wrong = invalidReplicas(image, replicas, assignments[0]?.length ?? 0);
    if (wrong !== undefined) return refused('INVALID_REPLICA_ASSIGNMENT', `The manual partition assignment ${wrong}`);
    const leader = replicas.map((id) => image.broker(id)).find((broker) => broker?.live === true);
    if (leader === undefined) {
      return refused(
        'INVALID_REPLICA_ASSIGNMENT',
        'All brokers specified in the manual partition assignment are fenced.',
      );
    }
    partitions.push({ replicas, leader: leader.id, streamEpoch: leader.streamEpoch });
  }
  return { outcome: 'placed', partitions };
}

function invalidReplicas(image: MetadataImage, replicas: readonly number[], count: number): string | undefined {
  if (replicas.length === 0) return 'includes an empty replica list.';
  if (replicas.length !== count) return 'includes a partition with another number of replicas than the first.';
  for (const [position, id] of replicas.entries()) {
    if (replicas.indexOf(id) !== position) return `includes the broker ${id} more than once.`;
    if (image.broker(id) === undefined) return `includes broker ${id}, but no such broker is registered.`;
  }
  return undefined;
}

function rotated(brokers: readonly BrokerImage[], by: number): readonly BrokerImage[] {
  const start = brokers.length === 0 ? 0 : by % brokers.length;
  return [...brokers.slice(start), ...brokers.slice(0, start)];
}

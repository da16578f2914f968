import type { DiskAcks } from './image.ts';

// What the metadata log can say. broker/proto/metadata.proto is the same on disk; event-codec.ts converts.
// What each event needs to apply, and what happens if it does not, stands beside its apply function (apply/).

/** Name and new value; undefined = removed, so that the default holds again. */
export type ConfigChanges = ReadonlyMap<string, string | undefined>;

/** First placement of a partition: leader epoch 0, offsets from 0. */
export interface PartitionAssignment {
  /** Brokers that may lead it, the preferred one first; not empty. */
  readonly replicas: readonly number[];
  readonly leader: number;
  /** Epoch of the leader's registered data stream. */
  readonly streamEpoch: number;
}

/** Partitions of one topic that change their leader; the arrays run in parallel. */
export interface TopicLeadership {
  readonly topicId: string;
  readonly partitions: readonly number[];
  readonly leaderEpochs: readonly number[];
  /** First offset that may lie in the new leader's stream. */
  readonly startOffsets: readonly number[];
  /** End offset (exclusive) of the interval before; empty = the same as startOffsets. */
  readonly previousEndOffsets: readonly number[];
}

export interface TopicCreated {
  readonly kind: 'topicCreated';
  readonly name: string;
  readonly topicId: string;
  /** Partition 0 first; not empty. */
  readonly partitions: readonly PartitionAssignment[];
  readonly configs: ReadonlyMap<string, string>;
}

export interface TopicDeleted {
  readonly kind: 'topicDeleted';
  readonly topicId: string;
}

export interface PartitionsAdded {
  readonly kind: 'partitionsAdded';
  readonly topicId: string;
  /** Number of partitions before. */
  readonly firstPartition: number;
  readonly partitions: readonly PartitionAssignment[];
}

export interface TopicConfigsChanged {
  readonly kind: 'topicConfigsChanged';
  readonly topicId: string;
  readonly changes: ConfigChanges;
}

export interface BrokerConfigsChanged {
  readonly kind: 'brokerConfigsChanged';
  /** Undefined: the default of all brokers. */
  readonly broker: number | undefined;
  readonly changes: ConfigChanges;
}

/** Committed before the stream's first data slot is sent (rule 09). */
export interface BrokerRegistered {
  readonly kind: 'brokerRegistered';
  readonly broker: number;
  readonly streamEpoch: number;
  readonly host: string;
  readonly port: number;
  readonly installation: string;
  readonly diskAcks: DiskAcks;
  readonly rack: string | undefined;
}

export interface StreamSealed {
  readonly kind: 'streamSealed';
  readonly broker: number;
  readonly epoch: number;
  /** Slot of the SEAL. */
  readonly slot: number;
  /** slotHash of the last slot below the seal. */
  readonly hash: Buffer;
}

export interface MetadataEpochsSealed {
  readonly kind: 'metadataEpochsSealed';
  /** Every metadata epoch below this one is sealed (rule 07). */
  readonly belowEpoch: number;
}

export interface LeadershipAssigned {
  readonly kind: 'leadershipAssigned';
  readonly leader: number;
  readonly streamEpoch: number;
  readonly topics: readonly TopicLeadership[];
}

export interface LogStartOffsetMoved {
  readonly kind: 'logStartOffsetMoved';
  readonly topicId: string;
  readonly partition: number;
  readonly offset: number;
}

export interface ProducerIdBlockAllocated {
  readonly kind: 'producerIdBlockAllocated';
  readonly broker: number;
  readonly firstProducerId: number;
  readonly count: number;
}

/** The last event of a timeline. */
export interface TimelineEnded {
  readonly kind: 'timelineEnded';
  /** Undefined: abandoned. */
  readonly child: string | undefined;
}

/** The first boot of a forked timeline has done what a fork demands (rule 21); clients are served from now on. */
export interface ForkSettled {
  readonly kind: 'forkSettled';
}

export type MetadataEvent =
  | TopicCreated
  | TopicDeleted
  | PartitionsAdded
  | TopicConfigsChanged
  | BrokerConfigsChanged
  | BrokerRegistered
  | StreamSealed
  | MetadataEpochsSealed
  | LeadershipAssigned
  | LogStartOffsetMoved
  | ProducerIdBlockAllocated
  | TimelineEnded
  | ForkSettled;

/**
 * Whether an event may wait for CHRONIK_METADATA_UPLOAD_INTERVAL. Those that other objects in the bucket lean on may not
 * (rule 09), as the tombstones of a deleted topic's committed offsets do; nor may producer-id blocks, because an id handed
 * out twice makes one producer's batches look like duplicates of another's.
 */
export function mayWait(event: MetadataEvent): boolean {
  switch (event.kind) {
    case 'topicCreated':
    case 'partitionsAdded':
    case 'topicConfigsChanged':
    case 'brokerConfigsChanged':
    case 'logStartOffsetMoved':
      return true;
    case 'topicDeleted':
    case 'brokerRegistered':
    case 'streamSealed':
    case 'metadataEpochsSealed':
    case 'leadershipAssigned':
    case 'producerIdBlockAllocated':
    case 'timelineEnded':
    case 'forkSettled':
      return false;
  }
}

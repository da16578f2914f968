import { chronik } from '../proto/index.ts';
import { diskAcksFromWire, diskAcksToWire } from './disk-acks.ts';
import { MetadataCorruptError, MetadataFormatError } from './errors.ts';
import type { ConfigChanges, MetadataEvent, PartitionAssignment, TopicLeadership } from './event.ts';
import { idBytes, idText, ownBytes, refuseUnknown } from './wire.ts';

const wire = chronik.meta;
type WireEvent = chronik.meta.MetadataEvent;

/**
 * Events as the body of an events slot. Encodings may be concatenated: the result decodes to all events in order.
 * Throws RangeError if a number is not a safe integer.
 */
export function encodeEvents(events: readonly MetadataEvent[]): Buffer {
  const bytes = wire.MetadataEvents.encode({ events: events.map(toWire) }).finish();
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/**
 * The events of a slot's body; `where` names the slot in errors. Throws MetadataFormatError on what a newer version
 * wrote, MetadataCorruptError on bytes that cannot be events.
 */
export function decodeEvents(body: Uint8Array, where: string): readonly MetadataEvent[] {
  let decoded: chronik.meta.MetadataEvents;
  try {
    decoded = wire.MetadataEvents.decode(body);
  } catch (cause) {
    throw new MetadataCorruptError(`${where} does not decode as metadata events`, { cause });
  }
  refuseUnknown(decoded, where);
  return decoded.events.map((event) => fromWire(event, where));
}

function toWire(event: MetadataEvent): chronik.meta.MetadataEvent.$Properties {
  switch (event.kind) {
    case 'topicCreated':
      return {
        topicCreated: {
          name: event.name,
          topicId: idBytes(event.topicId),
          partitions: event.partitions.map(assignmentToWire),
          configs: [...event.configs].map(([name, value]) => ({ name, value })),
        },
      };
    case 'topicDeleted':
      return { topicDeleted: { topicId: idBytes(event.topicId) } };
    case 'partitionsAdded':
      return {
        partitionsAdded: {
          topicId: idBytes(event.topicId),
          firstPartition: event.firstPartition,
          partitions: event.partitions.map(assignmentToWire),
        },
      };
    case 'topicConfigsChanged':
      return { topicConfigsChanged: { topicId: idBytes(event.topicId), changes: changesToWire(event.changes) } };
    case 'brokerConfigsChanged':
      return { brokerConfigsChanged: { broker: event.broker ?? null, changes: changesToWire(event.changes) } };
    case 'brokerRegistered':
      return {
        brokerRegistered: { ...event, diskAcks: diskAcksToWire(event.diskAcks), rack: event.rack ?? '' },
      };
    case 'streamSealed':
      return { streamSealed: event };
    case 'metadataEpochsSealed':
      return { metadataEpochsSealed: event };
    case 'leadershipAssigned':
      return { leadershipAssigned: { ...event, topics: event.topics.map(leadershipToWire) } };
    case 'logStartOffsetMoved':
      return { logStartOffsetMoved: { ...event, topicId: idBytes(event.topicId) } };
    case 'producerIdBlockAllocated':
      return { producerIdBlockAllocated: event };
    case 'timelineEnded':
      return { timelineEnded: { child: event.child ?? '' } };
    case 'forkSettled':
      return { forkSettled: {} };
  }
}

function fromWire(event: WireEvent, where: string): MetadataEvent {
  const body = event.event === undefined ? undefined : event[event.event];
  if (event.event === undefined || body === undefined || body === null) {
    throw new MetadataFormatError(`${where} holds an event of a kind`);
  }
  return eventOf(event, event.event, where);
}

/** The body named by `kind`, which the caller knows to be there. */
function bodyOf<K extends keyof WireEvent>(event: WireEvent, kind: K, where: string): NonNullable<WireEvent[K]> {
  const body = event[kind];
  if (body === undefined || body === null) throw new MetadataCorruptError(`${where}: event without ${kind}`);
  return body;
}

function eventOf(event: WireEvent, kind: NonNullable<WireEvent['event']>, where: string): MetadataEvent {
  switch (kind) {
    case 'topicCreated': {
      const { name, topicId, partitions, configs } = bodyOf(event, kind, where);
      return {
        kind,
        name,
        topicId: idText(topicId),
        partitions: partitions.map(assignmentFromWire),
        configs: new Map(configs.map((entry) => [entry.name, entry.value])),
      };
    }
    case 'topicDeleted':
      return { kind, topicId: idText(bodyOf(event, kind, where).topicId) };
    case 'partitionsAdded': {
      const { topicId, firstPartition, partitions } = bodyOf(event, kind, where);
      return { kind, topicId: idText(topicId), firstPartition, partitions: partitions.map(assignmentFromWire) };
    }
    case 'topicConfigsChanged': {
      const { topicId, changes } = bodyOf(event, kind, where);
      return { kind, topicId: idText(topicId), changes: changesFromWire(changes) };
    }
    case 'brokerConfigsChanged': {
      const { broker, changes } = bodyOf(event, kind, where);
      return { kind, broker: broker ?? undefined, changes: changesFromWire(changes) };
    }
    case 'brokerRegistered': {
      const { broker, streamEpoch, host, port, installation, diskAcks, rack } = bodyOf(event, kind, where);
      const known = diskAcksFromWire(diskAcks, where);
      return {
        kind,
        broker,
        streamEpoch,
        host,
        port,
        installation,
        diskAcks: known,
        rack: rack === '' ? undefined : rack,
      };
    }
    case 'streamSealed': {
      const { broker, epoch, slot, hash } = bodyOf(event, kind, where);
      return { kind, broker, epoch, slot, hash: ownBytes(hash) };
    }
    case 'metadataEpochsSealed':
      return { kind, belowEpoch: bodyOf(event, kind, where).belowEpoch };
    case 'leadershipAssigned': {
      const { leader, streamEpoch, topics } = bodyOf(event, kind, where);
      return { kind, leader, streamEpoch, topics: topics.map((topic) => leadershipFromWire(topic, where)) };
    }
    case 'logStartOffsetMoved': {
      const { topicId, partition, offset } = bodyOf(event, kind, where);
      return { kind, topicId: idText(topicId), partition, offset };
    }
    case 'producerIdBlockAllocated': {
      const { broker, firstProducerId, count } = bodyOf(event, kind, where);
      return { kind, broker, firstProducerId, count };
    }
    case 'timelineEnded': {
      const { child } = bodyOf(event, kind, where);
      return { kind, child: child === '' ? undefined : child };
    }
    case 'forkSettled':
      return { kind };
  }
}

function assignmentToWire(assignment: PartitionAssignment): chronik.meta.PartitionAssignment.$Properties {
  return { ...assignment, replicas: [...assignment.replicas] };
}

function assignmentFromWire({ replicas, leader, streamEpoch }: chronik.meta.PartitionAssignment): PartitionAssignment {
  return { replicas, leader, streamEpoch };
}

function changesToWire(changes: ConfigChanges): chronik.meta.ConfigChange.$Properties[] {
  return [...changes].map(([name, value]) => ({ name, value: value ?? null }));
}

function changesFromWire(changes: readonly chronik.meta.ConfigChange[]): ConfigChanges {
  return new Map(changes.map(({ name, value }) => [name, value ?? undefined]));
}

function leadershipToWire(topic: TopicLeadership): chronik.meta.TopicLeadership.$Properties {
  return {
    topicId: idBytes(topic.topicId),
    partitions: [...topic.partitions],
    leaderEpochs: [...topic.leaderEpochs],
    startOffsets: [...topic.startOffsets],
    previousEndOffsets: [...topic.previousEndOffsets],
  };
}

function leadershipFromWire(topic: chronik.meta.TopicLeadership, where: string): TopicLeadership {
  const { partitions, leaderEpochs, startOffsets, previousEndOffsets } = topic;
  const { length } = partitions;
  const ends = previousEndOffsets.length;
  if (leaderEpochs.length !== length || startOffsets.length !== length || (ends !== 0 && ends !== length)) {
    throw new MetadataCorruptError(`${where}: the lists of a leadership event differ in length`);
  }
  return { topicId: idText(topic.topicId), partitions, leaderEpochs, startOffsets, previousEndOffsets };
}

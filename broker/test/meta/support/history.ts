import fc from 'fast-check';
import type { MetadataEvent } from '../../../src/meta/event.ts';
import { FrozenImage } from '../../../src/meta/frozen-image.ts';
import { ImageDraft } from '../../../src/meta/image-draft.ts';
import { applyEvent } from '../../../src/meta/apply/apply.ts';
import type { MetadataImage, TopicImage } from '../../../src/meta/image.ts';

export const LINEAGE = 'lineage000000000000000';
export const TIMELINE = '0000000001-0a1b2c3d';

/** A topic id made of a number. */
export function topicId(number: number): string {
  const bytes = Buffer.alloc(16, 7);
  bytes.writeUInt32BE(number, 12);
  return bytes.toString('base64url');
}

export function emptyImage(): FrozenImage {
  return FrozenImage.empty(LINEAGE, TIMELINE);
}

/** The state after the events, position {1, slot}. */
export function imageOf(events: readonly MetadataEvent[], base = emptyImage(), slot = 1): FrozenImage {
  const draft = new ImageDraft(base);
  for (const event of events) applyEvent(draft, event);
  return draft.freeze({ epoch: 1, slot });
}

export function registered(broker: number, streamEpoch: number): MetadataEvent {
  return {
    kind: 'brokerRegistered',
    broker,
    streamEpoch,
    host: `broker-${broker}`,
    port: 9092,
    installation: 'here',
    diskAcks: 'acks1',
    rack: broker % 2 === 0 ? undefined : 'rack-b',
  };
}

export function created(name: string, id: string, leader: number, streamEpoch: number, count = 1): MetadataEvent {
  const partitions = Array.from({ length: count }, () => ({ replicas: [leader], leader, streamEpoch }));
  return { kind: 'topicCreated', name, topicId: id, partitions, configs: new Map() };
}

/** Two numbers and a choice, from which the next event that fits the state is made. */
export interface Step {
  readonly choice: number;
  readonly a: number;
  readonly b: number;
}

export const steps = (max: number): fc.Arbitrary<readonly Step[]> =>
  fc.array(fc.record({ choice: fc.nat(99), a: fc.nat(1_000_000), b: fc.nat(1_000_000) }), { maxLength: max });

/** Events that a correct controller could have written, one for a step, each fitting the state after those before. */
export function historyOf(walk: readonly Step[]): readonly MetadataEvent[] {
  const events: MetadataEvent[] = [registered(0, 1), registered(1, 1)];
  const draft = new ImageDraft(emptyImage());
  for (const event of events) applyEvent(draft, event);
  for (const [index, step] of walk.entries()) {
    const event = eventFor(draft, step, index);
    applyEvent(draft, event);
    events.push(event);
  }
  return events;
}

function eventFor(image: MetadataImage, { choice, a, b }: Step, index: number): MetadataEvent {
  const topics = [...image.topics()];
  const topic = topics.length === 0 ? undefined : topics[a % topics.length];
  const live = [...image.brokers()].filter((broker) => broker.live);
  const broker = live.length === 0 ? undefined : live[b % live.length];
  if (choice < 10 || broker === undefined) return registered(a % 3, 1 + (image.broker(a % 3)?.streamEpoch ?? 0));
  if (choice < 30 || topic === undefined) {
    return created(
      `topic.${index % 40 === 0 ? '__' : index}`,
      topicId(index),
      broker.id,
      broker.streamEpoch,
      1 + (a % 4),
    );
  }
  if (choice < 36) return { kind: 'topicDeleted', topicId: topic.id };
  if (choice < 42) {
    const partitions = [{ replicas: [broker.id, 7], leader: broker.id, streamEpoch: broker.streamEpoch }];
    return { kind: 'partitionsAdded', topicId: topic.id, firstPartition: topic.partitions.length, partitions };
  }
  const value = b % 3 === 0 ? undefined : `value-${b % 5}`;
  if (choice < 50) {
    return { kind: 'topicConfigsChanged', topicId: topic.id, changes: new Map([[`config.${a % 4}`, value]]) };
  }
  if (choice < 56) {
    return {
      kind: 'brokerConfigsChanged',
      broker: a % 2 === 0 ? undefined : b % 3,
      changes: new Map([[`config.${a % 4}`, value]]),
    };
  }
  if (choice < 60) {
    const hash = Buffer.alloc(32, a % 256);
    return { kind: 'streamSealed', broker: broker.id, epoch: broker.streamEpoch, slot: 1 + (a % 9), hash };
  }
  if (choice < 64) return { kind: 'metadataEpochsSealed', belowEpoch: a % 20 };
  if (choice < 70) {
    return {
      kind: 'producerIdBlockAllocated',
      broker: broker.id,
      firstProducerId: image.nextProducerId + (a % 2) * 1000,
      count: 1000,
    };
  }
  if (choice < 78) {
    const end = endOf(topic, b % topic.partitions.length);
    return {
      kind: 'logStartOffsetMoved',
      topicId: topic.id,
      partition: b % topic.partitions.length,
      offset: a % (end + 9),
    };
  }
  return leadership(topics, broker, a, b);
}

function leadership(
  topics: readonly TopicImage[],
  broker: { readonly id: number; readonly streamEpoch: number },
  a: number,
  b: number,
): MetadataEvent {
  return {
    kind: 'leadershipAssigned',
    leader: broker.id,
    streamEpoch: broker.streamEpoch,
    topics: topics.slice(0, 1 + (a % 3)).map((topic) => {
      const ends = topic.partitions.map(({ index }) => endOf(topic, index) + ((a + index) % 3) * (b % 50));
      const gap = b % 7 === 0 ? 5 : 0;
      return {
        topicId: topic.id,
        partitions: topic.partitions.map(({ index }) => index),
        leaderEpochs: topic.partitions.map(({ leaderEpoch }) => leaderEpoch + (a % 4 === 0 ? 0 : 1)),
        startOffsets: ends.map((end) => end + gap),
        previousEndOffsets: gap === 0 ? [] : ends,
      };
    }),
  };
}

function endOf(topic: TopicImage, partition: number): number {
  return topic.partitions[partition]?.history.at(-1)?.startOffset ?? 0;
}

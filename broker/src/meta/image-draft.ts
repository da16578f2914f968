import { invariant } from '../edge/index.ts';
import { FrozenImage, streamKey } from './frozen-image.ts';
import type { ImageData } from './frozen-image.ts';
import type { BrokerImage, MetadataPosition, PartitionImage, StreamImage, TimelineEnd, TopicImage } from './image.ts';

type Writable<T> = { -readonly [K in keyof T]: T[K] };
type Maps = Pick<ImageData, 'topicIds' | 'topics' | 'brokers' | 'streams' | 'brokerConfigs'>;
type Writing = {
  -readonly [K in keyof Maps]?: Maps[K] extends ReadonlyMap<infer Key, infer Value> ? Map<Key, Value> : never;
};

/**
 * State while events are applied to it. It shares the maps of the image it started from and copies a map, or the
 * partitions of a topic, the first time something in it changes; so a slot costs one copy however many events it holds,
 * and the replay of a whole log costs one copy too. It can be read like any image while it grows.
 */
export class ImageDraft extends FrozenImage {
  readonly #data: Writable<ImageData>;
  readonly #writing: Writing = {};
  /** Topics whose partition array belongs to this draft. */
  readonly #ownPartitions = new Map<string, PartitionImage[]>();
  #frozen = false;

  constructor(base: FrozenImage) {
    const data = { ...base.data };
    super(data);
    this.#data = data;
  }

  /** The state at `position`. The draft must not be written after that. */
  freeze(position: MetadataPosition): FrozenImage {
    this.#frozen = true;
    return new FrozenImage({ ...this.#data, position });
  }

  addTopic(topic: TopicImage): void {
    this.#topicIds().set(topic.name, topic.id);
    this.#topics().set(topic.id, topic);
    this.#data.partitionCount += topic.partitions.length;
  }

  removeTopic(topic: TopicImage): void {
    this.#topicIds().delete(topic.name);
    this.#topics().delete(topic.id);
    this.#ownPartitions.delete(topic.id);
    this.#data.partitionCount -= topic.partitions.length;
  }

  setTopicConfigs(topic: TopicImage, configs: ReadonlyMap<string, string>): void {
    this.#topics().set(topic.id, { ...topic, configs });
  }

  addPartition(topic: TopicImage, partition: PartitionImage): void {
    const partitions = this.#partitionsOf(topic.id);
    invariant(partition.index === partitions.length, 'partitions are added in order', { topic: topic.name });
    partitions.push(partition);
    this.#data.partitionCount += 1;
  }

  setPartition(topic: TopicImage, partition: PartitionImage): void {
    this.#partitionsOf(topic.id)[partition.index] = partition;
  }

  setBroker(broker: BrokerImage): void {
    this.#brokers().set(broker.id, broker);
  }

  setStream(stream: StreamImage): void {
    this.#streams().set(streamKey(stream), stream);
  }

  setBrokerConfigs(broker: number | undefined, configs: ReadonlyMap<string, string>): void {
    if (configs.size === 0) this.#brokerConfigs().delete(broker);
    else this.#brokerConfigs().set(broker, configs);
  }

  setSealedBelowEpoch(epoch: number): void {
    this.#write();
    this.#data.sealedBelowEpoch = epoch;
  }

  setNextProducerId(producerId: number): void {
    this.#write();
    this.#data.nextProducerId = producerId;
  }

  setTimelineEnd(end: TimelineEnd): void {
    this.#write();
    this.#data.timelineEnd = end;
  }

  setSettled(): void {
    this.#write();
    this.#data.isSettled = true;
  }

  countEvent(applied: boolean): void {
    this.#write();
    this.#data.eventCount += 1;
    if (!applied) this.#data.ignoredEventCount += 1;
  }

  #write(): void {
    invariant(!this.#frozen, 'a frozen draft of the metadata is written');
  }

  #partitionsOf(topicId: string): PartitionImage[] {
    const own = this.#ownPartitions.get(topicId);
    this.#write();
    if (own !== undefined) return own;
    const topic = this.#data.topics.get(topicId);
    invariant(topic !== undefined, 'a topic that is not there is written', { topicId });
    const partitions = [...topic.partitions];
    this.#ownPartitions.set(topicId, partitions);
    this.#topics().set(topicId, { ...topic, partitions });
    return partitions;
  }

  #topicIds(): Map<string, string> {
    this.#write();
    this.#data.topicIds = this.#writing.topicIds ??= new Map(this.#data.topicIds);
    return this.#writing.topicIds;
  }

  #topics(): Map<string, TopicImage> {
    this.#write();
    this.#data.topics = this.#writing.topics ??= new Map(this.#data.topics);
    return this.#writing.topics;
  }

  #brokers(): Map<number, BrokerImage> {
    this.#write();
    this.#data.brokers = this.#writing.brokers ??= new Map(this.#data.brokers);
    return this.#writing.brokers;
  }

  #streams(): Map<string, StreamImage> {
    this.#write();
    this.#data.streams = this.#writing.streams ??= new Map(this.#data.streams);
    return this.#writing.streams;
  }

  #brokerConfigs(): Map<number | undefined, ReadonlyMap<string, string>> {
    this.#write();
    this.#data.brokerConfigs = this.#writing.brokerConfigs ??= new Map(this.#data.brokerConfigs);
    return this.#writing.brokerConfigs;
  }
}

import type {
  BrokerImage,
  MetadataImage,
  MetadataPosition,
  StreamImage,
  StreamName,
  TimelineEnd,
  TopicImage,
} from './image.ts';

/** The values of an image. Maps are shared between images and never written once they are in one. */
export interface ImageData {
  readonly position: MetadataPosition;
  readonly lineage: string;
  readonly timeline: string;
  readonly sealedBelowEpoch: number;
  readonly nextProducerId: number;
  readonly timelineEnd: TimelineEnd | undefined;
  readonly isSettled: boolean;
  readonly eventCount: number;
  readonly ignoredEventCount: number;
  readonly partitionCount: number;
  readonly topicIds: ReadonlyMap<string, string>;
  readonly topics: ReadonlyMap<string, TopicImage>;
  readonly brokers: ReadonlyMap<number, BrokerImage>;
  /** By streamKey. */
  readonly streams: ReadonlyMap<string, StreamImage>;
  readonly brokerConfigs: ReadonlyMap<number | undefined, ReadonlyMap<string, string>>;
}

const NO_CONFIGS: ReadonlyMap<string, string> = new Map();

export function streamKey({ timeline, broker, epoch }: StreamName): string {
  return `${timeline}/${broker}/${epoch}`;
}

/** An image over ImageData: what is handed out, and the base that a draft starts from. */
export class FrozenImage implements MetadataImage {
  readonly data: ImageData;

  constructor(data: ImageData) {
    this.data = data;
  }

  /** State before the first event of a timeline. */
  static empty(lineage: string, timeline: string): FrozenImage {
    return new FrozenImage({
      position: { epoch: 0, slot: 0 },
      lineage,
      timeline,
      sealedBelowEpoch: 0,
      nextProducerId: 0,
      timelineEnd: undefined,
      isSettled: true,
      eventCount: 0,
      ignoredEventCount: 0,
      partitionCount: 0,
      topicIds: new Map(),
      topics: new Map(),
      brokers: new Map(),
      streams: new Map(),
      brokerConfigs: new Map(),
    });
  }

  /** The same state, known to hold after a later slot without events. */
  at(position: MetadataPosition): FrozenImage {
    return new FrozenImage({ ...this.data, position });
  }

  get position(): MetadataPosition {
    return this.data.position;
  }
  get lineage(): string {
    return this.data.lineage;
  }
  get timeline(): string {
    return this.data.timeline;
  }
  get sealedBelowEpoch(): number {
    return this.data.sealedBelowEpoch;
  }
  get nextProducerId(): number {
    return this.data.nextProducerId;
  }
  get timelineEnd(): TimelineEnd | undefined {
    return this.data.timelineEnd;
  }
  get isSettled(): boolean {
    return this.data.isSettled;
  }
  get eventCount(): number {
    return this.data.eventCount;
  }
  get ignoredEventCount(): number {
    return this.data.ignoredEventCount;
  }
  get topicCount(): number {
    return this.data.topics.size;
  }
  get partitionCount(): number {
    return this.data.partitionCount;
  }

  topic(name: string): TopicImage | undefined {
    const id = this.data.topicIds.get(name);
    return id === undefined ? undefined : this.data.topics.get(id);
  }
  topicById(id: string): TopicImage | undefined {
    return this.data.topics.get(id);
  }
  topics(): Iterable<TopicImage> {
    return this.data.topics.values();
  }
  broker(id: number): BrokerImage | undefined {
    return this.data.brokers.get(id);
  }
  brokers(): Iterable<BrokerImage> {
    return this.data.brokers.values();
  }
  stream(name: StreamName): StreamImage | undefined {
    return this.data.streams.get(streamKey(name));
  }
  streams(): Iterable<StreamImage> {
    return this.data.streams.values();
  }
  brokerConfigs(broker: number | undefined): ReadonlyMap<string, string> {
    return this.data.brokerConfigs.get(broker) ?? NO_CONFIGS;
  }
  configuredBrokers(): Iterable<number | undefined> {
    return this.data.brokerConfigs.keys();
  }
}

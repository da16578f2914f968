import {
  ChronikError,
  type Clock,
  InvariantError,
  type Logger,
  type Random,
  hasCode,
  randomUuid,
} from '../edge/index.ts';
import type { KafkaErrorName } from '../kafka/index.ts';
import {
  type MetadataEvent,
  type MetadataImage,
  type MetadataLog,
  invalidTopicName,
  isInternalTopic,
} from '../meta/index.ts';
import { within } from './within.ts';

export interface TopicCreationOptions {
  readonly brokerId: number;
  /** `offsets.topic.num.partitions` */
  readonly offsetsTopicPartitions: number;
  /** How long a request waits until the metadata log has the topic. */
  readonly storeWaitMs: number;
  /** `auto.create.topics.enable` and `num.partitions`, as they are set now. */
  readonly autoCreate: (image: MetadataImage) => { readonly enabled: boolean; readonly partitions: number };
}

const OFFSETS_TOPIC = '__consumer_offsets';
/** As Kafka creates it. */
const OFFSETS_TOPIC_CONFIGS: ReadonlyMap<string, string> = new Map([
  ['cleanup.policy', 'compact'],
  ['compression.type', 'producer'],
  ['segment.bytes', '104857600'],
]);

/** Creates topics that nobody created by name: on first use, and the broker's own. */
export class TopicCreation {
  readonly #metadata: MetadataLog;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #logger: Logger;
  readonly #options: TopicCreationOptions;

  constructor(
    edges: { readonly metadata: MetadataLog; readonly clock: Clock; readonly random: Random; readonly logger: Logger },
    options: TopicCreationOptions,
  ) {
    this.#metadata = edges.metadata;
    this.#clock = edges.clock;
    this.#random = edges.random;
    this.#logger = edges.logger;
    this.#options = options;
  }

  /** Creates what is missing if the settings allow it. Returns what is missing still, with the error that says why. */
  autoCreate(names: readonly string[]): Promise<ReadonlyMap<string, KafkaErrorName>> {
    const { enabled } = this.#options.autoCreate(this.#metadata.image);
    const creatable = names.filter(
      (name) => invalidTopicName(name) === undefined && (enabled || isInternalTopic(name)),
    );
    return creatable.length === 0 ? Promise.resolve(new Map()) : this.create(creatable);
  }

  /** Creates what is missing of `names`, all legal. Returns what could not be created in time. */
  async create(names: readonly string[]): Promise<ReadonlyMap<string, KafkaErrorName>> {
    const created = this.#metadata.update((image) => ({
      events: [...new Set(names)].flatMap((name) =>
        image.topic(name) === undefined ? [this.#event(image, name)] : [],
      ),
      result: undefined,
    }));
    try {
      await within(this.#clock, this.#options.storeWaitMs, 'Creating topics', created);
      return new Map();
    } catch (error) {
      if (!(error instanceof ChronikError) || error instanceof InvariantError) throw error;
      this.#logger.warn('Topics could not be created on first use', { topics: names, code: error.code });
      const name: KafkaErrorName = hasCode(error, 'TIMED_OUT') ? 'LEADER_NOT_AVAILABLE' : 'UNKNOWN_TOPIC_OR_PARTITION';
      return new Map(names.map((topic) => [topic, name]));
    }
  }

  #event(image: MetadataImage, name: string): MetadataEvent {
    const { brokerId, offsetsTopicPartitions, autoCreate } = this.#options;
    const isOffsets = name === OFFSETS_TOPIC;
    const count = isOffsets ? offsetsTopicPartitions : autoCreate(image).partitions;
    const streamEpoch = image.broker(brokerId)?.streamEpoch ?? 0;
    const partition = { replicas: [brokerId], leader: brokerId, streamEpoch };
    return {
      kind: 'topicCreated',
      name,
      topicId: randomUuid(this.#random),
      partitions: Array.from({ length: count }, () => partition),
      configs: isOffsets ? OFFSETS_TOPIC_CONFIGS : new Map(),
    };
  }
}

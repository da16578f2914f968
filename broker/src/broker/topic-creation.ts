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
  type ConfigScope,
  type MetadataImage,
  type MetadataLog,
  type MetadataUpdate,
  type NewTopic,
  brokerConfig,
  createTopics,
  isInternalTopic,
} from '../meta/index.ts';
import { within } from './within.ts';

export interface TopicCreationSetting {
  readonly metadata: MetadataLog;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly configScope: (image?: MetadataImage) => ConfigScope;
  /** `offsets.topic.num.partitions` */
  readonly offsetsTopicPartitions: number;
  /** How long a request waits until the metadata log has the topic. */
  readonly storeWaitMs: number;
}

export const OFFSETS_TOPIC = '__consumer_offsets';
const DEFAULT = -1;

/** What could not be created, and why. */
type Refusals = ReadonlyMap<string, KafkaErrorName>;

/** Creates topics that nobody created by name: on first use, and the broker's own. */
export class TopicCreation {
  readonly #setting: TopicCreationSetting;

  constructor(setting: TopicCreationSetting) {
    this.#setting = setting;
  }

  /** Creates what is missing if `auto.create.topics.enable` allows it. */
  async autoCreate(names: readonly string[]): Promise<Refusals> {
    const { configScope } = this.#setting;
    const isEnabled = brokerConfig(configScope(), 'auto.create.topics.enable') === 'true';
    const wanted = names.filter((name) => isEnabled && !isInternalTopic(name));
    const topics = [...new Set(wanted)].map((name): NewTopic => ({
      name,
      numPartitions: DEFAULT,
      replicationFactor: DEFAULT,
      assignments: [],
      configs: [],
    }));
    const refusals = new Map(topics.length === 0 ? [] : await this.#create(topics, false));
    if (!names.includes(OFFSETS_TOPIC)) return refusals;
    return new Map([...refusals, ...(await this.createOffsetsTopic())]);
  }

  /** Creates `__consumer_offsets`, as Kafka does when the first group is looked for. */
  createOffsetsTopic(): Promise<Refusals> {
    const { offsetsTopicPartitions } = this.#setting;
    const configs = [{ name: 'cleanup.policy', value: 'compact' }];
    const topic = { name: OFFSETS_TOPIC, numPartitions: offsetsTopicPartitions, replicationFactor: DEFAULT };
    return this.#create([{ ...topic, assignments: [], configs }], true);
  }

  async #create(topics: readonly NewTopic[], internal: boolean): Promise<Refusals> {
    const { metadata, clock, storeWaitMs, logger } = this.#setting;
    const created = metadata.update((image) => this.#plan(image, topics, internal));
    try {
      const { result } = await within(clock, storeWaitMs, 'Creating topics', created);
      return result;
    } catch (error) {
      if (!(error instanceof ChronikError) || error instanceof InvariantError) throw error;
      logger.warn('Topics could not be created on first use', {
        topics: topics.map(({ name }) => name),
        code: error.code,
      });
      const name: KafkaErrorName = hasCode(error, 'TIMED_OUT') ? 'LEADER_NOT_AVAILABLE' : 'UNKNOWN_TOPIC_OR_PARTITION';
      return new Map(topics.map((topic) => [topic.name, name]));
    }
  }

  #plan(image: MetadataImage, topics: readonly NewTopic[], internal: boolean): MetadataUpdate<Refusals> {
    const { random, configScope } = this.#setting;
    const { broker, staticConfigs } = configScope(image);
    const options = { scope: { broker, staticConfigs }, newTopicId: () => randomUuid(random), internal };
    const { events, result } = createTopics(image, topics, options);
    const refusals = new Map<string, KafkaErrorName>();
    for (const topic of result) {
      // Somebody else was faster, which is as good.
      if (topic.outcome === 'refused' && topic.error !== 'TOPIC_ALREADY_EXISTS') refusals.set(topic.name, topic.error);
    }
    return { events, result: refusals };
  }
}

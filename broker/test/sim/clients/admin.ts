import { ApiKeys, KafkaErrors, ZERO_UUID, isRetriable, kafkaErrorName } from '../../../src/kafka/index.ts';
import type { TopicHistory } from '../model.ts';
import { Violation } from '../violation.ts';
import type { ClientWorld } from './client-world.ts';
import type { ClusterClient } from './cluster-client.ts';
import { NoAnswerError } from './wire-connection.ts';

/** Kafka's number of the resource type. */
export const TOPIC = 2;

/** Creates and deletes topics, each until it is done. */
export class Admin {
  readonly #world: ClientWorld;
  readonly #cluster: ClusterClient;

  constructor(world: ClientWorld, cluster: ClusterClient) {
    this.#world = world;
    this.#cluster = cluster;
  }

  /** Whether topics can be created with a number of partitions. */
  async canCreateTopics(): Promise<boolean> {
    await this.#cluster.refreshPatiently();
    return this.#cluster.offers('CreateTopics');
  }

  async createTopic(topic: TopicHistory, configs: ReadonlyMap<string, string>): Promise<void> {
    await this.#until(async () => {
      if (!this.#cluster.offers('CreateTopics')) return await this.#createByUse(topic);
      const answer = await this.#cluster.request(
        ApiKeys.CreateTopics,
        'CreateTopics',
        {
          topics: [
            {
              name: topic.name,
              numPartitions: topic.partitionCount,
              replicationFactor: 1,
              assignments: [],
              configs: [...configs].map(([name, value]) => ({ name, value })),
            },
          ],
          timeoutMs: 10_000,
        },
        { brokerId: this.#cluster.controllerId },
      );
      const result = answer.topics[0];
      const code = result?.errorCode ?? KafkaErrors.UNKNOWN_SERVER_ERROR;
      // An earlier attempt whose answer was lost has created it.
      if (code !== KafkaErrors.NONE && code !== KafkaErrors.TOPIC_ALREADY_EXISTS) return code;
      if (code === KafkaErrors.NONE && result !== undefined && result.topicId !== ZERO_UUID) {
        this.#world.model.showTopicId(topic, result.topicId, this.#cluster.clientId);
      }
      topic.state = 'created';
      for (const [name, value] of configs) topic.configs.set(name, value);
      return KafkaErrors.NONE;
    }, `CreateTopics of ${topic.name}`);
  }

  /** A broker without CreateTopics creates a topic of one partition when it is asked about it. */
  async #createByUse(topic: TopicHistory): Promise<number> {
    const answer = await this.#cluster.request(ApiKeys.Metadata, 'Metadata', {
      topics: [{ name: topic.name, topicId: ZERO_UUID }],
      allowAutoTopicCreation: true,
    });
    const code = answer.topics[0]?.errorCode ?? KafkaErrors.UNKNOWN_SERVER_ERROR;
    if (code === KafkaErrors.NONE) topic.state = 'created';
    return code;
  }

  async deleteTopic(topic: TopicHistory): Promise<void> {
    topic.state = 'deleting';
    await this.#until(async () => {
      const answer = await this.#cluster.request(
        ApiKeys.DeleteTopics,
        'DeleteTopics',
        { topics: [{ name: topic.name, topicId: ZERO_UUID }], topicNames: [topic.name], timeoutMs: 10_000 },
        { brokerId: this.#cluster.controllerId },
      );
      const code = answer.responses[0]?.errorCode ?? KafkaErrors.UNKNOWN_SERVER_ERROR;
      if (code !== KafkaErrors.NONE && code !== KafkaErrors.UNKNOWN_TOPIC_OR_PARTITION) return code;
      topic.state = 'deleted';
      return KafkaErrors.NONE;
    }, `DeleteTopics of ${topic.name}`);
  }

  /** Sets one configuration of a topic. */
  async setConfig(topic: TopicHistory, name: string, value: string): Promise<void> {
    await this.#until(async () => {
      const answer = await this.#cluster.request(
        ApiKeys.IncrementalAlterConfigs,
        'IncrementalAlterConfigs',
        {
          resources: [
            { resourceType: TOPIC, resourceName: topic.name, configs: [{ name, configOperation: 0, value }] },
          ],
          validateOnly: false,
        },
        { brokerId: this.#cluster.controllerId },
      );
      const code = answer.responses[0]?.errorCode ?? KafkaErrors.UNKNOWN_SERVER_ERROR;
      if (code === KafkaErrors.NONE) topic.configs.set(name, value);
      return code;
    }, `IncrementalAlterConfigs of ${topic.name}`);
  }

  async #until(attempt: () => Promise<number>, what: string): Promise<void> {
    for (;;) {
      try {
        await this.#cluster.refresh();
        const code = await attempt();
        if (code === KafkaErrors.NONE) return;
        if (!isRetriable(code)) {
          throw new Violation('no unexpected refusal', `${what} failed with ${kafkaErrorName(code) ?? code}`);
        }
      } catch (error) {
        if (!(error instanceof NoAnswerError)) throw error;
      }
      await this.#cluster.backOff();
    }
  }
}

import { ApiKeys, KafkaErrors, kafkaErrorName } from '../../../src/kafka/index.ts';
import type { DecodedBatch } from '../../support/batches.ts';
import { TOPIC } from '../clients/admin.ts';
import type { ClusterClient } from '../clients/cluster-client.ts';
import { Fetcher } from '../clients/fetcher.ts';
import { fetchOffsets } from '../clients/offsets.ts';
import { NoAnswerError } from '../clients/wire-connection.ts';
import type { TopicHistory } from '../model.ts';
import { checkPartition, endOf } from '../oracles/partition-oracle.ts';
import type { PartitionContents } from '../oracles/partition-oracle.ts';
import type { SentBatch } from '../partition-history.ts';
import { Violation } from '../violation.ts';
import type { ClusterWorld } from './world.ts';

/** ListOffsets: the first offset that there is. */
const EARLIEST = -2;

/** Reads all that clients can read and holds it against all that they were told. */
export class FinalCheck {
  readonly #world: ClusterWorld;
  readonly #cluster: ClusterClient;
  readonly #fetcher: Fetcher;

  constructor(world: ClusterWorld, name?: string) {
    this.#world = world;
    this.#cluster = world.client(name ?? `final-reader-${world.host.counts.restores}`, name !== undefined);
    this.#fetcher = new Fetcher(this.#cluster, false);
  }

  /** The topic's id; undefined if it is not there. */
  topicId(name: string): string | undefined {
    return this.#cluster.topics.get(name)?.id;
  }

  /** Asks for brokers and topics; before anything else. */
  async begin(): Promise<void> {
    await this.#cluster.refreshPatiently();
  }

  async run(groups: readonly string[]): Promise<void> {
    await this.begin();
    const ends = new Map<string, number>();
    for (const topic of this.#world.model.topics.values()) {
      if (!this.#checkTopic(topic)) continue;
      if (topic.configs.size > 0) await this.#checkConfigs(topic);
      for (const [index, history] of topic.partitions.entries()) {
        const contents = await this.readAll(topic.name, index);
        checkPartition(history, contents, (batch) => this.#mayBeLost(batch));
        ends.set(history.name, endOf(contents));
      }
    }
    for (const group of groups) await this.#checkGroup(group, ends);
    if (this.#world.deleted.length > 0) {
      throw new Violation('nothing is deleted', `somebody deleted ${this.#world.deleted.slice(0, 3).join(', ')}`);
    }
  }

  /** An acks=1 answer stands on the volume of the process that gave it. */
  #mayBeLost(batch: SentBatch): boolean {
    return this.#world.host.mayHaveLost(batch.ackedBy, batch.ackedAtMs);
  }

  /** True if the topic must be there and its partitions are to be read. */
  #checkTopic(topic: TopicHistory): boolean {
    const found = this.#cluster.topics.get(topic.name);
    switch (topic.state) {
      case 'created':
        if (found === undefined) throw new Violation('topics are kept', `${topic.name} was created and is not there`);
        if (found.partitions.size !== topic.partitionCount) {
          throw new Violation(
            'topics are kept',
            `${topic.name} has ${found.partitions.size} partitions, not ${topic.partitionCount}`,
          );
        }
        if (this.#cluster.version('Metadata') >= 10) {
          this.#world.model.showTopicId(topic, found.id, this.#cluster.clientId);
        }
        return true;
      case 'deleted':
        if (found !== undefined) throw new Violation('deletions are kept', `${topic.name} was deleted and is there`);
        return false;
      case 'unknown':
      case 'deleting':
        return false;
    }
  }

  async #checkConfigs(topic: TopicHistory): Promise<void> {
    for (;;) {
      try {
        const answer = await this.#cluster.request(ApiKeys.DescribeConfigs, 'DescribeConfigs', {
          resources: [{ resourceType: TOPIC, resourceName: topic.name, configurationKeys: null }],
        });
        const result = answer.results[0];
        if (result?.errorCode === KafkaErrors.NONE) {
          const found = new Map(result.configs.map((config) => [config.name, config.value]));
          for (const [name, value] of topic.configs) {
            if (found.get(name) === value) continue;
            throw new Violation(
              'configs are kept',
              `${topic.name}: ${name} is ${found.get(name)}, it was set to ${value}`,
            );
          }
          return;
        }
      } catch (error) {
        if (!(error instanceof NoAnswerError)) throw error;
      }
      await this.#cluster.backOff();
    }
  }

  /** Everything from the log start to the high watermark. */
  async readAll(topic: string, partition: number): Promise<PartitionContents> {
    const logStartOffset = await this.#logStart(topic, partition);
    const position = { topic, partition, offset: logStartOffset };
    const log: DecodedBatch[] = [];
    const limits = { maxWaitMs: 1, maxBytes: 1 << 22, partitionMaxBytes: 1 << 20 };
    for (;;) {
      const leader = this.#cluster.leaderOf(topic, partition) ?? 0;
      try {
        const [fetched] = await this.#fetcher.fetch(leader, [position], limits);
        if (fetched?.errorCode === KafkaErrors.NONE) {
          for (const batch of fetched.batches) {
            log.push(batch);
            position.offset = batch.lastOffset + 1;
          }
          if (position.offset >= fetched.highWatermark) return { logStartOffset, batches: log };
          continue;
        }
        if (fetched !== undefined && fetched.errorCode === KafkaErrors.OFFSET_OUT_OF_RANGE) {
          throw new Violation('acked ⊆ readable', `${topic}-${partition}: offset ${position.offset} is out of range`);
        }
        this.#world.scheduler.note(`final reader: ${topic}-${partition}: ${kafkaErrorName(fetched?.errorCode ?? -1)}`);
      } catch (error) {
        if (!(error instanceof NoAnswerError)) throw error;
      }
      await this.#cluster.backOff();
      await this.#cluster.refreshPatiently();
    }
  }

  async #logStart(topic: string, partition: number): Promise<number> {
    for (;;) {
      try {
        const answer = await this.#cluster.request(
          ApiKeys.ListOffsets,
          'ListOffsets',
          {
            replicaId: -1,
            isolationLevel: 0,
            topics: [
              { name: topic, partitions: [{ partitionIndex: partition, currentLeaderEpoch: -1, timestamp: EARLIEST }] },
            ],
          },
          { brokerId: this.#cluster.leaderOf(topic, partition) ?? 0 },
        );
        const found = answer.topics[0]?.partitions[0];
        if (found?.errorCode === KafkaErrors.NONE) return found.offset;
      } catch (error) {
        if (!(error instanceof NoAnswerError)) throw error;
      }
      await this.#cluster.backOff();
      await this.#cluster.refreshPatiently();
    }
  }

  async #checkGroup(group: string, ends: ReadonlyMap<string, number>): Promise<void> {
    const positions = [...this.#world.model.topics.values()]
      .filter((topic) => topic.state === 'created')
      .flatMap((topic) => topic.partitions.map((_, partition) => ({ topic: topic.name, partition, offset: 0 })));
    if (positions.length === 0) return;
    const identity = { group, memberId: '', generation: -1 };
    for (;;) {
      const code = await this.#tryFetchOffsets(identity, positions);
      if (code === KafkaErrors.NONE) break;
      await this.#cluster.backOff();
    }
    for (const one of positions) {
      const end = ends.get(`${one.topic}-${one.partition}`) ?? 0;
      if (one.offset > end) {
        throw new Violation(
          'committed offsets ≤ log end',
          `${group}/${one.topic}-${one.partition}: ${one.offset} > ${end}`,
        );
      }
    }
  }

  async #tryFetchOffsets(
    identity: Parameters<typeof fetchOffsets>[3],
    positions: Parameters<typeof fetchOffsets>[4],
  ): Promise<number> {
    try {
      const { group } = identity;
      const answer = await this.#cluster.request(ApiKeys.FindCoordinator, 'FindCoordinator', {
        key: group,
        keyType: 0,
        coordinatorKeys: [group],
      });
      const found = answer.coordinators[0] ?? answer;
      if (found.errorCode !== KafkaErrors.NONE) return found.errorCode;
      return await fetchOffsets(this.#world, this.#cluster, found.nodeId, identity, positions);
    } catch (error) {
      if (!(error instanceof NoAnswerError)) throw error;
      return KafkaErrors.NETWORK_EXCEPTION;
    }
  }
}

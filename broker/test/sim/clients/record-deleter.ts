import { ApiKeys, KafkaErrors, isRetriable, kafkaErrorName } from '../../../src/kafka/index.ts';
import { Violation } from '../violation.ts';
import type { ClientWorld } from './client-world.ts';
import type { ClusterClient } from './cluster-client.ts';
import { NoAnswerError } from './wire-connection.ts';

export interface DeleterPlan {
  readonly targets: readonly { readonly topic: string; readonly partition: number }[];
  /** Mean pause between two deletions. */
  readonly pauseMs: number;
}

/** Deletes the oldest records of a partition now and then, often all that there are (DeleteRecords). */
export class RecordDeleter {
  readonly #world: ClientWorld;
  readonly #cluster: ClusterClient;
  readonly #plan: DeleterPlan;

  constructor(world: ClientWorld, cluster: ClusterClient, plan: DeleterPlan) {
    this.#world = world;
    this.#cluster = cluster;
    this.#plan = plan;
  }

  async run(): Promise<void> {
    const { random } = this.#cluster.process;
    await this.#cluster.refreshPatiently();
    while (!this.#world.stopping()) {
      await this.#cluster.sleep(random.exponential(this.#plan.pauseMs));
      const { topic, partition } = random.pick(this.#plan.targets);
      const { highWatermark } = this.#world.model.partition(topic, partition);
      const offset = random.chance(0.6) ? highWatermark : random.integer(0, highWatermark);
      await this.#attempt(topic, partition, offset);
    }
  }

  /** Deletes the records below `offset`, as often as it takes. */
  async deletePatiently(topic: string, partition: number, offset: number): Promise<void> {
    await this.#cluster.refreshPatiently();
    while (!(await this.#attempt(topic, partition, offset)));
  }

  /** True if it is acknowledged; otherwise it may have happened. */
  async #attempt(topic: string, partition: number, offset: number): Promise<boolean> {
    try {
      if (await this.#delete(topic, partition, offset)) return true;
    } catch (error) {
      if (!(error instanceof NoAnswerError)) throw error;
    }
    await this.#cluster.backOff();
    await this.#cluster.refreshPatiently();
    return false;
  }

  async #delete(topic: string, partition: number, offset: number): Promise<boolean> {
    const history = this.#world.model.partition(topic, partition);
    history.askDeletion(offset);
    const answer = await this.#cluster.request(
      ApiKeys.DeleteRecords,
      'DeleteRecords',
      { topics: [{ name: topic, partitions: [{ partitionIndex: partition, offset }] }], timeoutMs: 5_000 },
      { brokerId: this.#cluster.leaderOf(topic, partition) ?? 0 },
    );
    const result = answer.topics[0]?.partitions[0];
    const code = result?.errorCode ?? KafkaErrors.UNKNOWN_SERVER_ERROR;
    if (code === KafkaErrors.NONE) {
      history.ackDeletion(offset);
      this.#world.model.counts.deletions++;
      return true;
    }
    if (!isRetriable(code)) {
      throw new Violation(
        'no unexpected refusal',
        `${history.name}: DeleteRecords up to ${offset} failed with ${kafkaErrorName(code) ?? code}`,
      );
    }
    return false;
  }
}

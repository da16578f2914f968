import { ApiKeys, KafkaErrors, ZERO_UUID, isRetriable, kafkaErrorName } from '../../../src/kafka/index.ts';
import type { Acks, SentBatch } from '../partition-history.ts';
import { Violation } from '../violation.ts';
import type { ClientWorld } from './client-world.ts';
import type { ClusterClient } from './cluster-client.ts';
import { makeBatch } from './payload.ts';
import { NoAnswerError } from './wire-connection.ts';
import type { WireConnection } from './wire-connection.ts';

export interface ProducerPlan {
  readonly acks: Acks;
  /** Needs acks -1. */
  readonly idempotent: boolean;
  readonly targets: readonly { readonly topic: string; readonly partition: number }[];
  /** Mean pause between two bursts to a partition. */
  readonly pauseMs: number;
  /** Batches in flight to one partition; Kafka's producers keep order with at most 5, and only if idempotent. */
  readonly inFlight: number;
  /** After so long it finishes and goes; left out: it stays until the load is over. */
  readonly lifeMs?: number;
}

const MANY_BATCHES = 1_200;

interface Pending {
  readonly bytes: Buffer;
  readonly sent: SentBatch;
}

/** What one attempt came to: an error code, or undefined when no answer came. */
type Outcome = number | undefined;

/** A producer that behaves as Kafka's own do: retries with the same bytes, sequences and order; gives up on fatal errors. */
export class Producer {
  readonly #world: ClientWorld;
  readonly #cluster: ClusterClient;
  readonly #plan: ProducerPlan;
  readonly #name: string;
  #producerId: number | undefined;
  #producerEpoch = -1;
  /** Partitions that know this idempotent producer: a first batch may have any sequence, a later one may not. */
  readonly #known = new Set<string>();

  constructor(world: ClientWorld, cluster: ClusterClient, plan: ProducerPlan) {
    this.#world = world;
    this.#cluster = cluster;
    this.#plan = plan;
    this.#name = cluster.clientId;
  }

  async run(): Promise<void> {
    await this.#cluster.refreshPatiently();
    if (this.#plan.idempotent) await this.#initProducerId();
    await Promise.all(this.#plan.targets.map((target) => this.#feed(target.topic, target.partition)));
  }

  async #initProducerId(): Promise<void> {
    for (;;) {
      try {
        const answer = await this.#cluster.request(ApiKeys.InitProducerId, 'InitProducerId', {
          transactionalId: null,
          transactionTimeoutMs: 60_000,
        });
        if (answer.errorCode === KafkaErrors.NONE) {
          this.#world.model.showProducerId(answer.producerId, answer.producerEpoch, this.#name);
          this.#producerId = answer.producerId;
          this.#producerEpoch = answer.producerEpoch;
          return;
        }
        this.#demandRetriable(answer.errorCode, 'InitProducerId');
      } catch (error) {
        if (!(error instanceof NoAnswerError)) throw error;
      }
      await this.#cluster.backOff();
    }
  }

  async #feed(topic: string, partition: number): Promise<void> {
    const random = this.#cluster.process.random;
    const endMs = this.#cluster.nowMs + (this.#plan.lifeMs ?? Number.POSITIVE_INFINITY);
    let number = 0;
    let sequence = 0;
    while (!this.#world.stopping()) {
      // A run that has seen a lot goes on slowly: what counts now is what happens to it.
      const slowDown = this.#world.model.counts.sent > MANY_BATCHES ? 10 : 1;
      await this.#cluster.sleep(random.exponential(this.#plan.pauseMs * slowDown));
      if (this.#gone(topic)) return;
      const history = this.#world.model.partition(topic, partition);
      const burst: Pending[] = [];
      for (let i = random.integer(1, this.#plan.inFlight); i > 0; i--) {
        const pending = makeBatch(this.#cluster.process, {
          producer: this.#name,
          partitionName: history.name,
          number: number++,
          acks: this.#plan.acks,
          ...(this.#producerId === undefined
            ? {}
            : { producerId: this.#producerId, producerEpoch: this.#producerEpoch, baseSequence: sequence }),
        });
        sequence += pending.sent.recordCount;
        history.send(pending.sent);
        this.#world.model.counts.sent++;
        burst.push(pending);
      }
      await this.#deliver(topic, partition, burst);
      if (this.#cluster.nowMs > endMs) return;
    }
  }

  #gone(topic: string): boolean {
    const state = this.#world.model.topic(topic)?.state;
    return state === 'deleting' || state === 'deleted';
  }

  /** Sends the batches, in order, again and again until each is acked or refused. */
  async #deliver(topic: string, partition: number, burst: readonly Pending[]): Promise<void> {
    const history = this.#world.model.partition(topic, partition);
    let open = burst;
    while (open.length > 0) {
      const outcomes = await this.#attempt(topic, partition, open);
      if (this.#plan.acks === 0) return;
      const oldest = outcomes.findIndex((code) => code !== KafkaErrors.NONE);
      const still: Pending[] = [];
      for (const [index, pending] of open.entries()) {
        const code = outcomes[index];
        if (pending.sent.state === 'acked') continue;
        if (code !== undefined && this.#isFatal(code, index === oldest)) {
          if (this.#gone(topic)) return;
          this.#complainIfStateWasLost(history.name, pending.sent, code);
          history.refuse(pending.sent);
          this.#world.model.counts.refused++;
        } else {
          still.push(pending);
        }
      }
      open = still;
      if (open.length === 0) return;
      if (this.#gone(topic)) return;
      await this.#cluster.backOff();
      await this.#cluster.refresh().catch((error: unknown) => {
        if (!(error instanceof NoAnswerError)) throw error;
      });
    }
  }

  /** A later batch of a burst is out of order when an earlier one was not taken: Kafka's producer just sends it again. */
  #isFatal(code: number, isOldest: boolean): boolean {
    if (code === KafkaErrors.NONE || isRetriable(code)) return false;
    return !(code === KafkaErrors.OUT_OF_ORDER_SEQUENCE_NUMBER && !isOldest);
  }

  #complainIfStateWasLost(partition: string, sent: SentBatch, code: number): void {
    const name = kafkaErrorName(code) ?? String(code);
    throw new Violation(
      'no unexpected refusal',
      `${partition}: batch ${sent.number} of ${sent.producer} was refused: ${name}`,
    );
  }

  #demandRetriable(code: number, what: string): void {
    if (isRetriable(code)) return;
    throw new Violation('no unexpected refusal', `${this.#name}: ${what} failed with ${kafkaErrorName(code) ?? code}`);
  }

  async #attempt(topic: string, partition: number, open: readonly Pending[]): Promise<readonly Outcome[]> {
    const leader = this.#cluster.leaderOf(topic, partition);
    if (leader === undefined) return open.map(() => undefined);
    let connection: WireConnection;
    try {
      connection = await this.#cluster.connection(leader);
    } catch (error) {
      if (!(error instanceof NoAnswerError)) throw error;
      return open.map(() => undefined);
    }
    // All are on their way before the first is answered. Now and then a later one overtakes: the broker has to refuse it.
    const overtaken = this.#known.has(`${topic}-${partition}`) && this.#cluster.process.random.chance(0.05);
    const outcomes = (overtaken ? open.toReversed() : open).map((pending) =>
      this.#produce(connection, topic, partition, pending),
    );
    if (!overtaken) return await Promise.all(outcomes);
    const inOrder = await Promise.all(outcomes.reverse());
    return inOrder.map((code, index) =>
      index > 0 && code === KafkaErrors.OUT_OF_ORDER_SEQUENCE_NUMBER ? undefined : code,
    );
  }

  async #produce(connection: WireConnection, topic: string, partition: number, pending: Pending): Promise<Outcome> {
    const topicId = this.#cluster.topicId(topic);
    const version = Math.min(this.#cluster.version('Produce'), topicId === ZERO_UUID ? 12 : 13);
    const body = {
      acks: this.#plan.acks,
      timeoutMs: 5_000,
      topicData: [{ name: topic, topicId, partitionData: [{ index: partition, records: pending.bytes }] }],
    };
    if (this.#plan.acks === 0) {
      if (!connection.closed) connection.send(ApiKeys.Produce, version, body);
      return undefined;
    }
    try {
      const answer = await connection.request(ApiKeys.Produce, version, body, this.#cluster.requestTimeoutMs);
      const result = answer.responses[0]?.partitionResponses[0];
      if (result === undefined) {
        throw new Violation('well-formed answers', `${this.#name}: Produce was answered without the partition`);
      }
      // DUPLICATE_SEQUENCE_NUMBER: the broker has it but no longer knows where.
      const duplicate = result.errorCode === KafkaErrors.DUPLICATE_SEQUENCE_NUMBER;
      if (result.errorCode !== KafkaErrors.NONE && !duplicate) return result.errorCode;
      const history = this.#world.model.partition(topic, partition);
      const offset = duplicate ? undefined : result.baseOffset;
      if (this.#plan.idempotent) this.#known.add(`${topic}-${partition}`);
      history.ack(pending.sent, offset, this.#world.scheduler.nowMs, connection.serverName);
      this.#world.model.counts.acked++;
      return KafkaErrors.NONE;
    } catch (error) {
      if (error instanceof NoAnswerError) return undefined;
      throw error;
    }
  }
}

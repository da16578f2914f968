import type { Consumer, Kafka, Producer } from 'kafkajs';
import { Gap } from './gap.ts';

export interface LoadPlan {
  readonly topic: string;
  readonly partitions: number;
  /** Distinguishes the records of this load from all others. */
  readonly name: string;
  /** Time between two sends; each waits for its acknowledgement first. */
  readonly everyMs: number;
}

/** What a producer was told is safe. */
export interface Ack {
  readonly partition: number;
  readonly offset: number;
  readonly key: string;
}

export interface LoadReport {
  readonly acks: readonly Ack[];
  readonly consumed: number;
  /** Longest time between two acknowledgements, and between two records read, in seconds. */
  readonly produceGapSeconds: number;
  readonly fetchGapSeconds: number;
}

/** The value that belongs to a key. */
export function valueOf(key: string): string {
  return `value of ${key} ${'.'.repeat(200)}`;
}

/** An idempotent producer with acks=all and a member of a consumer group, both at work until they are told to stop. */
export class Load {
  readonly #plan: LoadPlan;
  readonly #producer: Producer;
  readonly #consumer: Consumer;
  readonly #acks: Ack[] = [];
  readonly #produced = new Gap();
  readonly #fetched = new Gap();
  #stopped = false;
  #loop: Promise<void> = Promise.resolve();

  constructor(kafka: Kafka, plan: LoadPlan) {
    this.#plan = plan;
    this.#producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1, allowAutoTopicCreation: false });
    this.#consumer = kafka.consumer({
      groupId: `readers-of-${plan.name}`,
      maxWaitTimeInMs: 250,
      heartbeatInterval: 500,
      sessionTimeout: 10_000,
    });
  }

  /** Resolves once records flow in both directions. */
  async start(): Promise<void> {
    await this.#producer.connect();
    await this.#consumer.connect();
    await this.#consumer.subscribe({ topic: this.#plan.topic, fromBeginning: false });
    const first = Promise.withResolvers<void>();
    await this.#consumer.run({
      autoCommitInterval: 500,
      eachMessage: () => {
        this.#fetched.event();
        first.resolve();
        return Promise.resolve();
      },
    });
    this.#loop = this.#produce();
    await Promise.race([first.promise, this.#loop]);
  }

  report(): LoadReport {
    return {
      acks: this.#acks,
      consumed: this.#fetched.count,
      produceGapSeconds: this.#produced.longestSeconds,
      fetchGapSeconds: this.#fetched.longestSeconds,
    };
  }

  /** Waits for the acknowledgement that is outstanding. */
  async stop(): Promise<LoadReport> {
    this.#stopped = true;
    await this.#loop;
    const report = this.report();
    await this.#producer.disconnect();
    await this.#consumer.disconnect();
    return report;
  }

  async #produce(): Promise<void> {
    const { topic, partitions, name, everyMs } = this.#plan;
    for (let index = 0; !this.#stopped; index += 1) {
      const key = `${name}-${index}`;
      const messages = [{ partition: index % partitions, key, value: valueOf(key) }];
      const [answer] = await this.#producer.send({ topic, acks: -1, messages });
      this.#produced.event();
      this.#acks.push({ partition: index % partitions, offset: Number(answer?.baseOffset), key });
      await new Promise((resolve) => setTimeout(resolve, everyMs));
    }
  }
}

import type { Consumer, Kafka, Producer } from 'kafkajs';
import { Gap } from './gap.ts';

export interface LoadPlan {
  readonly topic: string;
  readonly partitions: number;
  /** Distinguishes the records of this load from all others. */
  readonly name: string;
  /** Time between two sends; each waits for its acknowledgement first, and writes one record to this many partitions. */
  readonly everyMs: number;
  readonly atOnce: number;
  /**
   * False where acknowledged records are lost with a store: an idempotent producer rightly gives up then, because what follows the last
   * record that it knows of would follow a gap.
   */
  readonly idempotent?: boolean;
}

/** What a producer was told is safe. */
export interface Ack {
  readonly partition: number;
  readonly offset: number;
  readonly key: string;
  /** When it was told, by the clock of its node. */
  readonly atMs: number;
}

/** The longest time that a client had to wait. */
export interface Absence {
  readonly seconds: number;
  readonly endedAtMs: number;
}

export interface LoadReport {
  readonly acks: readonly Ack[];
  readonly consumed: number;
  /** Why the producer gave up, which it never should. */
  readonly failure?: string;
  /** Between two acknowledgements. */
  readonly produce: Absence;
  /** Between two records that were read. */
  readonly fetch: Absence;
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
  #failure: string | undefined;
  #loop: Promise<void> = Promise.resolve();

  constructor(kafka: Kafka, plan: LoadPlan) {
    this.#plan = plan;
    this.#producer = kafka.producer({
      idempotent: plan.idempotent ?? true,
      maxInFlightRequests: 1,
      allowAutoTopicCreation: false,
    });
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
      autoCommitInterval: 2_000,
      eachMessage: () => {
        this.#fetched.event();
        first.resolve();
        return Promise.resolve();
      },
    });
    this.#loop = this.#produce().catch((error: unknown) => {
      this.#failure = String(error);
    });
    await Promise.race([first.promise, this.#loop]);
    if (this.#failure !== undefined) throw new Error(this.#failure);
  }

  report(): LoadReport {
    return {
      acks: [...this.#acks],
      ...(this.#failure === undefined ? {} : { failure: this.#failure }),
      consumed: this.#fetched.count,
      produce: absenceOf(this.#produced),
      fetch: absenceOf(this.#fetched),
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
    const { topic, partitions, name, everyMs, atOnce } = this.#plan;
    for (let index = 0; !this.#stopped; index += atOnce) {
      const messages = Array.from({ length: atOnce }, (_, add) => {
        const key = `${name}-${index + add}`;
        return { partition: (index + add) % partitions, key, value: valueOf(key) };
      });
      const answers = await this.#producer.send({ topic, acks: -1, messages });
      this.#produced.event();
      const atMs = Date.now();
      const offsets = new Map(answers.map(({ partition, baseOffset }) => [partition, Number(baseOffset)]));
      this.#acks.push(
        ...messages.map(({ partition, key }) => ({ partition, key, offset: offsets.get(partition) ?? -1, atMs })),
      );
      await new Promise((resolve) => setTimeout(resolve, everyMs));
    }
  }
}

function absenceOf({ seconds, endedAtMs }: Gap): Absence {
  return { seconds, endedAtMs };
}

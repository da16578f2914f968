import { CompressionTypes, Partitioners } from 'kafkajs';
import type { Producer } from 'kafkajs';
import { connect } from '../demo/client.ts';

/** A record whose producer was told that it is safe. */
export interface Acknowledged {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly value: string;
  readonly atMs: number;
}

export interface Target {
  readonly topic: string;
  readonly partitions: number;
}

const RECORDS = 20;

/** Writes without a pause with acks=all until it is stopped or the broker is gone, and remembers what it was told. */
export class Load {
  readonly acknowledged: Acknowledged[] = [];
  readonly #targets: readonly Target[];
  readonly #name: string;
  #isStopped = false;
  #ended: Promise<void> | undefined;
  #written = 0;

  /** `name`: part of every value, so that none occurs twice. */
  constructor(targets: readonly Target[], name: string) {
    this.#targets = targets;
    this.#name = name;
  }

  async start(bootstrap: string): Promise<void> {
    const kafka = connect(bootstrap);
    const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner, retry: { retries: 0 } });
    await producer.connect();
    this.#ended = this.#run(producer);
  }

  /** Resolves when the last answer has come, or will never come. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#ended;
  }

  async #run(producer: Producer): Promise<void> {
    while (!this.#isStopped) {
      try {
        await this.#writeOnce(producer);
      } catch {
        // The broker is gone, in the middle of it: nobody was told anything.
        if (!this.#isStopped) await new Promise((resolve) => setTimeout(resolve, 100));
      }
    }
    // A broker that is gone cannot be taken leave of.
    await producer.disconnect().catch(() => undefined);
  }

  async #writeOnce(producer: Producer): Promise<void> {
    const { topic, partitions } = this.#targets[this.#written % this.#targets.length]!;
    const partition = this.#written % partitions;
    const values = Array.from({ length: RECORDS }, (_, index) => `${this.#name} ${this.#written}.${index}`);
    this.#written += 1;
    const messages = values.map((value) => ({ key: String(partition), value, partition }));
    const [answer] = await producer.send({ topic, acks: -1, messages, compression: CompressionTypes.GZIP });
    const base = Number(answer?.baseOffset ?? 'NaN');
    const atMs = Date.now();
    for (const [index, value] of values.entries()) {
      this.acknowledged.push({ topic, partition, offset: base + index, value, atMs });
    }
  }
}

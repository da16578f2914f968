import { ApiKeys, ZERO_UUID, batchesOf, buildBatch, decodeRecords } from '../../broker/src/kafka/index.ts';
import { Client } from '../bench/load/client.ts';
import type { Address } from '../bench/load/client.ts';

const TIMEOUT_MS = 30_000;

/** An ordinary client that must be served whatever the others do: writes a record, reads it back, again and again. */
export class Probe {
  readonly #client: Client;
  readonly #topic: string;
  #nextOffset = 0;
  #rounds = 0;

  private constructor(client: Client, topic: string) {
    this.#client = client;
    this.#topic = topic;
  }

  /** Connects and has the topic made. */
  static async connect(address: Address, topic: string): Promise<Probe> {
    const probe = new Probe(await Client.connect(address), topic);
    await probe.#client.request(ApiKeys.CreateTopics, 5, {
      topics: [{ name: topic, numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] }],
      timeoutMs: TIMEOUT_MS,
      validateOnly: false,
    });
    return probe;
  }

  get client(): Client {
    return this.#client;
  }

  /** Records written and read back so far. */
  get rounds(): number {
    return this.#rounds;
  }

  /** One record to the bucket and back. Rejects if it is refused, changed or lost. */
  async round(): Promise<void> {
    const value = `round ${this.#rounds}`;
    await this.#produce(value);
    const read = await this.#fetch();
    if (read !== value) throw new Error(`the probe wrote "${value}" and read "${read}"`);
    this.#rounds += 1;
  }

  close(): void {
    this.#client.close();
  }

  async #produce(value: string): Promise<void> {
    const records = buildBatch({ records: [{ key: null, value: Buffer.from(value), timestampMs: Date.now() }] });
    const { responses } = await this.#client.request(ApiKeys.Produce, 9, {
      acks: -1,
      timeoutMs: TIMEOUT_MS,
      topicData: [{ name: this.#topic, partitionData: [{ index: 0, records }] }],
    });
    const answer = responses[0]?.partitionResponses[0];
    if (answer?.errorCode !== 0) {
      throw new Error(`the probe was refused: error ${answer?.errorCode ?? 'without a word'}`);
    }
    this.#nextOffset = answer.baseOffset;
  }

  async #fetch(): Promise<string> {
    const partition = { partition: 0, fetchOffset: this.#nextOffset, partitionMaxBytes: 1 << 20 };
    const { responses } = await this.#client.request(ApiKeys.Fetch, 12, {
      maxWaitMs: TIMEOUT_MS,
      minBytes: 1,
      maxBytes: 1 << 20,
      topics: [{ topic: this.#topic, topicId: ZERO_UUID, partitions: [partition] }],
      forgottenTopicsData: [],
    });
    const answer = responses[0]?.partitions[0];
    if (answer?.errorCode !== 0) {
      throw new Error(`the probe cannot read: error ${answer?.errorCode ?? 'without a word'}`);
    }
    const values = [...batchesOf(answer.records ?? Buffer.alloc(0))].flatMap((batch) => decodeRecords(batch));
    return values[0]?.value?.toString() ?? 'nothing';
  }
}

import { CompressionTypes, Kafka, Partitioners, logLevel } from 'kafkajs';
import type { Admin, KafkaMessage, Message } from 'kafkajs';
import type { DemoRecord } from './dataset.ts';

const BATCH_RECORDS = 2_000;

/** A record as a consumer saw it. */
export interface ReadRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: string;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: readonly (readonly [string, string])[];
  readonly timestamp: string;
}

export function connect(bootstrap: string): Kafka {
  return new Kafka({ clientId: 'demo', brokers: [bootstrap], logLevel: logLevel.NOTHING });
}

/** Runs `work` with a connected admin client. */
export async function withAdmin<Result>(kafka: Kafka, work: (admin: Admin) => Promise<Result>): Promise<Result> {
  const admin = kafka.admin();
  await admin.connect();
  try {
    return await work(admin);
  } finally {
    await admin.disconnect();
  }
}

/** Produces all records with acks=all and gzip, calling `onProgress` after each batch. */
export async function produce(
  kafka: Kafka,
  records: readonly DemoRecord[],
  onProgress: (done: number) => void,
): Promise<void> {
  const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner });
  await producer.connect();
  try {
    for (let start = 0; start < records.length; start += BATCH_RECORDS) {
      const slice = records.slice(start, start + BATCH_RECORDS);
      const topics = [...new Set(slice.map((record) => record.topic))];
      await producer.sendBatch({
        acks: -1,
        compression: CompressionTypes.GZIP,
        topicMessages: topics.map((topic) => ({
          topic,
          messages: slice.filter((record) => record.topic === topic).map(toMessage),
        })),
      });
      onProgress(Math.min(start + BATCH_RECORDS, records.length));
    }
  } finally {
    await producer.disconnect();
  }
}

function toMessage(record: DemoRecord): Message {
  return { key: record.key, value: record.value, headers: { ...record.headers }, timestamp: record.timestamp };
}

/**
 * Reads as a member of `groupId` from where the group stands until `total` records have come, and commits: with `commitAt` after
 * that many records, at the position reached then in each partition; without it at the end of everything.
 */
export async function consume(
  kafka: Kafka,
  groupId: string,
  topics: readonly string[],
  total: number,
  commitAt = total,
): Promise<readonly ReadRecord[]> {
  const consumer = kafka.consumer({ groupId, rebalanceTimeout: 10_000, maxWaitTimeInMs: 200 });
  const read: ReadRecord[] = [];
  const positions = new Map<string, { topic: string; partition: number; offset: string }>();
  await consumer.connect();
  try {
    await consumer.subscribe({ topics: [...topics], fromBeginning: true });
    const done = Promise.withResolvers<void>();
    consumer.on(consumer.events.CRASH, ({ payload }) => done.reject(payload.error));
    await consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: true,
      eachBatch: async ({ batch }) => {
        for (const message of batch.messages) {
          read.push(toReadRecord(batch.topic, batch.partition, message));
          if (read.length > commitAt) continue;
          const next = String(BigInt(message.offset) + 1n);
          positions.set(`${batch.topic}/${batch.partition}`, {
            topic: batch.topic,
            partition: batch.partition,
            offset: next,
          });
        }
        if (read.length >= total) done.resolve();
        await Promise.resolve();
      },
    });
    await done.promise;
    await consumer.commitOffsets([...positions.values()]);
  } finally {
    await consumer.disconnect();
  }
  return read;
}

function toReadRecord(topic: string, partition: number, message: KafkaMessage): ReadRecord {
  const headers = Object.entries(message.headers ?? {}).map(([name, value]) => [name, String(value)] as const);
  return {
    topic,
    partition,
    offset: message.offset,
    key: message.key,
    value: message.value,
    headers,
    timestamp: message.timestamp,
  };
}

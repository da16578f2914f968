import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import kafkajs from 'kafkajs';
import type { IHeaders, Kafka, KafkaMessage } from 'kafkajs';
import { compress, decompress } from '../../../broker/src/kafka/index.ts';
import type { Codec, ProduceVariant } from '../model/operations.ts';
import type { Header, RecordToWrite, SeenRecord } from '../model/records.ts';

const READ_TIMEOUT_MS = 30_000;

const COMPRESSION: Readonly<Record<Codec, number>> = { none: 0, gzip: 1, snappy: 2, lz4: 3, zstd: 4 };

interface Encodable {
  readonly buffer: Buffer;
}

/** kafkajs brings gzip and takes the others as plug-ins: zstd is Node's, the rest Chronik's own. */
function plugIn(codec: Codec, pack: (bytes: Buffer) => Buffer, unpack: (bytes: Buffer) => Buffer): void {
  kafkajs.CompressionCodecs[COMPRESSION[codec] as keyof typeof kafkajs.CompressionCodecs] = () => ({
    compress: ({ buffer }: Encodable) => Promise.resolve(pack(buffer)),
    decompress: (buffer: Buffer) => Promise.resolve(unpack(buffer)),
  });
}

plugIn('zstd', zstdCompressSync, zstdDecompressSync);
for (const codec of ['snappy', 'lz4'] as const) {
  plugIn(
    codec,
    (bytes) => compress(codec, bytes),
    (bytes) => decompress(codec, bytes),
  );
}

export async function produceWithKafkajs(
  kafka: Kafka,
  topic: string,
  records: readonly RecordToWrite[],
  variant: ProduceVariant,
): Promise<void> {
  const producer = kafka.producer({
    createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
    idempotent: variant.idempotent,
    allowAutoTopicCreation: false,
  });
  await producer.connect();
  try {
    await producer.send({
      topic,
      acks: variant.acks === 'all' ? -1 : variant.acks,
      compression: COMPRESSION[variant.codec],
      messages: records.map(({ key, value, headers }) => ({ key, value, headers: Object.fromEntries(headers) })),
    });
  } finally {
    await producer.disconnect();
  }
}

export async function consumeWithKafkajs(
  kafka: Kafka,
  groupId: string,
  topic: string,
  total: number,
  commits: boolean,
): Promise<readonly SeenRecord[]> {
  const consumer = kafka.consumer({ groupId, maxWaitTimeInMs: 200, retry: { retries: 1 } });
  const seen: SeenRecord[] = [];
  await consumer.connect();
  try {
    await consumer.subscribe({ topics: [topic], fromBeginning: true });
    const done = Promise.withResolvers<void>();
    const timer = setTimeout(() => {
      done.reject(new Error(`${seen.length} of ${total} records within ${READ_TIMEOUT_MS} ms`));
    }, READ_TIMEOUT_MS);
    consumer.on(consumer.events.CRASH, ({ payload }) => done.reject(payload.error));
    await consumer.run({
      autoCommit: false,
      eachMessage: ({ partition, message }) => {
        seen.push(toSeen(partition, message));
        if (seen.length >= total) done.resolve();
        return Promise.resolve();
      },
    });
    await done.promise.finally(() => clearTimeout(timer));
    if (commits) await consumer.commitOffsets(positions(topic, seen));
  } finally {
    await consumer.disconnect();
  }
  return seen;
}

function positions(topic: string, seen: readonly SeenRecord[]): { topic: string; partition: number; offset: string }[] {
  const next = new Map<number, number>();
  for (const { partition, offset } of seen) next.set(partition, Math.max(next.get(partition) ?? 0, offset + 1));
  return [...next].map(([partition, offset]) => ({ topic, partition, offset: String(offset) }));
}

function toSeen(partition: number, { offset, key, value, headers }: KafkaMessage): SeenRecord {
  return { partition, offset: Number(offset), key, value, headers: toHeaders(headers ?? {}) };
}

function toHeaders(headers: IHeaders): readonly Header[] {
  return Object.entries(headers).flatMap(([name, content]) => {
    const values = Array.isArray(content) ? content : [content ?? ''];
    return values.map((value): Header => [name, Buffer.from(value)]);
  });
}

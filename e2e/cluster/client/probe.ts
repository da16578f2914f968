import { randomBytes } from 'node:crypto';
import type { Kafka } from 'kafkajs';
import { valueOf } from './load.ts';
import type { Ack } from './load.ts';

export interface ProbeReport {
  /** From the call to the first acknowledged record, and to the first record read, in seconds. */
  readonly produceSeconds: number;
  readonly fetchSeconds: number;
  readonly acks: readonly Ack[];
}

/** A client that comes while nobody serves: how long until it has written, and until it has read. One record to each partition. */
export async function firstAfter(kafka: Kafka, topic: string, partitions: number): Promise<ProbeReport> {
  const startedMs = performance.now();
  const since = (): number => (performance.now() - startedMs) / 1000;
  const id = randomBytes(4).toString('hex');
  const producing = async (): Promise<{ readonly seconds: number; readonly acks: readonly Ack[] }> => {
    const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1, allowAutoTopicCreation: false });
    await producer.connect();
    const first = await send(0, 1);
    const seconds = since();
    const rest = partitions > 1 ? await send(1, partitions) : [];
    await producer.disconnect();
    return { seconds, acks: [...first, ...rest] };

    async function send(from: number, to: number): Promise<readonly Ack[]> {
      const messages = Array.from({ length: to - from }, (_, index) => {
        const key = `${id}-${from + index}`;
        return { partition: from + index, key, value: valueOf(key) };
      });
      const answers = await producer.send({ topic, acks: -1, messages });
      return answers.map(({ partition, baseOffset }) => {
        return { partition, offset: Number(baseOffset), key: `${id}-${partition}` };
      });
    }
  };
  const [{ seconds, acks }, fetchSeconds] = await Promise.all([producing(), fetchFirst(kafka, topic, since)]);
  return { produceSeconds: seconds, fetchSeconds, acks };
}

async function fetchFirst(kafka: Kafka, topic: string, since: () => number): Promise<number> {
  const consumer = kafka.consumer({ groupId: `first-${randomBytes(4).toString('hex')}`, maxWaitTimeInMs: 100 });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  const first = Promise.withResolvers<number>();
  await consumer.run({
    eachMessage: () => {
      first.resolve(since());
      return Promise.resolve();
    },
  });
  const seconds = await first.promise;
  await consumer.disconnect();
  return seconds;
}

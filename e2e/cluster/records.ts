import { Kafka, logLevel } from 'kafkajs';
import { POD_ADDRESS } from './pretend-node.ts';

const TOPIC = 'cities';

function connect(port: number): Kafka {
  return new Kafka({
    clientId: 'cluster-suite',
    brokers: [`${POD_ADDRESS}:${port}`],
    logLevel: logLevel.NOTHING,
    retry: { retries: 20, initialRetryTime: 100, maxRetryTime: 1_000 },
  });
}

/** Produces `count` records with acks=all; resolves when all are acknowledged. */
export async function produce(port: number, from: number, count: number): Promise<void> {
  const producer = connect(port).producer({ allowAutoTopicCreation: true });
  await producer.connect();
  const messages = Array.from({ length: count }, (_, index) => ({
    key: `${from + index}`,
    value: `record ${from + index}`,
  }));
  await producer.send({ topic: TOPIC, acks: -1, messages });
  await producer.disconnect();
}

/** Reads from the beginning until `count` records were seen; throws if one is missing, doubled or changed. */
export async function expectRecords(port: number, count: number): Promise<void> {
  const consumer = connect(port).consumer({ groupId: `check-${Date.now()}` });
  const seen = new Map<string, number>();
  await consumer.connect();
  await consumer.subscribe({ topic: TOPIC, fromBeginning: true });
  const all = Promise.withResolvers<void>();
  const timer = setTimeout(() => all.reject(new Error(`only ${seen.size} of ${count} records`)), 60_000);
  await consumer.run({
    eachMessage: ({ message }) => {
      const key = String(message.key);
      if (String(message.value) !== `record ${key}`) all.reject(new Error(`record ${key} was changed`));
      seen.set(key, (seen.get(key) ?? 0) + 1);
      if (seen.size === count) all.resolve();
      return Promise.resolve();
    },
  });
  try {
    await all.promise;
  } finally {
    clearTimeout(timer);
    await consumer.disconnect();
  }
  const doubled = [...seen].find(([, times]) => times > 1);
  if (doubled !== undefined) throw new Error(`record ${doubled[0]} was read ${doubled[1]} times`);
}

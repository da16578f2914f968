/**
 * Stands in for three of Apache Kafka's command-line tools where there is no Java, so that documented procedures can be executed
 * word for word. Knows exactly the flags that the documents use and refuses all others.
 */
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { Kafka, Partitioners, logLevel } from 'kafkajs';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    'bootstrap-server': { type: 'string' },
    topic: { type: 'string' },
    partitions: { type: 'string' },
    create: { type: 'boolean' },
    list: { type: 'boolean' },
    'from-beginning': { type: 'boolean' },
    'max-messages': { type: 'string' },
  },
});

function required(name: 'bootstrap-server' | 'topic'): string {
  const value = values[name];
  if (value === undefined) throw new Error(`--${name} is missing`);
  return value;
}

const kafka = new Kafka({ clientId: 'shim', brokers: [required('bootstrap-server')], logLevel: logLevel.NOTHING });

async function topics(): Promise<void> {
  const admin = kafka.admin();
  await admin.connect();
  try {
    if (values.create === true) {
      const topic = required('topic');
      await admin.createTopics({ topics: [{ topic, numPartitions: Number(values.partitions ?? '1') }] });
      console.log(`Created topic ${topic}.`);
    } else {
      for (const name of (await admin.listTopics()).toSorted()) console.log(name);
    }
  } finally {
    await admin.disconnect();
  }
}

async function produce(): Promise<void> {
  const topic = required('topic');
  const messages: { value: string }[] = [];
  for await (const line of createInterface({ input: process.stdin })) messages.push({ value: line });
  const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner });
  await producer.connect();
  try {
    await producer.send({ topic, acks: -1, messages });
  } finally {
    await producer.disconnect();
  }
}

async function consume(): Promise<void> {
  const limit = Number(values['max-messages'] ?? '1');
  const consumer = kafka.consumer({ groupId: `console-consumer-${process.pid}`, maxWaitTimeInMs: 200 });
  await consumer.connect();
  try {
    await consumer.subscribe({ topics: [required('topic')], fromBeginning: values['from-beginning'] === true });
    const done = Promise.withResolvers<void>();
    let seen = 0;
    consumer.on(consumer.events.CRASH, ({ payload }) => done.reject(payload.error));
    await consumer.run({
      eachMessage: ({ message }) => {
        if (seen < limit) console.log(message.value?.toString() ?? 'null');
        seen += 1;
        if (seen >= limit) done.resolve();
        return Promise.resolve();
      },
    });
    await done.promise;
  } finally {
    await consumer.disconnect();
  }
  console.log(`Processed a total of ${limit} messages`);
}

const verbs: Readonly<Record<string, () => Promise<void>>> = {
  'kafka-topics.sh': topics,
  'kafka-console-producer.sh': produce,
  'kafka-console-consumer.sh': consume,
};
const verb = verbs[positionals[0] ?? ''];
if (verb === undefined) throw new Error(`no such tool: ${String(positionals[0])}`);
await verb();

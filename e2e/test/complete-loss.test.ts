import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { Kafka, Partitioners, logLevel } from 'kafkajs';
import type { Producer } from 'kafkajs';
import { BrokerProcess } from '../support/broker-process.ts';
import type { BrokerSettings } from '../support/broker-process.ts';
import { freePort } from '../support/ports.ts';

const TOPIC = 'ledger';
const PARTITIONS = 3;
const ROUNDS = 3;
const ACKS_BEFORE_A_KILL = 25;

let root: string;
let settings: BrokerSettings;
let broker: BrokerProcess;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'chronik-loss-'));
  settings = {
    port: await freePort(),
    httpPort: await freePort(),
    dataDirectory: join(root, 'data'),
    environment: { LOCAL_STORAGE_PATH: join(root, 'bucket') },
  };
  broker = await BrokerProcess.start(settings);
});

afterEach(async () => {
  await broker.stop('SIGKILL');
  await rm(root, { recursive: true, force: true });
});

function client(): Kafka {
  return new Kafka({
    clientId: 'loss',
    brokers: [broker.bootstrap],
    logLevel: logLevel.NOTHING,
    retry: { retries: 0 },
  });
}

async function wipeAndRestart(): Promise<void> {
  await broker.stop('SIGKILL');
  await rm(settings.dataDirectory, { recursive: true });
  broker = await BrokerProcess.start(settings);
}

/** What the broker said is safe: `partition@offset` → value. */
type Acked = Map<string, string>;

/** Produces without pause until the broker is gone; calls `onAck` after each acknowledgement. */
async function produceUntilDeath(acked: Acked, round: number, onAck: (count: number) => void): Promise<void> {
  const producer = client().producer({ createPartitioner: Partitioners.DefaultPartitioner });
  await producer.connect();
  const workers = Array.from({ length: PARTITIONS }, (_, partition) =>
    sendUntilDeath(producer, partition, round, acked, onAck),
  );
  await Promise.all(workers);
  await producer.disconnect().catch(() => undefined);
}

async function sendUntilDeath(
  producer: Producer,
  partition: number,
  round: number,
  acked: Acked,
  onAck: (count: number) => void,
): Promise<void> {
  for (let number = 0; ; number += 1) {
    const value = `round ${round} partition ${partition} number ${number}`;
    try {
      const [answer] = await producer.send({ topic: TOPIC, acks: -1, messages: [{ partition, value }] });
      acked.set(`${partition}@${answer?.baseOffset ?? 'none'}`, value);
    } catch {
      // The broker was killed: what was in flight was never promised.
      return;
    }
    onAck(acked.size);
  }
}

async function readAll(total: number): Promise<Acked> {
  const read: Acked = new Map();
  const consumer = client().consumer({ groupId: `reader-${total}`, maxWaitTimeInMs: 100 });
  await consumer.connect();
  try {
    await consumer.subscribe({ topics: [TOPIC], fromBeginning: true });
    const done = Promise.withResolvers<void>();
    consumer.on(consumer.events.CRASH, ({ payload }) => done.reject(payload.error));
    await consumer.run({
      eachMessage: ({ partition, message }) => {
        read.set(`${partition}@${message.offset}`, message.value?.toString() ?? 'null');
        if (read.size >= total) done.resolve();
        return Promise.resolve();
      },
    });
    await done.promise;
  } finally {
    await consumer.disconnect();
  }
  return read;
}

async function endOffsets(): Promise<number> {
  const admin = client().admin();
  await admin.connect();
  try {
    const offsets = await admin.fetchTopicOffsets(TOPIC);
    return offsets.reduce((sum, { high }) => sum + Number(high), 0);
  } finally {
    await admin.disconnect();
  }
}

test('hole-01, hole-02: killed at full speed with its disk deleted, again and again: every acknowledged record is there', async () => {
  const admin = client().admin();
  await admin.connect();
  await admin.createTopics({ topics: [{ topic: TOPIC, numPartitions: PARTITIONS }], waitForLeaders: true });
  await admin.disconnect();
  const acked: Acked = new Map();
  for (let round = 0; round < ROUNDS; round += 1) {
    const before = acked.size;
    let killed: Promise<unknown> | undefined;
    await produceUntilDeath(acked, round, (count) => {
      if (count >= before + ACKS_BEFORE_A_KILL) killed ??= broker.stop('SIGKILL');
    });
    await killed;
    await wipeAndRestart();
  }
  const read = await readAll(await endOffsets());
  assert.ok(acked.size >= ROUNDS * ACKS_BEFORE_A_KILL, `${acked.size} records were acknowledged`);
  for (const [place, value] of acked) assert.equal(read.get(place), value, place);
});

test('hole-02: what was acknowledged with acks=1 survives kill -9 on the disk, whatever the bucket has', async () => {
  const producer = client().producer({ createPartitioner: Partitioners.DefaultPartitioner });
  await producer.connect();
  const [answer] = await producer.send({ topic: TOPIC, acks: 1, messages: [{ value: 'on the disk' }] });
  await broker.stop('SIGKILL');
  await producer.disconnect().catch(() => undefined);
  broker = await BrokerProcess.start(settings);
  const read = await readAll(1);
  assert.equal(read.get(`${answer?.partition ?? 0}@${answer?.baseOffset ?? 0}`), 'on the disk');
});

test('hole-03: SIGTERM flushes everything; the next start on an empty disk has nothing left to seal', async () => {
  const producer = client().producer({ createPartitioner: Partitioners.DefaultPartitioner });
  await producer.connect();
  await producer.send({ topic: TOPIC, acks: 1, messages: [{ value: 'one' }, { value: 'two' }] });
  await producer.disconnect();
  const exit = await broker.stop('SIGTERM');
  assert.equal(exit.code, 0, broker.lastWords());
  await rm(settings.dataDirectory, { recursive: true });
  broker = await BrokerProcess.start(settings);
  const ready = await broker.ready();
  assert.equal(ready['records'], 2);
  assert.equal(ready['anomalies'], 0);
  assert.ok(
    !broker.log.some((line) => line.message.startsWith('sealed data stream')),
    'its stream was sealed by itself',
  );
});

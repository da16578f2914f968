import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { SystemDisk } from '../../src/edge/index.ts';
import {
  ApiKeys,
  KafkaErrors,
  baseOffsetOf,
  buildBatch,
  decodeRecords,
  maxTimestampMsOf,
  timestampTypeOf,
} from '../../src/kafka/index.ts';
import { isDataSlot } from './gated-store.ts';
import { batchOf, fetch, produce, produceBody, useTopic } from './requests.ts';
import { TestBroker, withBroker } from './test-broker.ts';
import type { TestClient } from './test-client.ts';

/** Runs `run` with a directory for a local WAL. */
async function withDirectory(run: (root: string) => Promise<void>): Promise<void> {
  const root = await mkdtemp(join(tmpdir(), 'chronik-broker-'));
  try {
    await run(root);
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

/** Resolves when what was sent before has been handled: an ApiVersions on its own connection says so. */
async function roundTrip(client: TestClient): Promise<void> {
  await client.send(ApiKeys.ApiVersions, 0, {});
}

test('what is produced is fetched again, byte for byte but for offset and leader epoch', () =>
  withBroker(async (_, client) => {
    const batch = batchOf(['a', 'b', 'c']);
    const answer = await produce(client, 'orders', Buffer.from(batch));
    assert.equal(answer.errorCode, KafkaErrors.NONE);
    assert.equal(answer.baseOffset, 0);
    const second = await produce(client, 'orders', batchOf(['d']));
    assert.equal(second.baseOffset, 3);
    const fetched = await fetch(client, 'orders', 0);
    assert.equal(fetched.highWatermark, 4);
    assert.equal(fetched.lastStableOffset, 4);
    assert.deepEqual(fetched.records?.subarray(16, batch.length), batch.subarray(16));
    const records = decodeRecords(fetched.records?.subarray(batch.length) ?? Buffer.alloc(0));
    assert.equal(records[0]?.offset, 3);
  }));

test('acks=all is answered when the bucket has the batch, and nobody reads it before (P1, P3)', () =>
  withBroker(async (broker, client) => {
    broker.store.hold(isDataSlot);
    let answered = false;
    const produced = produce(client, 'orders', batchOf(['a'])).then((answer) => {
      answered = true;
      return answer;
    });
    const other = await broker.client();
    await roundTrip(other);
    const hidden = await fetch(other, 'orders', 0);
    assert.equal(hidden.highWatermark, 0);
    assert.equal(hidden.records?.length, 0);
    assert.equal(answered, false);
    broker.store.letGo();
    assert.equal((await produced).errorCode, KafkaErrors.NONE);
    assert.equal((await fetch(other, 'orders', 0)).highWatermark, 1);
  }));

test('acks=1 is answered from the local disk while the bucket is away, and is not readable yet (P2, P3)', () =>
  withDirectory((root) =>
    withBroker(
      async (broker, client) => {
        broker.store.hold(isDataSlot);
        const answer = await produce(client, 'orders', batchOf(['a']), { acks: 1 });
        assert.equal(answer.errorCode, KafkaErrors.NONE);
        assert.equal(answer.baseOffset, 0);
        assert.equal((await fetch(client, 'orders', 0)).highWatermark, 0);
        assert.equal(
          broker.metadata.image.broker(0)?.diskAcks,
          'acks1',
          'the metadata say so before the first such ack',
        );
      },
      { localWal: { disk: new SystemDisk(), root } },
    ),
  ));

test('acks=1 without a local disk waits for the bucket', () =>
  withBroker(async (broker, client) => {
    broker.store.hold(isDataSlot);
    const refused = await produce(client, 'orders', batchOf(['a']), { acks: 1, timeoutMs: 1 });
    assert.equal(refused.errorCode, KafkaErrors.REQUEST_TIMED_OUT);
  }));

test('acks=0 has no answer; an error ends the connection', () =>
  withBroker(async (broker, client) => {
    client.post(ApiKeys.Produce, 9, produceBody('orders', batchOf(['a']), { acks: 0 }));
    await roundTrip(client);
    const reader = await broker.client();
    const fetched = await fetch(reader, 'orders', 0, { maxWaitMs: 60_000 });
    assert.equal(fetched.highWatermark, 1);
    client.post(ApiKeys.Produce, 9, produceBody('missing', batchOf(['a']), { acks: 0 }));
    await client.whenClosed;
  }));

test('a batch that is not in the bucket in time is answered REQUEST_TIMED_OUT', () =>
  withBroker(async (broker, client) => {
    broker.store.hold(isDataSlot);
    const answer = await produce(client, 'orders', batchOf(['a']), { timeoutMs: 1 });
    assert.equal(answer.errorCode, KafkaErrors.REQUEST_TIMED_OUT);
    assert.equal(answer.baseOffset, -1);
  }));

test('a retry of an uncommitted idempotent batch is answered, with the same offset, when the original commits', () =>
  withBroker(async (broker, client) => {
    const { producerId, producerEpoch, errorCode } = await client.send(ApiKeys.InitProducerId, 4, {
      transactionalId: null,
      transactionTimeoutMs: 0,
    });
    assert.equal(errorCode, KafkaErrors.NONE);
    const idempotent = { producerId, producerEpoch, baseSequence: 0 };
    broker.store.hold(isDataSlot);
    const first = produce(client, 'orders', batchOf(['a'], idempotent));
    const other = await broker.client();
    await roundTrip(other);
    const again = produce(other, 'orders', batchOf(['a'], idempotent));
    await roundTrip(await broker.client());
    broker.store.letGo();
    assert.equal((await first).baseOffset, 0);
    assert.equal((await again).baseOffset, 0);
    assert.equal((await fetch(client, 'orders', 0)).highWatermark, 1);
    const gap = await produce(client, 'orders', batchOf(['c'], { ...idempotent, baseSequence: 5 }));
    assert.equal(gap.errorCode, KafkaErrors.OUT_OF_ORDER_SEQUENCE_NUMBER);
    const bumped = await produce(client, 'orders', batchOf(['c'], { ...idempotent, producerEpoch: producerEpoch + 1 }));
    assert.equal(bumped.errorCode, KafkaErrors.NONE);
    const stale = await produce(client, 'orders', batchOf(['c'], { ...idempotent, baseSequence: 1 }));
    assert.equal(stale.errorCode, KafkaErrors.INVALID_PRODUCER_EPOCH);
  }));

test('batches that must not be stored are refused, each with its error', () =>
  withBroker(async (_, client) => {
    const damaged = batchOf(['a']);
    damaged[damaged.length - 1] = (damaged.at(-1) ?? 0) ^ 1;
    const old = batchOf(['a']);
    old[16] = 1;
    const wrongCount = batchOf(['a', 'b'], { lastOffsetDelta: 5 });
    const cases: readonly (readonly [string, Buffer | null, number])[] = [
      ['no batch', null, KafkaErrors.INVALID_RECORD],
      ['empty', Buffer.alloc(0), KafkaErrors.INVALID_RECORD],
      ['bad CRC', damaged, KafkaErrors.CORRUPT_MESSAGE],
      ['cut off', batchOf(['a']).subarray(0, 65), KafkaErrors.CORRUPT_MESSAGE],
      ['old format', old, KafkaErrors.INVALID_RECORD],
      ['two batches', Buffer.concat([batchOf(['a']), batchOf(['b'])]), KafkaErrors.INVALID_RECORD],
      ['wrong count', wrongCount, KafkaErrors.INVALID_RECORD],
      ['control batch', batchOf(['a'], { isControl: true }), KafkaErrors.INVALID_RECORD],
      ['transaction', batchOf(['a'], { isTransactional: true }), KafkaErrors.INVALID_TXN_STATE],
      ['no sequence', batchOf(['a'], { producerId: 1, producerEpoch: 0 }), KafkaErrors.INVALID_RECORD],
      ['too large', batchOf(['x'.repeat(1 << 20)]), KafkaErrors.MESSAGE_TOO_LARGE],
      ['from the future', batchOf(['a'], { maxTimestampMs: Date.now() + 7_200_000 }), KafkaErrors.INVALID_TIMESTAMP],
      ['append time set', batchOf(['a'], { timestampType: 'append' }), KafkaErrors.INVALID_TIMESTAMP],
    ];
    for (const [name, records, errorCode] of cases) {
      const answer = await produce(client, 'orders', records);
      assert.equal(answer.errorCode, errorCode, name);
      assert.equal(answer.baseOffset, -1, name);
    }
    assert.equal(
      (await produce(client, 'orders', batchOf(['a']), { acks: 2 })).errorCode,
      KafkaErrors.INVALID_REQUIRED_ACKS,
    );
    assert.equal((await produce(client, 'missing', batchOf(['a']))).errorCode, KafkaErrors.UNKNOWN_TOPIC_OR_PARTITION);
    const partition = await produce(client, 'orders', batchOf(['a']), { partition: 7 });
    assert.equal(partition.errorCode, KafkaErrors.UNKNOWN_TOPIC_OR_PARTITION);
    assert.equal((await fetch(client, 'orders', 0)).highWatermark, 0);
  }));

test('message.timestamp.before.max.ms holds for every record, and the answer says which are too old', () =>
  withBroker(
    async (_, client) => {
      const nowMs = Date.now();
      const at = (...timesMs: readonly number[]): Buffer =>
        buildBatch({ records: timesMs.map((timestampMs) => ({ key: null, value: Buffer.from('a'), timestampMs })) });
      const answer = await produce(client, 'orders', at(nowMs, nowMs - 7_200_000, nowMs, nowMs - 3_700_000));
      assert.equal(answer.errorCode, KafkaErrors.INVALID_TIMESTAMP);
      assert.deepEqual(
        answer.recordErrors.map(({ batchIndex }) => batchIndex),
        [1, 3],
      );
      assert.equal((await produce(client, 'orders', at(nowMs, nowMs - 3_500_000))).errorCode, KafkaErrors.NONE);
    },
    { staticConfigs: new Map([['log.message.timestamp.before.max.ms', '3600000']]) },
  ));

test('with LogAppendTime the broker sets the time, and the CRC follows', () =>
  withBroker(
    async (_, client) => {
      const answer = await produce(client, 'orders', batchOf(['a']));
      assert.ok(answer.logAppendTimeMs > 0);
      const { records } = await fetch(client, 'orders', 0);
      assert.ok(records !== null);
      assert.equal(timestampTypeOf(records), 'append');
      assert.equal(maxTimestampMsOf(records), answer.logAppendTimeMs);
    },
    { staticConfigs: new Map([['log.message.timestamp.type', 'LogAppendTime']]) },
  ));

test('a compacted topic refuses records without a key, and says which', () =>
  withBroker(async (broker, client) => {
    // No client can create one in this release; a later one may have.
    const partitions = [{ replicas: [0], leader: 0, streamEpoch: broker.dataStream.stream.epoch }];
    const configs = new Map([['cleanup.policy', 'compact']]);
    const topicId = 'AAAAAAAAAAAAAAAAAAAAAQ';
    await broker.metadata.append([{ kind: 'topicCreated', name: 'prices', topicId, partitions, configs }]);
    const answer = await produce(client, 'prices', batchOf(['a', 'b']));
    assert.equal(answer.errorCode, KafkaErrors.INVALID_RECORD);
    assert.deepEqual(
      answer.recordErrors.map(({ batchIndex }) => batchIndex),
      [0, 1],
    );
    assert.deepEqual(broker.fatal, []);
  }));

test('produce by topic id, and an id that nobody has', () =>
  withBroker(async (_, client) => {
    const { topicId } = await useTopic(client, 'orders');
    const body = (id: string, records: Buffer) => ({
      acks: -1,
      timeoutMs: 1000,
      topicData: [{ topicId: id, partitionData: [{ index: 0, records }] }],
    });
    const found = await client.send(ApiKeys.Produce, 13, body(topicId, batchOf(['a'])));
    assert.equal(found.responses[0]?.partitionResponses[0]?.errorCode, KafkaErrors.NONE);
    assert.equal(found.responses[0]?.topicId, topicId);
    const absent = await client.send(ApiKeys.Produce, 13, body('bm90aGluZ25vdGhpbmdubw', batchOf(['a'])));
    assert.equal(absent.responses[0]?.partitionResponses[0]?.errorCode, KafkaErrors.UNKNOWN_TOPIC_ID);
  }));

test('Produce is advertised from version 0, and versions 0 to 2 end the connection', () =>
  withBroker(async (broker, client) => {
    const { apiKeys } = await client.send(ApiKeys.ApiVersions, 3, {
      clientSoftwareName: 'test',
      clientSoftwareVersion: '1.0',
    });
    assert.deepEqual(
      apiKeys.find(({ apiKey }) => apiKey === ApiKeys.Produce),
      { apiKey: 0, minVersion: 0, maxVersion: 13 },
    );
    const old = Buffer.from('00000014000000020000000100047465737400010000000000', 'hex');
    old.writeInt32BE(old.length - 4, 0);
    client.sendRaw(old);
    await client.whenClosed;
    assert.equal(broker.broker.counters.net.connectionsBroken, 1);
  }));

test('a broker that was stopped comes back with every batch, and numbers go on', async () => {
  const first = await TestBroker.start();
  const client = await first.client();
  await useTopic(client, 'orders');
  for (let i = 0; i < 5; i++) await produce(client, 'orders', batchOf([`value ${i}`]));
  await first.broker.stop();
  assert.equal(first.broker.state, 'stopped');
  const second = await TestBroker.start({ store: first.store });
  const again = await second.client();
  const fetched = await fetch(again, 'orders', 2);
  assert.equal(fetched.highWatermark, 5);
  assert.equal(baseOffsetOf(fetched.records ?? Buffer.alloc(8)), 2);
  assert.equal((await produce(again, 'orders', batchOf(['more']))).baseOffset, 5);
  await second.kill();
});

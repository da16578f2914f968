import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApiKeys, KafkaErrors, type RequestInput, baseOffsetOf, batchesOf } from '../../src/kafka/index.ts';
import { isDataSlot } from './gated-store.ts';
import { batchOf, fetch, fetchBody, produce, useTopic } from './requests.ts';
import { TestBroker, withBroker } from './test-broker.ts';
import type { TestClient } from './test-client.ts';

const FETCH_VERSION = 12;

async function incremental(
  client: TestClient,
  sessionId: number,
  sessionEpoch: number,
  more: Partial<RequestInput<'Fetch'>> = {},
) {
  const body = { ...fetchBody([], { sessionId, sessionEpoch }), ...more };
  return client.send(ApiKeys.Fetch, FETCH_VERSION, body);
}

test('a long poll is answered when data is committed, long before its time', () =>
  withBroker(async (broker, client) => {
    const consumer = await broker.client();
    const waiting = fetch(consumer, 'orders', 0, { maxWaitMs: 600_000 });
    const produced = await produce(client, 'orders', batchOf(['a']));
    assert.equal(produced.errorCode, KafkaErrors.NONE);
    const fetched = await waiting;
    assert.equal(fetched.highWatermark, 1);
    assert.ok((fetched.records?.length ?? 0) > 0);
  }));

test('min.bytes is waited for, over all partitions together', () =>
  withBroker(async (broker, client) => {
    await useTopic(client, 'others');
    const batch = batchOf(['a']);
    const consumer = await broker.client();
    const partitions = [
      { topic: 'orders', offset: 0 },
      { topic: 'others', offset: 0 },
    ];
    const waiting = consumer.send(
      ApiKeys.Fetch,
      FETCH_VERSION,
      fetchBody(partitions, { maxWaitMs: 600_000, minBytes: batch.length * 2 }),
    );
    await produce(client, 'orders', Buffer.from(batch));
    await produce(client, 'others', Buffer.from(batch));
    const { responses } = await waiting;
    assert.deepEqual(
      responses.map(({ partitions: [only] }) => only?.records?.length),
      [batch.length, batch.length],
    );
  }));

test('with no time to wait an empty answer comes at once', () =>
  withBroker(async (_, client) => {
    const fetched = await fetch(client, 'orders', 0);
    assert.equal(fetched.errorCode, KafkaErrors.NONE);
    assert.equal(fetched.records?.length, 0);
    assert.equal(fetched.logStartOffset, 0);
  }));

test('limits hold in whole batches, and the first batch comes whatever its size', () =>
  withBroker(async (_, client) => {
    await useTopic(client, 'others');
    const batch = batchOf(['x'.repeat(1000)]);
    for (let i = 0; i < 3; i++) await produce(client, 'orders', Buffer.from(batch));
    await produce(client, 'others', Buffer.from(batch));
    const one = await fetch(client, 'orders', 0, { partitionMaxBytes: 1 });
    assert.equal(one.records?.length, batch.length);
    const two = await fetch(client, 'orders', 0, { partitionMaxBytes: batch.length * 2 + 10 });
    assert.equal(two.records?.length, batch.length * 2);
    const both = [
      { topic: 'orders', offset: 0 },
      { topic: 'others', offset: 0 },
    ];
    const body = fetchBody(both, { maxBytes: batch.length * 3 });
    const { responses } = await client.send(ApiKeys.Fetch, FETCH_VERSION, body);
    assert.deepEqual(
      responses.map(({ partitions: [only] }) => only?.records?.length),
      [batch.length * 3, 0],
    );
  }));

test('an offset in the middle of a batch gets the whole batch', () =>
  withBroker(async (_, client) => {
    await produce(client, 'orders', batchOf(['a', 'b', 'c']));
    const fetched = await fetch(client, 'orders', 2);
    assert.equal(baseOffsetOf(fetched.records ?? Buffer.alloc(8)), 0);
  }));

test('rule-18 above the end is out of range only with proof that the stream is open', () =>
  withBroker(
    async (broker, client) => {
      await produce(client, 'orders', batchOf(['a']));
      assert.equal((await fetch(client, 'orders', 5)).errorCode, KafkaErrors.OFFSET_OUT_OF_RANGE);
      broker.store.hold((_, operation) => operation === 'read');
      assert.equal((await fetch(client, 'orders', 5)).errorCode, KafkaErrors.KAFKA_STORAGE_ERROR);
      assert.equal((await fetch(client, 'orders', 1)).errorCode, KafkaErrors.NONE, 'the end itself needs no proof');
    },
    { limits: { storeWaitMs: 5 } },
  ));

test('an offset that the log has reached by the time of the proof is not out of range', () =>
  withBroker(async (broker, client) => {
    const consumer = await broker.client();
    broker.store.hold((_, operation) => operation === 'read');
    const waiting = fetch(consumer, 'orders', 2);
    await produce(client, 'orders', batchOf(['a', 'b']));
    // The slot that committed is the proof.
    const answer = await waiting;
    assert.equal(answer.errorCode, KafkaErrors.NONE);
    assert.equal(answer.highWatermark, 2);
    broker.store.letGo();
  }));

test('leader epochs that are older or newer than ours are told apart', () =>
  withBroker(async (broker, client) => {
    const { partitions } = await useTopic(client, 'orders');
    const leaderEpoch = partitions[0]?.leaderEpoch ?? 0;
    const newer = await fetch(client, 'orders', 0, { currentLeaderEpoch: leaderEpoch + 1 });
    assert.equal(newer.errorCode, KafkaErrors.UNKNOWN_LEADER_EPOCH);
    await produce(client, 'orders', batchOf(['a']));
    await broker.broker.stop();
    const again = await TestBroker.start({ store: broker.store });
    const other = await again.client();
    const older = await fetch(other, 'orders', 0, { currentLeaderEpoch: leaderEpoch });
    assert.equal(older.errorCode, KafkaErrors.FENCED_LEADER_EPOCH);
    const response = await other.send(ApiKeys.OffsetForLeaderEpoch, 4, {
      topics: [{ topic: 'orders', partitions: [{ partition: 0, currentLeaderEpoch: -1, leaderEpoch }] }],
    });
    assert.equal(response.topics[0]?.partitions[0]?.endOffset, 1);
    await again.kill();
  }));

test('a fetch session sends only what changed (KIP-227)', () =>
  withBroker(async (_, client) => {
    await useTopic(client, 'others');
    const partitions = [
      { topic: 'orders', offset: 0 },
      { topic: 'others', offset: 0 },
    ];
    const first = await client.send(ApiKeys.Fetch, FETCH_VERSION, fetchBody(partitions, { sessionEpoch: 0 }));
    assert.notEqual(first.sessionId, 0);
    assert.equal(first.responses.length, 2);
    const { sessionId } = first;
    const nothing = await incremental(client, sessionId, 1);
    assert.equal(nothing.sessionId, sessionId);
    assert.deepEqual(nothing.responses, []);
    await produce(client, 'others', batchOf(['a']));
    const news = await incremental(client, sessionId, 2);
    assert.deepEqual(
      news.responses.map(({ topic }) => topic),
      ['others'],
    );
    const moved = fetchBody([{ topic: 'others', offset: 1 }]).topics;
    assert.deepEqual((await incremental(client, sessionId, 3, { topics: moved })).responses, []);
    const forgottenTopicsData = [{ topic: 'others', partitions: [0] }];
    await produce(client, 'others', batchOf(['b']));
    assert.deepEqual((await incremental(client, sessionId, 4, { forgottenTopicsData })).responses, []);
  }));

test('sessions that are unknown, out of step or too many are refused as Kafka does', () =>
  withBroker(
    async (_, client) => {
      const begin = fetchBody([{ topic: 'orders', offset: 0 }], { sessionEpoch: 0 });
      const { sessionId } = await client.send(ApiKeys.Fetch, FETCH_VERSION, begin);
      assert.equal((await incremental(client, sessionId + 1, 1)).errorCode, KafkaErrors.FETCH_SESSION_ID_NOT_FOUND);
      assert.equal((await incremental(client, sessionId, 7)).errorCode, KafkaErrors.INVALID_FETCH_SESSION_EPOCH);
      const second = await client.send(ApiKeys.Fetch, FETCH_VERSION, begin);
      assert.equal(second.sessionId, 0, 'no session is left');
      assert.equal(second.responses.length, 1);
      const closing = fetchBody([], { sessionId, sessionEpoch: -1 });
      await client.send(ApiKeys.Fetch, FETCH_VERSION, closing);
      assert.equal((await incremental(client, sessionId, 1)).errorCode, KafkaErrors.FETCH_SESSION_ID_NOT_FOUND);
    },
    { limits: { maxFetchSessions: 1 } },
  ));

test('fetch by topic id; an id that nobody has is UNKNOWN_TOPIC_ID', () =>
  withBroker(async (_, client) => {
    const { topicId } = await useTopic(client, 'orders');
    await produce(client, 'orders', batchOf(['a']));
    const body = (id: string) => ({
      ...fetchBody([]),
      topics: [{ topicId: id, partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1000 }] }],
    });
    const found = await client.send(ApiKeys.Fetch, 16, body(topicId));
    assert.equal(found.responses[0]?.topicId, topicId);
    assert.ok((found.responses[0]?.partitions[0]?.records?.length ?? 0) > 0);
    const absent = await client.send(ApiKeys.Fetch, 16, body('bm90aGluZ25vdGhpbmdubw'));
    assert.equal(absent.responses[0]?.partitions[0]?.errorCode, KafkaErrors.UNKNOWN_TOPIC_ID);
  }));

test('batches that left memory come from the bucket, and while it is away the error can be retried', () =>
  withBroker(
    async (broker, client) => {
      for (let i = 0; i < 20; i++) await produce(client, 'orders', batchOf([`value ${i}`]));
      broker.store.hold((key, operation) => isDataSlot(key) && operation === 'read');
      assert.equal((await fetch(client, 'orders', 0)).errorCode, KafkaErrors.KAFKA_STORAGE_ERROR);
      broker.store.letGo();
      const fetched = await fetch(client, 'orders', 3);
      const offsets = [...batchesOf(fetched.records ?? Buffer.alloc(0))].map((batch) => baseOffsetOf(batch));
      assert.deepEqual(
        offsets,
        Array.from({ length: 17 }, (_, i) => i + 3),
      );
      assert.ok(broker.broker.counters.broker.coldFetches > 0);
    },
    { limits: { tailBytes: 0, storeWaitMs: 5 } },
  ));

test('a deleted topic ends the wait of its consumers', () =>
  withBroker(async (broker, client) => {
    const consumer = await broker.client();
    const waiting = fetch(consumer, 'orders', 0, { maxWaitMs: 300 });
    const body = { topicNames: ['orders'], timeoutMs: 10_000 };
    const deleted = await client.send(ApiKeys.DeleteTopics, 5, body);
    assert.equal(deleted.responses[0]?.errorCode, KafkaErrors.NONE);
    assert.equal((await waiting).errorCode, KafkaErrors.UNKNOWN_TOPIC_OR_PARTITION);
  }));

test('offsets by time: ends, maximum, exact records', () =>
  withBroker(async (_, client) => {
    const now = Date.now();
    for (const at of [100, 300, 200]) {
      await produce(client, 'orders', batchOf(['a'], { maxTimestampMs: now + at, records: stamped(now, at) }));
    }
    const ask = async (timestamp: number) => {
      const topics = [{ name: 'orders', partitions: [{ partitionIndex: 0, timestamp }] }];
      const response = await client.send(ApiKeys.ListOffsets, 9, { replicaId: -1, isolationLevel: 0, topics });
      return response.topics[0]?.partitions[0];
    };
    assert.equal((await ask(-1))?.offset, 6);
    assert.equal((await ask(-2))?.offset, 0);
    assert.equal((await ask(-4))?.offset, 0);
    assert.equal((await ask(-5))?.offset, -1);
    const max = await ask(-3);
    assert.deepEqual([max?.offset, max?.timestamp], [3, now + 300]);
    const exact = await ask(now + 99);
    assert.deepEqual([exact?.offset, exact?.timestamp], [0, now + 99]);
    const between = await ask(now + 101);
    assert.deepEqual([between?.offset, between?.timestamp], [2, now + 299]);
    assert.equal((await ask(now + 301))?.offset, -1);
    assert.equal((await ask(-7))?.errorCode, KafkaErrors.UNSUPPORTED_VERSION);
  }));

/** Two records, a millisecond apart, the second at `now + at`. */
function stamped(now: number, at: number) {
  return [at - 1, at].map((ms) => ({ key: null, value: Buffer.from('x'), timestampMs: now + ms }));
}

import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { SystemDisk } from '../../src/edge/index.ts';
import { ApiKeys, KafkaErrors, buildBatch } from '../../src/kafka/index.ts';
import { isDataSlot } from './gated-store.ts';
import { batchOf, produce, useTopic } from './requests.ts';
import { type TestBroker, withBroker } from './test-broker.ts';
import type { TestClient } from './test-client.ts';

const GROUP = 'billing';
const LONG_MS = 3_600_000;

async function useGroup(client: TestClient): Promise<void> {
  await client.send(ApiKeys.FindCoordinator, 3, { key: GROUP, keyType: 0 });
  while ((await committedOffset(client)) === undefined);
}

async function commit(client: TestClient, offset: number): Promise<number | undefined> {
  const partition = { partitionIndex: 0, committedOffset: offset, committedLeaderEpoch: -1, committedMetadata: '' };
  const response = await client.send(ApiKeys.OffsetCommit, 8, {
    groupId: GROUP,
    generationIdOrMemberEpoch: -1,
    memberId: '',
    groupInstanceId: null,
    topics: [{ name: 'orders', partitions: [partition] }],
  });
  return response.topics[0]?.partitions[0]?.errorCode;
}

async function committedOffset(client: TestClient): Promise<number | undefined> {
  const topics = [{ name: 'orders', partitionIndexes: [0] }];
  const response = await client.send(ApiKeys.OffsetFetch, 7, { groupId: GROUP, topics, requireStable: false });
  if (response.errorCode !== KafkaErrors.NONE) return undefined;
  return response.topics[0]?.partitions[0]?.committedOffset;
}

function topicId({ metadata }: TestBroker): string {
  const topic = metadata.image.topic('orders');
  assert.ok(topic !== undefined);
  return topic.id;
}

async function turn(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

test('a commit that waits for its records is not stored when the topic is deleted meanwhile', () =>
  withBroker(async (broker, client) => {
    await useGroup(client);
    broker.store.hold((key, operation) => isDataSlot(key) && operation === 'create');
    const producer = await broker.client();
    const produced = produce(producer, 'orders', batchOf(['a']));
    while (broker.partitions.manager.topic('orders')?.logs[0]?.logEndOffset !== 1) await turn();
    const committing = commit(client, 1);
    for (let count = 0; count < 10; count += 1) await turn();
    await broker.metadata.append([{ kind: 'topicDeleted', topicId: topicId(broker) }]);
    broker.store.letGo();
    await produced;
    assert.equal(await committing, KafkaErrors.UNKNOWN_TOPIC_OR_PARTITION);
    await useTopic(client, 'orders');
    assert.equal(await committedOffset(client), -1);
  }));

test('rule-15: a commit that waits for its records is not stored behind one that came after it', () =>
  withBroker(async (broker, client) => {
    await useGroup(client);
    broker.store.hold((key, operation) => isDataSlot(key) && operation === 'create');
    const producer = await broker.client();
    const produced = produce(producer, 'orders', batchOf(['a', 'b']));
    while (broker.partitions.manager.topic('orders')?.logs[0]?.logEndOffset !== 2) await turn();
    const first = commit(client, 2);
    const second = commit(client, 0);
    for (let count = 0; count < 10; count += 1) await turn();
    broker.store.letGo();
    await produced;
    assert.deepEqual(await Promise.all([first, second]), [KafkaErrors.NONE, KafkaErrors.NONE]);
    assert.equal(await committedOffset(client), 0);
  }));

test('hole-20: a topic that takes the name of one deleted in the same slot has no committed offsets', () =>
  withBroker(async (broker, client) => {
    await useGroup(client);
    await produce(client, 'orders', batchOf(['a']));
    assert.equal(await commit(client, 1), KafkaErrors.NONE);
    const { metadata } = broker;
    const streamEpoch = metadata.image.broker(0)?.streamEpoch ?? 0;
    await Promise.all([
      metadata.append([{ kind: 'topicDeleted', topicId: topicId(broker) }]),
      metadata.append([
        {
          kind: 'topicCreated',
          name: 'orders',
          topicId: 'AAAAAAAAAAAAAAAAAAAAAQ',
          partitions: [{ replicas: [0], leader: 0, streamEpoch }],
          configs: new Map(),
        },
      ]),
    ]);
    // Tombstones go through the log before anybody asks.
    await broker.dataStream.flush();
    await turn();
    assert.equal(await committedOffset(client), -1);
  }));

test('clients do not write to the topics in which the broker keeps its own state', () =>
  withBroker(async (_, client) => {
    await useGroup(client);
    const records = [{ key: Buffer.from('k'), value: Buffer.from('not a group record'), timestampMs: Date.now() }];
    const answer = await produce(client, '__consumer_offsets', buildBatch({ records }));
    assert.equal(answer.errorCode, KafkaErrors.INVALID_TOPIC_EXCEPTION);
    assert.equal(answer.baseOffset, -1);
  }));

for (const acks of [1, -1]) {
  test(`rule-09, P3: with an upload interval, acks=${acks}: no record is answered or shown before the bucket has its topic`, async () => {
    const root = await mkdtemp(join(tmpdir(), 'chronik-interval-'));
    const options = { uploadIntervalMs: LONG_MS, localWal: { disk: new SystemDisk(), root } };
    try {
      await withBroker(async (broker, client) => {
        // It has told the metadata before that it acknowledges from its disk.
        await produce(client, 'orders', batchOf(['a']), { acks: 1 });
        await useTopic(client, 'later');
        assert.equal(broker.metadata.isDurable, false);
        broker.store.hold((key, operation) => key.startsWith('metadata-wal/') && operation === 'create');
        let answered = false;
        const produced = produce(client, 'later', batchOf(['b']), { acks }).then((answer) => {
          answered = true;
          return answer;
        });
        const second = produce(client, 'later', batchOf(['c']), { acks });
        for (let count = 0; count < 50; count += 1) await turn();
        assert.equal(answered, false);
        assert.equal(broker.partitions.manager.topic('later')?.logs[0]?.highWatermark, 0);
        broker.store.letGo();
        assert.deepEqual([(await produced).baseOffset, (await second).baseOffset], [0, 1]);
        assert.equal(broker.metadata.isDurable, true);
      }, options);
    } finally {
      await rm(root, { recursive: true, force: true });
    }
  });
}

test('rule-09: with an upload interval, a topic that is created while a request for it waits is waited for too', () =>
  withBroker(
    async (broker, client) => {
      const isMetadata = (key: string, operation: string): boolean =>
        key.startsWith('metadata-wal/') && operation === 'create';
      broker.store.hold(isMetadata);
      const produced = produce(client, 'later', batchOf(['a']));
      await turn();
      const other = await broker.client();
      await useTopic(other, 'later');
      // The slot under way holds what the request found; the one behind it holds the topic.
      broker.store.letGo();
      broker.store.hold(isMetadata);
      for (let count = 0; count < 50; count += 1) await turn();
      assert.equal(broker.partitions.manager.topic('later')?.logs[0]?.logEndOffset, 0);
      broker.store.letGo();
      assert.equal((await produced).errorCode, KafkaErrors.NONE);
    },
    { uploadIntervalMs: LONG_MS },
  ));

test('rule-09: with an upload interval, a request for a new topic is over in its time when the store is away', () =>
  withBroker(
    async (broker, client) => {
      broker.store.hold((key, operation) => key.startsWith('metadata-wal/') && operation === 'create');
      const answer = await produce(client, 'orders', batchOf(['a']), { timeoutMs: 1 });
      assert.equal(answer.errorCode, KafkaErrors.REQUEST_TIMED_OUT);
      broker.store.letGo();
    },
    { uploadIntervalMs: LONG_MS },
  ));

test('rule-09: with an upload interval, committed offsets go only when the bucket says that their topic is gone', () =>
  withBroker(
    async (broker, client) => {
      await useGroup(client);
      await produce(client, 'orders', batchOf(['a']));
      assert.equal(await commit(client, 1), KafkaErrors.NONE);
      broker.store.hold((key, operation) => key.startsWith('metadata-wal/') && operation === 'create');
      const deletion = { topics: [{ name: 'orders' }], topicNames: ['orders'], timeoutMs: 1 };
      const answer = await client.send(ApiKeys.DeleteTopics, 5, deletion);
      assert.equal(answer.responses[0]?.errorCode, KafkaErrors.REQUEST_TIMED_OUT);
      await broker.dataStream.flush();
      assert.equal(await committedOffset(client), 1);
      broker.store.letGo();
    },
    { uploadIntervalMs: LONG_MS },
  ));

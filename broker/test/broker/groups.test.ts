import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApiKeys, KafkaErrors } from '../../src/kafka/index.ts';
import { isDataSlot } from './gated-store.ts';
import { batchOf, produce, useTopic } from './requests.ts';
import { TestBroker, withBroker } from './test-broker.ts';
import type { TestClient } from './test-client.ts';

const GROUP = 'billing';

/** Looks the coordinator up and waits until it has loaded. */
async function findCoordinator(client: TestClient): Promise<void> {
  const found = await client.send(ApiKeys.FindCoordinator, 3, { key: GROUP, keyType: 0 });
  assert.equal(found.errorCode, KafkaErrors.NONE);
  assert.equal(found.nodeId, 0);
  for (;;) {
    const { errorCode } = await committedOffset(client);
    if (errorCode !== KafkaErrors.COORDINATOR_LOAD_IN_PROGRESS && errorCode !== KafkaErrors.NOT_COORDINATOR) return;
  }
}

async function join(client: TestClient, memberId: string) {
  return client.send(ApiKeys.JoinGroup, 5, {
    groupId: GROUP,
    sessionTimeoutMs: 10_000,
    rebalanceTimeoutMs: 10_000,
    memberId,
    groupInstanceId: null,
    protocolType: 'consumer',
    protocols: [{ name: 'range', metadata: Buffer.from('subscription') }],
  });
}

async function commit(client: TestClient, offset: number, topic = 'orders', metadata = 'note') {
  const response = await client.send(ApiKeys.OffsetCommit, 8, {
    groupId: GROUP,
    generationIdOrMemberEpoch: -1,
    memberId: '',
    groupInstanceId: null,
    topics: [
      {
        name: topic,
        partitions: [
          { partitionIndex: 0, committedOffset: offset, committedLeaderEpoch: -1, committedMetadata: metadata },
        ],
      },
    ],
  });
  return response.topics[0]?.partitions[0]?.errorCode;
}

async function committedOffset(client: TestClient) {
  const response = await client.send(ApiKeys.OffsetFetch, 7, {
    groupId: GROUP,
    topics: [{ name: 'orders', partitionIndexes: [0] }],
    requireStable: false,
  });
  const partition = response.topics[0]?.partitions[0];
  return { errorCode: response.errorCode, offset: partition?.committedOffset, metadata: partition?.metadata };
}

test('a group joins, syncs, beats, commits and leaves', () =>
  withBroker(async (_, client) => {
    await findCoordinator(client);
    const known = await join(client, '');
    assert.equal(known.errorCode, KafkaErrors.MEMBER_ID_REQUIRED);
    const joined = await join(client, known.memberId);
    assert.equal(joined.errorCode, KafkaErrors.NONE);
    const { memberId, generationId } = joined;
    const synced = await client.send(ApiKeys.SyncGroup, 3, {
      groupId: GROUP,
      generationId,
      memberId,
      groupInstanceId: null,
      assignments: [{ memberId, assignment: Buffer.from('all of it') }],
    });
    assert.equal(synced.assignment.toString(), 'all of it');
    const beat = await client.send(ApiKeys.Heartbeat, 3, {
      groupId: GROUP,
      generationId,
      memberId,
      groupInstanceId: null,
    });
    assert.equal(beat.errorCode, KafkaErrors.NONE);
    const described = await client.send(ApiKeys.DescribeGroups, 4, {
      groups: [GROUP],
      includeAuthorizedOperations: false,
    });
    assert.equal(described.groups[0]?.groupState, 'Stable');
    assert.equal(described.groups[0]?.members[0]?.clientHost, '/10.0.0.2');
    const left = await client.send(ApiKeys.LeaveGroup, 3, {
      groupId: GROUP,
      members: [{ memberId, groupInstanceId: null }],
    });
    assert.equal(left.errorCode, KafkaErrors.NONE);
    const listed = await client.send(ApiKeys.ListGroups, 4, { statesFilter: [] });
    assert.deepEqual(
      listed.groups.map(({ groupId }) => groupId),
      [GROUP],
    );
  }));

test('committed offsets, metadata included, are there after a restart', async () => {
  const broker = await TestBroker.start({ limits: { offsetsTopicPartitions: 3 } });
  const client = await broker.client();
  await useTopic(client, 'orders');
  await findCoordinator(client);
  assert.equal(await commit(client, 42), KafkaErrors.NONE);
  await broker.broker.stop();
  const again = await TestBroker.start({ store: broker.store });
  const other = await again.client();
  await findCoordinator(other);
  assert.deepEqual(await committedOffset(other), { errorCode: KafkaErrors.NONE, offset: 42, metadata: 'note' });
  await again.kill();
});

test('offsets of topics or partitions that do not exist are refused', () =>
  withBroker(async (_, client) => {
    await findCoordinator(client);
    assert.equal(await commit(client, 1, 'absent'), KafkaErrors.UNKNOWN_TOPIC_OR_PARTITION);
    const unknownId = 'bm90aGluZ25vdGhpbmdubw';
    const byId = await client.send(ApiKeys.OffsetCommit, 10, {
      groupId: GROUP,
      generationIdOrMemberEpoch: -1,
      memberId: '',
      groupInstanceId: null,
      topics: [
        {
          topicId: unknownId,
          partitions: [{ partitionIndex: 0, committedOffset: 1, committedLeaderEpoch: -1, committedMetadata: null }],
        },
      ],
    });
    assert.equal(byId.topics[0]?.partitions[0]?.errorCode, KafkaErrors.UNKNOWN_TOPIC_ID);
    const fetched = await client.send(ApiKeys.OffsetFetch, 10, {
      groups: [
        { groupId: GROUP, memberId: null, memberEpoch: -1, topics: [{ topicId: unknownId, partitionIndexes: [0] }] },
      ],
      requireStable: false,
    });
    assert.equal(fetched.groups[0]?.topics[0]?.partitions[0]?.errorCode, KafkaErrors.UNKNOWN_TOPIC_ID);
  }));

test('offsets are committed and fetched by topic id', () =>
  withBroker(async (_, client) => {
    await findCoordinator(client);
    const { topicId } = await useTopic(client, 'orders');
    assert.equal(await commit(client, 7), KafkaErrors.NONE);
    const fetched = await client.send(ApiKeys.OffsetFetch, 10, {
      groups: [{ groupId: GROUP, memberId: null, memberEpoch: -1, topics: [{ topicId, partitionIndexes: [0] }] }],
      requireStable: false,
    });
    const [topic] = fetched.groups[0]?.topics ?? [];
    assert.deepEqual([topic?.topicId, topic?.partitions[0]?.committedOffset], [topicId, 7]);
  }));

test('rule-15 a commit waits until the records below it are in the bucket', () =>
  withBroker(async (broker, client) => {
    await findCoordinator(client);
    await produce(client, 'orders', batchOf(['a']));
    broker.store.hold(isDataSlot);
    const producer = await broker.client();
    const produced = produce(producer, 'orders', batchOf(['b', 'c']));
    await (await broker.client()).send(ApiKeys.ApiVersions, 0, {});
    const log = broker.partitions.manager.topic('orders')?.logs[0];
    assert.equal(log?.logEndOffset, 3);
    assert.equal(log?.highWatermark, 1);
    const appendedBefore = endOfOffsets(broker);
    const committing = commit(client, 3);
    await (await broker.client()).send(ApiKeys.ApiVersions, 0, {});
    assert.equal(endOfOffsets(broker), appendedBefore, 'the commit is not even written before its records are safe');
    broker.store.letGo();
    assert.equal(await committing, KafkaErrors.NONE);
    assert.equal((await produced).errorCode, KafkaErrors.NONE);
    assert.equal((await committedOffset(client)).offset, 3);
  }));

function endOfOffsets(broker: TestBroker): number {
  const logs = broker.partitions.manager.topic('__consumer_offsets')?.logs ?? [];
  return logs.reduce((sum, log) => sum + (log?.logEndOffset ?? 0), 0);
}

test('offsets of a deleted topic are forgotten', () =>
  withBroker(async (_, client) => {
    await findCoordinator(client);
    await commit(client, 5);
    await client.send(ApiKeys.DeleteTopics, 5, { topicNames: ['orders'], timeoutMs: 10_000 });
    await useTopic(client, 'orders');
    for (;;) {
      const { offset } = await committedOffset(client);
      if (offset === -1) break;
    }
  }));

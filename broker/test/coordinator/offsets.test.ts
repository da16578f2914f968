import assert from 'node:assert/strict';
import { test } from 'node:test';

import { ZERO_UUID } from '../../src/kafka/index.ts';
import { Consumer, stabilize } from './consumer.ts';
import {
  commitError,
  commitRequest,
  context,
  describe,
  errorName,
  fetchOffset,
  fetchRequest,
  groupId,
  settled,
  startCoordinator,
  watch,
} from './harness.ts';

test('a consumer without group management commits and fetches, with its note and leader epoch', async () => {
  const { coordinator } = await startCoordinator();
  assert.equal(commitError(await coordinator.offsetCommit(commitRequest(42), context(8))), 'NONE');
  const request = { ...fetchRequest([]), groupId, topics: [{ name: 'orders', partitionIndexes: [0, 1] }] };
  const response = await coordinator.offsetFetch(request, context(7));
  assert.deepEqual(response.topics[0]?.partitions, [
    { partitionIndex: 0, committedOffset: 42, committedLeaderEpoch: 3, metadata: 'note', errorCode: 0 },
    { partitionIndex: 1, committedOffset: -1, committedLeaderEpoch: -1, metadata: '', errorCode: 0 },
  ]);
});

test('an offset is shown only when it is in the bucket', async () => {
  const { coordinator, port, clock } = await startCoordinator();
  port.held = true;
  const commit = watch(coordinator.offsetCommit(commitRequest(42), context(8)));
  await clock.advance(0);
  assert.equal(commit.value, undefined);
  assert.equal(await fetchOffset(coordinator), -1);
  port.commit();
  await settled(commit);
  assert.equal(await fetchOffset(coordinator), 42);
});

test('one fetch covers several groups, and all topics of a group when none is named', async () => {
  const { coordinator } = await startCoordinator();
  await coordinator.offsetCommit(commitRequest(1), context(8));
  await coordinator.offsetCommit(commitRequest(2, { topic: 'payments' }), context(8));
  await coordinator.offsetCommit(commitRequest(3, { groupId: 'other' }), context(8));
  const request = fetchRequest([
    { groupId, topics: null },
    { groupId: 'other', topics: [{ name: 'orders', topicId: ZERO_UUID, partitionIndexes: [0] }] },
    { groupId: 'nobody', topics: null },
  ]);
  const { groups } = await coordinator.offsetFetch(request, context(9));
  assert.deepEqual(
    groups.map((group) => group.topics.map(({ name, partitions }) => [name, partitions[0]?.committedOffset])),
    [
      [
        ['orders', 1],
        ['payments', 2],
      ],
      [['orders', 3]],
      [],
    ],
  );
});

test('members commit with their generation, and nobody else while the group has members', async () => {
  const started = await startCoordinator();
  const a = new Consumer(started);
  await stabilize(started, a);
  assert.equal(await a.commit(1), 'NONE');
  const commit = async (overrides: Parameters<typeof commitRequest>[1]): Promise<string> =>
    commitError(await started.coordinator.offsetCommit(commitRequest(9, overrides), context(8)));
  assert.equal(await commit({}), 'UNKNOWN_MEMBER_ID');
  assert.equal(await commit({ memberId: 'stray', generationIdOrMemberEpoch: 1 }), 'UNKNOWN_MEMBER_ID');
  assert.equal(await commit({ memberId: a.memberId, generationIdOrMemberEpoch: 2 }), 'ILLEGAL_GENERATION');
  assert.equal(await commit({ memberId: a.memberId, generationIdOrMemberEpoch: -1 }), 'ILLEGAL_GENERATION');
  assert.equal(await fetchOffset(started.coordinator), 1);
});

test('a commit across a rebalance is taken before the new generation begins and refused after', async () => {
  const started = await startCoordinator();
  const [a, b] = [new Consumer(started), new Consumer(started)] as const;
  await stabilize(started, a);
  const joining = b.join();
  await started.clock.advance(0);
  assert.equal(a.heartbeat(), 'REBALANCE_IN_PROGRESS');
  assert.equal(await a.commit(5), 'NONE');
  const oldGeneration = a.generationId;
  await settled(a.join());
  await settled(joining);
  assert.equal(await a.commit(6), 'REBALANCE_IN_PROGRESS');
  a.generationId = oldGeneration;
  assert.equal(await a.commit(7), 'ILLEGAL_GENERATION');
  assert.equal(await fetchOffset(started.coordinator), 5);
});

test('a commit of a generation to a group that is gone is told so from version 9 on', async () => {
  const { coordinator } = await startCoordinator();
  const request = commitRequest(1, { memberId: 'm', generationIdOrMemberEpoch: 4 });
  assert.equal(commitError(await coordinator.offsetCommit(request, context(8))), 'ILLEGAL_GENERATION');
  assert.equal(commitError(await coordinator.offsetCommit(request, context(9))), 'GROUP_ID_NOT_FOUND');
});

test('a note that is too large is refused alone', async () => {
  const { coordinator } = await startCoordinator();
  const request = commitRequest(1);
  const [topic] = request.topics;
  const partitions = [4_096, 4_097].map((length, partitionIndex) => ({
    partitionIndex,
    committedOffset: 7,
    committedLeaderEpoch: -1,
    committedMetadata: 'x'.repeat(length),
  }));
  assert.ok(topic);
  const response = await coordinator.offsetCommit({ ...request, topics: [{ ...topic, partitions }] }, context(8));
  assert.deepEqual(
    response.topics[0]?.partitions.map(({ errorCode }) => errorName(errorCode)),
    ['NONE', 'OFFSET_METADATA_TOO_LARGE'],
  );
  assert.equal(await fetchOffset(coordinator, 'orders', 0), 7);
  assert.equal(await fetchOffset(coordinator, 'orders', 1), -1);
});

test('a missing note comes back as an empty one', async () => {
  const { coordinator } = await startCoordinator();
  await coordinator.offsetCommit(commitRequest(1, { metadata: null }), context(8));
  const { groups } = await coordinator.offsetFetch(fetchRequest([{ groupId, topics: null }]), context(8));
  assert.equal(groups[0]?.topics[0]?.partitions[0]?.metadata, '');
});

test('OffsetDelete spares topics that members read', async () => {
  const started = await startCoordinator();
  const a = new Consumer(started);
  await started.coordinator.offsetCommit(commitRequest(1), context(8));
  await started.coordinator.offsetCommit(commitRequest(2, { topic: 'payments' }), context(8));
  await stabilize(started, a);
  const topics = ['orders', 'payments'].map((name) => ({ name, partitions: [{ partitionIndex: 0 }] }));
  const response = await started.coordinator.offsetDelete({ groupId, topics });
  assert.deepEqual(
    response.topics.map(({ name, partitions }) => [name, errorName(partitions[0]?.errorCode)]),
    [
      ['orders', 'GROUP_SUBSCRIBED_TO_TOPIC'],
      ['payments', 'NONE'],
    ],
  );
  assert.equal(await fetchOffset(started.coordinator, 'orders'), 1);
  assert.equal(await fetchOffset(started.coordinator, 'payments'), -1);
});

test('OffsetDelete refuses a running group of another protocol and a group that does not exist', async () => {
  const started = await startCoordinator();
  const topics = [{ name: 'orders', partitions: [{ partitionIndex: 0 }] }];
  const missing = await started.coordinator.offsetDelete({ groupId, topics });
  assert.equal(errorName(missing.errorCode), 'GROUP_ID_NOT_FOUND');
  const unreadable = new Consumer(started, { protocols: [{ name: 'range', metadata: Buffer.from([1]) }] });
  await stabilize(started, unreadable);
  const guarded = await started.coordinator.offsetDelete({ groupId, topics });
  assert.equal(errorName(guarded.topics[0]?.partitions[0]?.errorCode), 'GROUP_SUBSCRIBED_TO_TOPIC');
});

test('a deletion comes after a commit that is on its way', async () => {
  const { coordinator, port, clock } = await startCoordinator();
  port.held = true;
  const commit = watch(coordinator.offsetCommit(commitRequest(42), context(8)));
  await clock.advance(0);
  const topics = [{ name: 'orders', partitions: [{ partitionIndex: 0 }] }];
  const deletion = watch(coordinator.offsetDelete({ groupId, topics }));
  await clock.advance(0);
  assert.equal(port.pendingAppends, 2);
  port.commit();
  assert.equal(commitError(await settled(commit)), 'NONE');
  await settled(deletion);
  assert.equal(await fetchOffset(coordinator), -1);
  assert.equal(port.compacted().size, 0);
});

test('offsets of a group expire a retention time after it became empty, not while it has members', async () => {
  const hourMs = 3_600_000;
  const started = await startCoordinator({ options: { offsetsRetentionMs: 24 * hourMs } });
  const { coordinator, clock, port } = started;
  const a = new Consumer(started, { sessionTimeoutMs: 1_800_000 });
  await stabilize(started, a);
  await a.commit(5);
  for (let waitedMs = 0; waitedMs < 48 * hourMs; waitedMs += hourMs / 3) {
    assert.equal(a.heartbeat(), 'NONE');
    await clock.advance(hourMs / 3);
  }
  await a.leave();
  await clock.advance(23 * hourMs);
  assert.equal(await fetchOffset(coordinator), 5);
  await clock.advance(2 * hourMs);
  assert.equal(await fetchOffset(coordinator), -1);
  assert.equal((await describe(coordinator)).groupState, 'Dead', 'a group without members and offsets is forgotten');
  assert.equal(port.compacted().size, 0);
});

test('offsets of a group without members expire a retention time after their commit', async () => {
  const hourMs = 3_600_000;
  const { coordinator, clock } = await startCoordinator({ options: { offsetsRetentionMs: 24 * hourMs } });
  await coordinator.offsetCommit(commitRequest(1), context(8));
  await clock.advance(12 * hourMs);
  await coordinator.offsetCommit(commitRequest(2, { topic: 'payments' }), context(8));
  await clock.advance(13 * hourMs);
  assert.equal(await fetchOffset(coordinator, 'orders'), -1);
  assert.equal(await fetchOffset(coordinator, 'payments'), 2);
});

test('an old client may ask for its own retention time', async () => {
  const { coordinator, clock } = await startCoordinator();
  await coordinator.offsetCommit(commitRequest(1, { retentionTimeMs: 3_600_000 }), context(4));
  await clock.advance(3_500_000);
  assert.equal(await fetchOffset(coordinator), 1);
  await clock.advance(1_000_000);
  assert.equal(await fetchOffset(coordinator), -1);
});

test('the offsets of a deleted topic go from every group, whatever its state', async () => {
  const started = await startCoordinator();
  const a = new Consumer(started);
  await stabilize(started, a);
  await a.commit(5);
  await started.coordinator.offsetCommit(commitRequest(6, { groupId: 'simple' }), context(8));
  await started.coordinator.offsetCommit(commitRequest(7, { groupId: 'simple', topic: 'payments' }), context(8));
  await started.coordinator.topicsDeleted(new Set(['orders']));
  assert.equal(await fetchOffset(started.coordinator), -1);
  assert.equal(await fetchOffset(started.coordinator, 'orders', 0, 'simple'), -1);
  assert.equal(await fetchOffset(started.coordinator, 'payments', 0, 'simple'), 7);
});

test('offsets of topics that are found to be gone, or to be other topics now, are removed', async () => {
  const { coordinator } = await startCoordinator();
  const [oldId, newId] = ['AAAAAAAAAAAAAAAAAAAAAQ', 'AAAAAAAAAAAAAAAAAAAAAg'] as const;
  const commit = async (topic: string, topicId: string): Promise<void> => {
    const request = commitRequest(1, { topic });
    const topics = request.topics.map((each) => ({ ...each, topicId }));
    await coordinator.offsetCommit({ ...request, topics }, context(10));
  };
  await commit('same', newId);
  await commit('recreated', oldId);
  await commit('gone', oldId);
  await commit('stored-without-id', ZERO_UUID);
  await coordinator.retainTopics(0, (topic) => (topic === 'gone' ? undefined : newId));
  const left = [];
  for (const topic of ['same', 'recreated', 'gone', 'stored-without-id']) {
    left.push(await fetchOffset(coordinator, topic));
  }
  assert.deepEqual(left, [1, -1, -1, 1]);
});

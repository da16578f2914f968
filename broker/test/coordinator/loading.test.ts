import assert from 'node:assert/strict';
import { test } from 'node:test';

import { OffsetsRecordError } from '../../src/coordinator/index.ts';
import { encodeGroupRecord } from '../../src/kafka/index.ts';
import { settle } from '../support/manual-clock.ts';
import { Consumer, stabilize } from './consumer.ts';
import {
  commitError,
  commitRequest,
  context,
  createCoordinator,
  describe,
  errorName,
  fetchOffset,
  fetchRequest,
  groupId,
  joinRequest,
  settled,
  startCoordinator,
  watch,
} from './harness.ts';
import { MemoryOffsets } from './memory-offsets.ts';

test('a partition that is not ours sends everyone to the right coordinator', async () => {
  const { coordinator } = createCoordinator();
  assert.equal(coordinator.phaseOf(0), 'not-loaded');
  const joined = await coordinator.joinGroup(joinRequest(), context(9));
  assert.equal(errorName(joined.errorCode), 'NOT_COORDINATOR');
  assert.equal(commitError(await coordinator.offsetCommit(commitRequest(1), context(8))), 'NOT_COORDINATOR');
  const { groups } = await coordinator.offsetFetch(fetchRequest([{ groupId, topics: null }]), context(8));
  assert.equal(errorName(groups[0]?.errorCode), 'NOT_COORDINATOR');
  assert.equal(errorName((await describe(coordinator)).errorCode), 'NOT_COORDINATOR');
});

test('while a partition loads, requests are told to wait in the way that clients understand', async () => {
  const { coordinator, port } = createCoordinator();
  const release = port.holdLoads();
  const loading = coordinator.load(0);
  assert.equal(coordinator.phaseOf(0), 'loading');
  const joined = await coordinator.joinGroup(joinRequest(), context(9));
  assert.equal(errorName(joined.errorCode), 'COORDINATOR_LOAD_IN_PROGRESS');
  assert.equal(
    commitError(await coordinator.offsetCommit(commitRequest(1), context(8))),
    'COORDINATOR_LOAD_IN_PROGRESS',
  );
  const member = { groupId, memberId: 'm', groupInstanceId: null, generationId: 1 };
  const sync = { ...member, protocolType: null, protocolName: null, assignments: [] };
  assert.equal(errorName((await coordinator.syncGroup(sync, context(3))).errorCode), 'REBALANCE_IN_PROGRESS');
  assert.equal(errorName(coordinator.heartbeat(member).errorCode), 'NONE');
  const listed = coordinator.listGroups({ statesFilter: [], typesFilter: [] });
  assert.equal(errorName(listed.errorCode), 'COORDINATOR_LOAD_IN_PROGRESS');
  release();
  await loading;
  assert.equal(coordinator.phaseOf(0), 'loaded');
  assert.equal(await fetchOffset(coordinator), -1);
});

test('version 1 of OffsetFetch carries the error at each partition', async () => {
  const { coordinator } = createCoordinator();
  const request = { ...fetchRequest([]), groupId, topics: [{ name: 'orders', partitionIndexes: [0] }] };
  const old = await coordinator.offsetFetch(request, context(1));
  assert.equal(errorName(old.topics[0]?.partitions[0]?.errorCode), 'NOT_COORDINATOR');
  const recent = await coordinator.offsetFetch(request, context(2));
  assert.deepEqual([errorName(recent.errorCode), recent.topics.length], ['NOT_COORDINATOR', 0]);
});

test('a stable group goes on with another coordinator as if nothing had happened', async () => {
  const started = await startCoordinator();
  const [a, b] = [new Consumer(started, { groupInstanceId: 'pod-0' }), new Consumer(started)] as const;
  await stabilize(started, a, b);
  await a.commit(5);
  const before = await describe(started.coordinator);
  const next = await startCoordinator({ port: new MemoryOffsets(1, started.port.log), clock: started.clock });
  assert.deepEqual(await describe(next.coordinator), before);
  assert.equal(await fetchOffset(next.coordinator), 5);
  const { groupId: group, memberId, groupInstanceId, generationId } = { groupId, ...pick(a) };
  const beat = next.coordinator.heartbeat({ groupId: group, memberId, groupInstanceId, generationId });
  assert.equal(errorName(beat.errorCode), 'NONE');
  await next.clock.advance(10_000);
  assert.equal((await describe(next.coordinator)).groupState, 'Empty', 'loaded members have sessions that end');
});

function pick({ memberId, groupInstanceId, generationId }: Consumer): {
  memberId: string;
  groupInstanceId: string | null;
  generationId: number;
} {
  return { memberId, groupInstanceId, generationId };
}

test('the assignment is in the bucket before anyone hears of it', async () => {
  const started = await startCoordinator();
  const [a, b] = [new Consumer(started), new Consumer(started)] as const;
  const joins = [a.join(), b.join()];
  await started.clock.advance(6_000);
  await Promise.all(joins.map(settled));
  started.port.held = true;
  const syncs = [b.sync(), a.sync(), a.sync()];
  await started.clock.advance(1_000);
  assert.deepEqual(
    syncs.map(({ value }) => value),
    [undefined, undefined, undefined],
  );
  assert.equal(started.port.pendingAppends, 1, 'a leader that asks twice stores one assignment');
  assert.equal((await describe(started.coordinator)).groupState, 'CompletingRebalance');
  started.port.commit();
  for (const sync of syncs) assert.equal(errorName((await settled(sync)).errorCode), 'NONE');
});

test('an assignment that is committed after the next rebalance began is void', async () => {
  const started = await startCoordinator();
  const [a, b] = [new Consumer(started), new Consumer(started)] as const;
  const join = a.join();
  await started.clock.advance(6_000);
  await settled(join);
  started.port.held = true;
  const sync = a.sync();
  await settle();
  const joining = b.join();
  assert.equal(errorName((await settled(sync)).errorCode), 'REBALANCE_IN_PROGRESS');
  started.port.commit();
  await settle();
  assert.equal((await describe(started.coordinator)).groupState, 'PreparingRebalance');
  await settled(a.join());
  assert.equal((await settled(joining)).generationId, 2);
});

test('an assignment that is committed in the next generation’s sync phase is void too', async () => {
  const started = await startCoordinator();
  const [a, b] = [new Consumer(started), new Consumer(started)] as const;
  const join = a.join();
  await started.clock.advance(6_000);
  await settled(join);
  started.port.held = true;
  const overtaken = a.sync();
  await settle();
  const joining = b.join();
  assert.equal(errorName((await settled(overtaken)).errorCode), 'REBALANCE_IN_PROGRESS');
  await settled(a.join());
  await settled(joining);
  const waiting = b.sync();
  started.port.commit();
  await settle();
  assert.equal(waiting.value, undefined);
  assert.equal((await describe(started.coordinator)).groupState, 'CompletingRebalance');
});

test('a deleted group is not brought back by a load', async () => {
  const started = await startCoordinator();
  const a = new Consumer(started);
  await stabilize(started, a);
  await a.leave();
  await started.coordinator.deleteGroups({ groupsNames: [groupId] });
  const next = await startCoordinator({ port: new MemoryOffsets(1, started.port.log) });
  assert.equal((await describe(next.coordinator)).groupState, 'Dead');
});

test('a fenced broker refuses what waits and gives the partition up', async () => {
  const started = await startCoordinator();
  const [a, b] = [new Consumer(started), new Consumer(started)] as const;
  await stabilize(started, a, b);
  const joining = a.join();
  started.port.held = true;
  const commit = watch(started.coordinator.offsetCommit(commitRequest(1, { groupId: 'simple' }), context(8)));
  await settle();
  started.port.fence();
  assert.equal(commitError(await settled(commit)), 'NOT_COORDINATOR');
  assert.equal(errorName((await settled(joining)).errorCode), 'NOT_COORDINATOR');
  assert.equal(b.heartbeat(), 'NOT_COORDINATOR');
  assert.equal(started.coordinator.phaseOf(0), 'failed');
  assert.equal(started.clock.timers, 0, 'no timer of a lost partition runs on');
});

test('unloading refuses what waits, and what is committed later is not applied', async () => {
  const started = await startCoordinator();
  const a = new Consumer(started);
  await stabilize(started, a);
  started.port.held = true;
  const commit = watch(a.commit(5));
  await settle();
  started.coordinator.unload(0);
  started.port.commit();
  assert.equal(await settled(commit), 'NOT_COORDINATOR');
  assert.equal(a.heartbeat(), 'NOT_COORDINATOR');
  assert.equal(started.clock.timers, 0);
  started.port.held = false;
  await started.coordinator.load(0);
  assert.equal(await fetchOffset(started.coordinator), 5, 'the log decides what happened');
});

test('an unload while loading wins', async () => {
  const { coordinator, port, clock } = createCoordinator();
  const release = port.holdLoads();
  const loading = coordinator.load(0);
  coordinator.unload(0);
  release();
  await loading;
  assert.equal(coordinator.phaseOf(0), 'not-loaded');
  assert.equal(clock.timers, 0);
});

test('a topic deleted while its offsets load is not forgotten', async () => {
  const first = await startCoordinator();
  await first.coordinator.offsetCommit(commitRequest(1), context(8));
  const { coordinator, port } = createCoordinator({ port: new MemoryOffsets(1, first.port.log) });
  const release = port.holdLoads();
  const loading = coordinator.load(0);
  await coordinator.topicsDeleted(new Set(['orders']));
  release();
  await loading;
  assert.equal(await fetchOffset(coordinator), -1);
});

test('a record that cannot be read fails the partition and is named', async () => {
  const { key } = encodeGroupRecord('OffsetCommit', { group: groupId, topic: 'orders', partition: 0 }, null);
  const record = { key, value: Buffer.from([0, 3, 1]), offset: 17, timestampMs: 0 };
  const { coordinator } = createCoordinator({ port: new MemoryOffsets(1, [{ partition: 0, record }]) });
  await assert.rejects(coordinator.load(0), (error: unknown) => {
    assert.ok(error instanceof OffsetsRecordError);
    assert.deepEqual(error.details, { partition: 0, offset: 17 });
    return true;
  });
  assert.equal(coordinator.phaseOf(0), 'failed');
});

test('records of other kinds and of unknown types are passed over', async () => {
  const consumer = encodeGroupRecord('ConsumerGroupMetadata', { groupId: 'new' }, { epoch: 1 });
  const unknown = { key: Buffer.from([0x7f, 0xff]), value: Buffer.from([1]) };
  const log = [consumer, unknown].map((each, offset) => ({
    partition: 0,
    record: { ...each, offset, timestampMs: 0 },
  }));
  const { coordinator } = await startCoordinator({ port: new MemoryOffsets(1, log) });
  assert.deepEqual(coordinator.listGroups({ statesFilter: [], typesFilter: [] }).groups, []);
});

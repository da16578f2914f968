import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Consumer, stabilize } from './consumer.ts';
import { context, describe, errorName, groupId, joinRequest, settled, startCoordinator } from './harness.ts';

test('a member without heartbeats expires after its session time-out and the others rebalance', async () => {
  const started = await startCoordinator();
  const [a, b] = [new Consumer(started), new Consumer(started)] as const;
  await stabilize(started, a, b);
  await started.clock.advance(9_000);
  assert.equal(a.heartbeat(), 'NONE');
  await started.clock.advance(1_000);
  assert.equal(b.heartbeat(), 'UNKNOWN_MEMBER_ID');
  assert.equal(a.heartbeat(), 'REBALANCE_IN_PROGRESS');
  assert.equal((await settled(a.join())).members.length, 1);
});

test('a member that waits for a rebalance does not expire', async () => {
  const started = await startCoordinator();
  const [a, b] = [new Consumer(started), new Consumer(started)] as const;
  await stabilize(started, a, b);
  const waiting = a.join();
  for (let waitedMs = 0; waitedMs < 40_000; waitedMs += 5_000) {
    await started.clock.advance(5_000);
    assert.equal(b.heartbeat(), 'REBALANCE_IN_PROGRESS');
  }
  assert.equal(waiting.value, undefined);
  await settled(b.join());
  assert.equal((await settled(waiting)).members.length, 2);
});

test('an offset commit is a sign of life', async () => {
  const started = await startCoordinator();
  const a = new Consumer(started);
  await stabilize(started, a);
  for (let i = 0; i < 4; i++) {
    await started.clock.advance(9_000);
    assert.equal(await a.commit(i), 'NONE');
  }
});

test('a new member whose answer never comes is dropped after five minutes', async () => {
  const started = await startCoordinator();
  const [a, b] = [new Consumer(started, { rebalanceTimeoutMs: 900_000 }), new Consumer(started)] as const;
  await stabilize(started, a);
  const joining = b.join();
  for (let waitedMs = 0; waitedMs < 300_000; waitedMs += 5_000) {
    await started.clock.advance(0);
    assert.equal(joining.value, undefined);
    a.heartbeat();
    await started.clock.advance(5_000);
  }
  assert.equal(errorName((await settled(joining)).errorCode), 'UNKNOWN_MEMBER_ID');
});

test('a member id that was handed out is kept for a session, and a rebalance waits for it', async () => {
  const started = await startCoordinator();
  const a = new Consumer(started);
  await stabilize(started, a);
  const promised = await started.coordinator.joinGroup(joinRequest(), context(9));
  assert.equal(errorName(promised.errorCode), 'MEMBER_ID_REQUIRED');
  const rejoining = a.join();
  await started.clock.advance(9_999);
  assert.equal(rejoining.value, undefined);
  await started.clock.advance(1);
  assert.equal((await settled(rejoining)).members.length, 1);
  const late = await started.coordinator.joinGroup(joinRequest({ memberId: promised.memberId }), context(9));
  assert.equal(errorName(late.errorCode), 'UNKNOWN_MEMBER_ID');
});

test('a member that leaves starts a rebalance, and the last one leaves an empty group behind', async () => {
  const started = await startCoordinator();
  const [a, b] = [new Consumer(started), new Consumer(started)] as const;
  await stabilize(started, a, b);
  assert.equal(await b.leave(), 'NONE');
  assert.equal(a.heartbeat(), 'REBALANCE_IN_PROGRESS');
  await settled(a.join());
  await settled(a.sync());
  assert.equal(await a.leave(), 'NONE');
  const described = await describe(started.coordinator);
  assert.equal(described.groupState, 'Empty');
  assert.equal(described.protocolType, 'consumer');
  assert.equal(described.members.length, 0);
});

test('leaving twice, or a group that does not exist, says that the member is unknown', async () => {
  const started = await startCoordinator();
  const [a, b] = [new Consumer(started), new Consumer(started)] as const;
  await stabilize(started, a, b);
  assert.equal(await b.leave(), 'NONE');
  assert.equal(await b.leave(), 'UNKNOWN_MEMBER_ID');
  const elsewhere = await started.coordinator.leaveGroup(
    { groupId: 'elsewhere', memberId: a.memberId, members: [] },
    context(1),
  );
  assert.equal(errorName(elsewhere.errorCode), 'UNKNOWN_MEMBER_ID');
});

test('version 1 of LeaveGroup names its one member outside the list', async () => {
  const started = await startCoordinator();
  const a = new Consumer(started);
  await stabilize(started, a);
  const request = { groupId, memberId: a.memberId, members: [] };
  assert.equal(errorName((await started.coordinator.leaveGroup(request, context(1))).errorCode), 'NONE');
  assert.equal((await describe(started.coordinator)).groupState, 'Empty');
});

test('a pending member can leave before it joins', async () => {
  const started = await startCoordinator();
  const a = new Consumer(started);
  await stabilize(started, a);
  const { memberId } = await started.coordinator.joinGroup(joinRequest(), context(9));
  const rejoining = a.join();
  const members = [{ memberId, groupInstanceId: null, reason: null }];
  const left = await started.coordinator.leaveGroup({ groupId, memberId: '', members }, context(5));
  assert.equal(errorName(left.members[0]?.errorCode), 'NONE');
  assert.equal((await settled(rejoining)).generationId, 2);
});

test('what a member waits for is refused when it leaves', async () => {
  const started = await startCoordinator();
  const [a, b] = [new Consumer(started), new Consumer(started)] as const;
  await stabilize(started, a, b);
  const waiting = a.join();
  await a.leave();
  assert.equal(errorName((await settled(waiting)).errorCode), 'UNKNOWN_MEMBER_ID');
});

test('heartbeats of other generations and of strangers are refused', async () => {
  const started = await startCoordinator();
  const a = new Consumer(started);
  await stabilize(started, a);
  const { coordinator } = started;
  const sender = { groupId, memberId: a.memberId, groupInstanceId: null, generationId: 1 };
  assert.equal(errorName(coordinator.heartbeat(sender).errorCode), 'NONE');
  const refusals = [
    [{ generationId: 2 }, 'ILLEGAL_GENERATION'],
    [{ memberId: 'stray' }, 'UNKNOWN_MEMBER_ID'],
    [{ groupId: 'elsewhere' }, 'UNKNOWN_MEMBER_ID'],
    [{ groupId: '' }, 'INVALID_GROUP_ID'],
    [{ groupInstanceId: 'nobody' }, 'UNKNOWN_MEMBER_ID'],
  ] as const;
  for (const [overrides, error] of refusals) {
    assert.equal(errorName(coordinator.heartbeat({ ...sender, ...overrides }).errorCode), error);
  }
});

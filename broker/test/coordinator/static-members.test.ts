import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Consumer, stabilize } from './consumer.ts';
import { context, describe, errorName, groupId, settled, startCoordinator, subscription } from './harness.ts';
import type { TestCoordinator } from './harness.ts';

function staticConsumer(started: TestCoordinator, groupInstanceId: string, joinVersion = 9): Consumer {
  return new Consumer(started, { groupInstanceId, joinVersion });
}

test('a static member joins without being told its id first, and its id starts with its instance id', async () => {
  const started = await startCoordinator();
  const a = staticConsumer(started, 'pod-0');
  await stabilize(started, a);
  assert.match(a.memberId, /^pod-0-/);
});

test('a restarted static member takes its assignment over without a rebalance and fences its former self', async () => {
  const started = await startCoordinator();
  const [leader, former] = [staticConsumer(started, 'pod-0'), staticConsumer(started, 'pod-1')] as const;
  await stabilize(started, leader, former);
  const restarted = staticConsumer(started, 'pod-1');
  const joined = await settled(restarted.join());
  assert.equal(joined.generationId, 1);
  assert.notEqual(restarted.memberId, former.memberId);
  assert.equal(leader.heartbeat(), 'NONE');
  assert.equal((await settled(restarted.sync())).assignment.toString(), `for ${former.memberId}`);
  assert.equal(former.heartbeat(), 'FENCED_INSTANCE_ID');
  assert.equal(await former.commit(1), 'FENCED_INSTANCE_ID');
  assert.equal(errorName((await settled(former.join())).errorCode), 'FENCED_INSTANCE_ID');
  assert.equal(errorName((await settled(former.sync())).errorCode), 'FENCED_INSTANCE_ID');
  assert.equal(await former.leave(), 'FENCED_INSTANCE_ID');
});

test('a restarted static leader is told to skip the assignment (v9), or not told that it leads (before)', async () => {
  for (const joinVersion of [9, 5]) {
    const started = await startCoordinator();
    const [former, other] = [staticConsumer(started, 'pod-0'), staticConsumer(started, 'pod-1')] as const;
    await stabilize(started, former, other);
    const restarted = staticConsumer(started, 'pod-0', joinVersion);
    const joined = await settled(restarted.join());
    assert.equal(joined.skipAssignment, joinVersion === 9);
    assert.equal(joined.leader, joinVersion === 9 ? restarted.memberId : former.memberId);
    assert.equal(joined.members.length, joinVersion === 9 ? 2 : 0);
    assert.equal((await settled(restarted.sync())).assignment.toString(), `for ${former.memberId}`);
  }
});

test('a restarted static member answers only when its new id is in the bucket', async () => {
  const started = await startCoordinator();
  const a = staticConsumer(started, 'pod-0');
  await stabilize(started, a);
  started.port.held = true;
  const restarted = staticConsumer(started, 'pod-0');
  const joining = restarted.join();
  await started.clock.advance(1_000);
  assert.equal(joining.value, undefined);
  started.port.commit();
  assert.equal((await settled(joining)).generationId, 1);
});

test('a restart that a rebalance overtakes is answered with the new generation', async () => {
  const started = await startCoordinator();
  const [leader, former] = [staticConsumer(started, 'pod-0'), staticConsumer(started, 'pod-1')] as const;
  await stabilize(started, leader, former);
  started.port.held = true;
  const restarting = staticConsumer(started, 'pod-1').join();
  await started.clock.advance(0);
  const joining = new Consumer(started).join();
  await started.clock.advance(0);
  started.port.commit();
  await started.clock.advance(0);
  assert.equal(restarting.value, undefined);
  await settled(leader.join());
  assert.equal((await settled(restarting)).generationId, 2);
  assert.equal((await settled(joining)).generationId, 2);
});

test('a restart while the assignment is being computed rebalances, as the leader knows only the former id', async () => {
  const started = await startCoordinator();
  const [leader, former] = [staticConsumer(started, 'pod-0'), staticConsumer(started, 'pod-1')] as const;
  const joins = [leader.join(), former.join()];
  await started.clock.advance(6_000);
  await Promise.all(joins.map(settled));
  const waiting = former.sync();
  const restarted = staticConsumer(started, 'pod-1');
  const joining = restarted.join();
  assert.equal(errorName((await settled(waiting)).errorCode), 'FENCED_INSTANCE_ID');
  assert.equal(leader.heartbeat(), 'REBALANCE_IN_PROGRESS');
  await settled(leader.join());
  assert.equal((await settled(joining)).generationId, 2);
});

test('a restart with another elected protocol rebalances', async () => {
  const started = await startCoordinator();
  const metadata = subscription('orders');
  const names = (list: readonly string[]): { name: string; metadata: Buffer }[] =>
    list.map((name) => ({ name, metadata }));
  const a = new Consumer(started, { groupInstanceId: 'pod-0', protocols: names(['range', 'sticky']) });
  await stabilize(started, a);
  const restarted = new Consumer(started, { groupInstanceId: 'pod-0', protocols: names(['sticky', 'range']) });
  const joined = await settled(restarted.join());
  assert.equal(joined.generationId, 2);
  assert.equal(joined.protocolName, 'sticky');
});

test('two processes with one instance id: the waiting one is fenced at once', async () => {
  const started = await startCoordinator();
  const [first, second] = [staticConsumer(started, 'pod-0'), staticConsumer(started, 'pod-0')] as const;
  const loser = first.join();
  const winner = second.join();
  assert.equal(errorName((await settled(loser)).errorCode), 'FENCED_INSTANCE_ID');
  await started.clock.advance(6_000);
  assert.equal(errorName((await settled(winner)).errorCode), 'NONE');
});

test('a static member that does not rejoin keeps its place until its session ends', async () => {
  const started = await startCoordinator();
  const absent = new Consumer(started, {
    groupInstanceId: 'pod-0',
    rebalanceTimeoutMs: 6_000,
    sessionTimeoutMs: 30_000,
  });
  const present = new Consumer(started, { groupInstanceId: 'pod-1', rebalanceTimeoutMs: 6_000 });
  await stabilize(started, absent, present);
  const joining = new Consumer(started, { rebalanceTimeoutMs: 6_000 }).join();
  await started.clock.advance(0);
  const rejoining = present.join();
  await started.clock.advance(6_000);
  assert.equal((await settled(rejoining)).members.length, 3);
  await settled(joining);
});

test('a group of absent static members waits for their sessions to end and is empty then', async () => {
  const started = await startCoordinator();
  const absent = new Consumer(started, {
    groupInstanceId: 'pod-0',
    rebalanceTimeoutMs: 6_000,
    sessionTimeoutMs: 30_000,
  });
  const leaving = new Consumer(started, { rebalanceTimeoutMs: 6_000 });
  await stabilize(started, absent, leaving);
  await leaving.leave();
  await started.clock.advance(20_000);
  assert.equal((await describe(started.coordinator)).groupState, 'PreparingRebalance');
  await started.clock.advance(10_000);
  assert.equal((await describe(started.coordinator)).groupState, 'Empty');
});

test('an administrator removes static members by their instance ids alone', async () => {
  const started = await startCoordinator();
  const [a, b] = [staticConsumer(started, 'pod-0'), staticConsumer(started, 'pod-1')] as const;
  await stabilize(started, a, b);
  const members = ['pod-1', 'pod-7'].map((groupInstanceId) => ({ memberId: '', groupInstanceId, reason: 'admin' }));
  const response = await started.coordinator.leaveGroup({ groupId, memberId: '', members }, context(5));
  assert.deepEqual(
    response.members.map(({ groupInstanceId, errorCode }) => [groupInstanceId, errorName(errorCode)]),
    [
      ['pod-1', 'NONE'],
      ['pod-7', 'UNKNOWN_MEMBER_ID'],
    ],
  );
  assert.equal(a.heartbeat(), 'REBALANCE_IN_PROGRESS');
});

test('a full group takes a static member back', async () => {
  const started = await startCoordinator({ options: { maxGroupSize: 1 } });
  await stabilize(started, staticConsumer(started, 'pod-0'));
  const joined = await settled(staticConsumer(started, 'pod-0').join());
  assert.equal(errorName(joined.errorCode), 'NONE');
});

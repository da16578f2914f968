import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Consumer, stabilize } from './consumer.ts';
import { context, describe, errorName, joinRequest, settled, startCoordinator, subscription } from './harness.ts';

test('a new member is told its id first from version 4 on, and joins with it', async () => {
  const { coordinator, clock } = await startCoordinator();
  const first = await coordinator.joinGroup(joinRequest(), context(4, 'app'));
  assert.equal(errorName(first.errorCode), 'MEMBER_ID_REQUIRED');
  assert.match(first.memberId, /^app-[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  const joined = coordinator.joinGroup(joinRequest({ memberId: first.memberId }), context(4, 'app'));
  await clock.advance(3_000);
  const response = await joined;
  assert.equal(errorName(response.errorCode), 'NONE');
  assert.equal(response.memberId, first.memberId);
  assert.equal(response.generationId, 1);
});

test('older versions join at once, with an id made by the coordinator', async () => {
  const { coordinator, clock } = await startCoordinator();
  const joined = coordinator.joinGroup(joinRequest(), context(3));
  await clock.advance(3_000);
  assert.equal(errorName((await joined).errorCode), 'NONE');
});

test('the leader alone sees all members, and everyone gets the assignment it made', async () => {
  const started = await startCoordinator();
  const [a, b, c] = [new Consumer(started), new Consumer(started), new Consumer(started)] as const;
  const joins = [a, b, c].map((consumer) => consumer.join());
  await started.clock.advance(6_000);
  const responses = await Promise.all(joins.map(settled));
  assert.deepEqual(new Set(responses.map(({ generationId }) => generationId)), new Set([1]));
  assert.deepEqual(new Set(responses.map(({ leader }) => leader)), new Set([a.memberId]));
  assert.deepEqual(
    responses.map(({ members }) => members.length),
    [3, 0, 0],
  );
  const waiting = b.sync();
  assert.equal(waiting.value, undefined);
  const led = await settled(a.sync());
  assert.equal(led.assignment.toString(), `for ${a.memberId}`);
  assert.equal((await settled(waiting)).assignment.toString(), `for ${b.memberId}`);
  assert.equal((await settled(c.sync())).assignment.toString(), `for ${c.memberId}`);
  assert.equal((await describe(started.coordinator)).groupState, 'Stable');
});

test('members that the leader forgets get an empty assignment', async () => {
  const started = await startCoordinator();
  const [a, b] = [new Consumer(started), new Consumer(started)] as const;
  const joins = [a.join(), b.join()];
  await started.clock.advance(6_000);
  await Promise.all(joins.map(settled));
  const follower = b.sync();
  await settled(a.sync({ assignments: [{ memberId: a.memberId, assignment: Buffer.from('all') }] }));
  assert.equal((await settled(follower)).assignment.length, 0);
});

test('the first join phase is extended for members that come meanwhile, up to the rebalance time-out', async () => {
  const started = await startCoordinator();
  const a = new Consumer(started, { rebalanceTimeoutMs: 7_000 });
  const first = a.join();
  await started.clock.advance(2_000);
  const second = new Consumer(started, { rebalanceTimeoutMs: 7_000 }).join();
  await started.clock.advance(2_000);
  const third = new Consumer(started, { rebalanceTimeoutMs: 7_000 }).join();
  await started.clock.advance(2_900);
  assert.equal(first.value, undefined);
  await started.clock.advance(100);
  assert.equal((await settled(first)).members.length, 3);
  await settled(second);
  await settled(third);
});

test('later join phases end as soon as all known members have come', async () => {
  const started = await startCoordinator();
  const [a, b] = [new Consumer(started), new Consumer(started)] as const;
  await stabilize(started, a);
  const joining = b.join();
  await started.clock.advance(0);
  assert.equal(joining.value, undefined);
  assert.equal(a.heartbeat(), 'REBALANCE_IN_PROGRESS');
  const rejoining = a.join();
  assert.equal((await settled(rejoining)).generationId, 2);
  assert.equal((await settled(joining)).generationId, 2);
  assert.equal(a.heartbeat(), 'NONE');
});

test('a member that does not rejoin within the rebalance time-out is dropped', async () => {
  const started = await startCoordinator();
  const [a, b, c] = [new Consumer(started), new Consumer(started), new Consumer(started)] as const;
  await stabilize(started, a, b);
  const joining = [c.join()];
  await started.clock.advance(0);
  joining.push(b.join());
  for (let waitedMs = 0; waitedMs < 60_000; waitedMs += 5_000) {
    assert.equal(a.heartbeat(), 'REBALANCE_IN_PROGRESS');
    await started.clock.advance(5_000);
  }
  const [joined, rejoined] = await Promise.all(joining.map(settled));
  assert.equal(joined?.leader, b.memberId, 'a leader that does not rejoin is replaced');
  assert.equal(rejoined?.members.length, 2);
  assert.equal(a.heartbeat(), 'UNKNOWN_MEMBER_ID');
});

test('a lost JoinGroup answer can be asked for again without another rebalance', async () => {
  const started = await startCoordinator();
  const [a, b] = [new Consumer(started), new Consumer(started)] as const;
  const joins = [a.join(), b.join()];
  await started.clock.advance(6_000);
  await Promise.all(joins.map(settled));
  assert.equal((await settled(b.join())).generationId, 1);
  assert.equal((await settled(a.join())).members.length, 2);
});

test('a JoinGroup sent twice while the phase runs gets the same answer twice', async () => {
  const started = await startCoordinator();
  const [a, b] = [new Consumer(started), new Consumer(started)] as const;
  await stabilize(started, a, b);
  const once = a.join();
  const twice = a.join();
  await settled(b.join());
  assert.deepEqual(await settled(once), await settled(twice));
});

test('followers that rejoin a stable group unchanged keep the generation, the leader starts a new one', async () => {
  const started = await startCoordinator();
  const [a, b] = [new Consumer(started), new Consumer(started)] as const;
  await stabilize(started, a, b);
  assert.equal((await settled(b.join())).generationId, 1);
  const led = a.join();
  await started.clock.advance(0);
  assert.equal(led.value, undefined);
  assert.equal(b.heartbeat(), 'REBALANCE_IN_PROGRESS');
  b.join();
  assert.equal((await settled(led)).generationId, 2);
});

test('a changed subscription starts a rebalance', async () => {
  const started = await startCoordinator();
  const [a, b] = [new Consumer(started), new Consumer(started)] as const;
  await stabilize(started, a, b);
  b.protocols = [{ name: 'range', metadata: subscription('orders', 'payments') }];
  const rejoining = b.join();
  assert.equal(a.heartbeat(), 'REBALANCE_IN_PROGRESS');
  const led = await settled(a.join());
  assert.deepEqual(led.members.find(({ memberId }) => memberId === b.memberId)?.metadata, b.protocols[0]?.metadata);
  await settled(rejoining);
});

test('the protocol that most members prefer among those all support is elected', async () => {
  const started = await startCoordinator();
  const metadata = subscription('orders');
  const consumers = [
    ['sticky', 'range', 'own'],
    ['range', 'sticky'],
    ['range', 'sticky'],
  ].map((names) => new Consumer(started, { protocols: names.map((name) => ({ name, metadata })) }));
  const joins = consumers.map((consumer) => consumer.join());
  await started.clock.advance(6_000);
  for (const join of joins) assert.equal((await settled(join)).protocolName, 'range');
});

test('a member without a common protocol or with another protocol type is refused', async () => {
  const started = await startCoordinator();
  await stabilize(started, new Consumer(started));
  const { coordinator } = started;
  const metadata = subscription('orders');
  const other = await coordinator.joinGroup(joinRequest({ protocols: [{ name: 'other', metadata }] }), context(3));
  assert.equal(errorName(other.errorCode), 'INCONSISTENT_GROUP_PROTOCOL');
  const connect = await coordinator.joinGroup(joinRequest({ protocolType: 'connect' }), context(3));
  assert.equal(errorName(connect.errorCode), 'INCONSISTENT_GROUP_PROTOCOL');
});

test('an empty group refuses a member that names no protocol or no type', async () => {
  const { coordinator } = await startCoordinator();
  for (const overrides of [{ protocols: [] }, { protocolType: '' }]) {
    const response = await coordinator.joinGroup(joinRequest(overrides), context(3));
    assert.equal(errorName(response.errorCode), 'INCONSISTENT_GROUP_PROTOCOL');
  }
});

test('session time-outs outside the bounds and empty group ids are refused', async () => {
  const { coordinator } = await startCoordinator();
  for (const sessionTimeoutMs of [5_999, 1_800_001]) {
    const response = await coordinator.joinGroup(joinRequest({ sessionTimeoutMs }), context(3));
    assert.equal(errorName(response.errorCode), 'INVALID_SESSION_TIMEOUT');
  }
  const nameless = await coordinator.joinGroup(joinRequest({ groupId: '' }), context(3));
  assert.equal(errorName(nameless.errorCode), 'INVALID_GROUP_ID');
});

test('a member id that nobody handed out is unknown, with and without its group', async () => {
  const started = await startCoordinator();
  const { coordinator } = started;
  const stray = joinRequest({ memberId: 'stray' });
  assert.equal(errorName((await coordinator.joinGroup(stray, context(5))).errorCode), 'UNKNOWN_MEMBER_ID');
  await stabilize(started, new Consumer(started));
  assert.equal(errorName((await coordinator.joinGroup(stray, context(5))).errorCode), 'UNKNOWN_MEMBER_ID');
});

test('a full group refuses new members and keeps its own', async () => {
  const started = await startCoordinator({ options: { maxGroupSize: 2 } });
  const [a, b] = [new Consumer(started), new Consumer(started)] as const;
  await stabilize(started, a, b);
  const late = await started.coordinator.joinGroup(joinRequest(), context(3));
  assert.equal(errorName(late.errorCode), 'GROUP_MAX_SIZE_REACHED');
  const rejoining = a.join();
  await settled(b.join());
  assert.equal((await settled(rejoining)).members.length, 2);
});

test('SyncGroup with another protocol, generation or group is refused', async () => {
  const started = await startCoordinator();
  const a = new Consumer(started);
  await stabilize(started, a);
  const refusals = [
    [a.sync({ protocolType: 'connect' }), 'INCONSISTENT_GROUP_PROTOCOL'],
    [a.sync({ protocolName: 'sticky' }), 'INCONSISTENT_GROUP_PROTOCOL'],
    [a.sync({ generationId: 7 }), 'ILLEGAL_GENERATION'],
    [a.sync({ memberId: 'stray' }), 'UNKNOWN_MEMBER_ID'],
    [a.sync({ groupId: 'elsewhere' }), 'UNKNOWN_MEMBER_ID'],
    [a.sync({ groupId: '' }), 'INVALID_GROUP_ID'],
  ] as const;
  for (const [sync, error] of refusals) assert.equal(errorName((await settled(sync)).errorCode), error);
});

test('a rebalance while members wait for the assignment sends them back to JoinGroup', async () => {
  const started = await startCoordinator();
  const [a, b, c] = [new Consumer(started), new Consumer(started), new Consumer(started)] as const;
  const joins = [a.join(), b.join()];
  await started.clock.advance(6_000);
  await Promise.all(joins.map(settled));
  const waiting = b.sync();
  const joining = c.join();
  assert.equal(errorName((await settled(waiting)).errorCode), 'REBALANCE_IN_PROGRESS');
  a.join();
  b.join();
  assert.equal((await settled(joining)).generationId, 2);
});

test('a leader that never sends its assignment is dropped when the sync phase is over', async () => {
  const started = await startCoordinator();
  const [a, b] = [new Consumer(started), new Consumer(started)] as const;
  const joins = [a.join(), b.join()];
  await started.clock.advance(6_000);
  await Promise.all(joins.map(settled));
  const waiting = b.sync();
  for (let waitedMs = 0; waitedMs < 60_000; waitedMs += 5_000) {
    assert.equal(a.heartbeat(), 'NONE');
    assert.equal(waiting.value, undefined);
    await started.clock.advance(5_000);
  }
  assert.equal(errorName((await settled(waiting)).errorCode), 'REBALANCE_IN_PROGRESS');
  assert.equal(a.heartbeat(), 'UNKNOWN_MEMBER_ID');
  const rejoined = await settled(b.join());
  assert.equal(rejoined.leader, b.memberId);
  assert.equal(rejoined.members.length, 1);
});

test('a leader whose session ends during the sync phase is followed by another', async () => {
  const started = await startCoordinator();
  const [a, b] = [new Consumer(started), new Consumer(started)] as const;
  const joins = [a.join(), b.join()];
  await started.clock.advance(6_000);
  await Promise.all(joins.map(settled));
  const waiting = b.sync();
  await started.clock.advance(10_000);
  assert.equal(errorName((await settled(waiting)).errorCode), 'REBALANCE_IN_PROGRESS');
  const rejoined = await settled(b.join());
  assert.equal(rejoined.leader, b.memberId);
  assert.equal(errorName((await settled(b.sync())).errorCode), 'NONE');
});

test('many members joining one after the other all end in one generation, and none is forgotten', async () => {
  const started = await startCoordinator();
  const consumers = Array.from({ length: 20 }, () => new Consumer(started));
  let joins = consumers.slice(0, 1).map((consumer) => consumer.join());
  await started.clock.advance(3_000);
  await Promise.all(joins.map(settled));
  for (let count = 2; count <= consumers.length; count++) {
    // Each newcomer interrupts the sync phase of those before it.
    joins = consumers.slice(count - 1, count).map((consumer) => consumer.join());
    await started.clock.advance(0);
    joins.push(...consumers.slice(0, count - 1).map((consumer) => consumer.join()));
    for (const join of joins) assert.equal(errorName((await settled(join)).errorCode), 'NONE');
  }
  const syncs = consumers.map((consumer) => consumer.sync());
  for (const sync of syncs) assert.equal(errorName((await settled(sync)).errorCode), 'NONE');
  assert.equal((await describe(started.coordinator)).members.length, 20);
  for (const consumer of consumers) assert.equal(consumer.heartbeat(), 'NONE');
});

test('the end of a sync phase that a rebalance has overtaken drops nobody', async () => {
  const started = await startCoordinator();
  const [a, b] = [new Consumer(started), new Consumer(started)] as const;
  const beat = async (untilMs: number, ...consumers: readonly Consumer[]): Promise<void> => {
    for (let waitedMs = 0; waitedMs < untilMs; waitedMs += 5_000) {
      await started.clock.advance(5_000);
      for (const consumer of consumers) assert.notEqual(consumer.heartbeat(), 'UNKNOWN_MEMBER_ID');
    }
  };
  const joins = [a.join(), b.join()];
  await started.clock.advance(6_000);
  await Promise.all(joins.map(settled));
  await beat(50_000, a, b);
  const joining = new Consumer(started).join();
  await started.clock.advance(0);
  const rejoining = a.join();
  await beat(20_000, b);
  assert.equal(rejoining.value, undefined);
  await settled(b.join());
  assert.equal((await settled(joining)).generationId, 2);
});

test('a promised member id cannot be joined with as a static member', async () => {
  const { coordinator } = await startCoordinator();
  const { memberId } = await coordinator.joinGroup(joinRequest(), context(9));
  const joined = await coordinator.joinGroup(joinRequest({ memberId, groupInstanceId: 'pod-0' }), context(9));
  assert.equal(errorName(joined.errorCode), 'UNKNOWN_MEMBER_ID');
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PROMOTE_ANNOTATION } from '../../src/api/index.ts';
import { FakeWorld } from '../fake/fake-world.ts';
import { assertIsPlan, untilPromotionIsOrdered } from '../fake/boot-plans.ts';

function spec(failover?: object): object {
  return {
    replicaStores: [{ name: 'east', s3: { bucket: 'copy', region: 'r' } }],
    replication: { managedBy: 'Provider' },
    recovery: { onEmptyVolume: 'Auto', onDamage: 'Hold', ...(failover === undefined ? {} : { failover }) },
  };
}
const AUTOMATIC = { mode: 'Automatic', store: 'east', after: '5m', maxDataLoss: '60s' };

async function running(failover?: object): Promise<FakeWorld> {
  const world = new FakeWorld();
  world.createCluster(spec(failover));
  await world.settle();
  return world;
}

/** The store goes away, the copy being `lagMs` behind then; the operator sees it. Returns since when it is known to be away. */
async function lose(world: FakeWorld, lagMs: number): Promise<string> {
  world.primaryAway = true;
  world.step();
  await world.reconcile();
  const condition = world.cluster.status?.conditions?.find(({ type }) => type === 'ObjectStoreReachable');
  assert.equal(condition?.status, 'False');
  const lostAt = condition.lastTransitionTime;
  const cutTime = new Date(Date.parse(lostAt) - lagMs).toISOString();
  world.copy = { name: 'east', reachable: true, timeline: '0000000001-aaaaaaaa', cutTime };
  world.step();
  return lostAt;
}

test('Automatic: not before the time, then once, after every broker of before has ended; the status tells from where to where', async () => {
  const world = await running(AUTOMATIC);
  const lostAt = await lose(world, 20_000);
  world.nowMs = Date.parse(lostAt) + 295_000;
  world.step();
  await world.reconcile();
  assert.equal(world.cluster.status?.failover, undefined, 'too early');
  assert.equal(world.bootPlan['mode'], 'Auto');
  world.nowMs = Date.parse(lostAt) + 301_000;
  world.step();
  await world.reconcile();
  assert.equal(world.condition('WriteAuthority')?.reason, 'Promoting');
  await untilPromotionIsOrdered(world);
  assert.deepEqual(
    { ...world.bootPlan, lostAtMs: undefined },
    {
      version: 1,
      planId: 'failover.east.0000000001-aaaaaaaa',
      mode: 'Promote',
      activeStore: 'east',
      lineage: 'lineage-1',
      onEmptyVolume: 'Auto',
      expectedParent: '0000000001-aaaaaaaa',
      maxDataLossMs: 60_000,
      lostAtMs: undefined,
      force: false,
    },
  );
  await world.settle();
  const { status } = world.cluster;
  assert.equal(status?.phase, 'Ready');
  assert.equal(status.activeStore, 'east');
  assert.equal(status.timeline, '0000000002-aaaaaaaa');
  assert.equal(status.failover, undefined);
  assert.deepEqual([status.lastFailover?.from, status.lastFailover?.to], ['primary', 'east']);
  assert.equal(world.condition('WriteAuthority')?.status, 'True');
  assert.deepEqual([world.bootPlan['mode'], world.bootPlan['activeStore']], ['Auto', 'east']);
  assert.equal(world.promoted.length, 1);
  const reasons = world.eventReasons();
  for (const reason of ['FailoverStarted', 'FailoverCompleted']) {
    assert.equal(reasons.filter((one) => one === reason).length, 1, reason);
  }
});

test('Automatic: a store that turns the brokers away is not lost; a person decides', async () => {
  const world = await running(AUTOMATIC);
  world.storeRefusal = { code: 'STORE_DENIED', message: 'SignatureDoesNotMatch' };
  const lostAt = await lose(world, 1_000);
  world.nowMs = Date.parse(lostAt) + 301_000;
  await world.settle();
  assert.equal(world.cluster.status?.failover, undefined);
  assert.equal(world.bootPlan['mode'], 'Auto');
  const { reason = '', message = '' } = world.condition('Stalled') ?? {};
  assert.equal(reason, 'StoreLost');
  assert.ok(message.includes('turns the brokers away') && message.includes(PROMOTE_ANNOTATION), message);
  assert.ok(world.condition('ObjectStoreReachable')?.message.includes('SignatureDoesNotMatch'));
});

test('never back by itself: the old store returns, and nothing changes', async () => {
  const world = await running(AUTOMATIC);
  const lostAt = await lose(world, 0);
  world.nowMs = Date.parse(lostAt) + 301_000;
  await world.settle();
  assert.equal(world.cluster.status?.activeStore, 'east');
  world.primaryAway = false;
  for (let hour = 0; hour < 5; hour += 1) {
    world.nowMs += 3_600_000;
    await world.settle();
  }
  assert.equal(world.cluster.status?.activeStore, 'east');
  assert.equal(world.promoted.length, 1);
});

test('more would be lost than is allowed: nothing is done, and the numbers and the one command stand in the status', async () => {
  const world = await running(AUTOMATIC);
  const lostAt = await lose(world, 61_000);
  world.nowMs = Date.parse(lostAt) + 600_000;
  await world.settle();
  assert.equal(world.bootPlan['mode'], 'Auto');
  assert.equal(world.cluster.status?.failover, undefined);
  const { reason, message = '' } = world.condition('Stalled') ?? {};
  assert.equal(reason, 'DataLossTooGreat');
  assert.match(message, /61\.0 s of acknowledged records/);
  assert.match(message, /maxDataLoss \(60s\)/);
  const command = /kubectl annotate chk orders -n default --overwrite chronik\.stream\/promote=(\S+)$/.exec(message);
  world.kube.edit('ChronikCluster', 'orders', (cluster) => {
    (cluster['metadata'] as { annotations?: object }).annotations = { [PROMOTE_ANNOTATION]: command?.[1] };
  });
  await world.settle();
  assert.equal(world.cluster.status?.activeStore, 'east');
  // The decision was about the timeline of then; it decides nothing about a later loss.
  world.copy = {
    name: 'east',
    reachable: true,
    timeline: '0000000002-aaaaaaaa',
    cutTime: new Date(world.nowMs).toISOString(),
  };
  await world.settle();
  assert.equal(world.promoted.length, 1);
});

test('Manual: only told; a copy that allows no cut, or does not answer, is told with its reason', async () => {
  const world = await running();
  const lostAt = await lose(world, 1_000);
  world.nowMs = Date.parse(lostAt) + 301_000;
  await world.settle();
  assert.equal(world.condition('Stalled')?.reason, 'StoreLost');
  assert.equal(world.bootPlan['mode'], 'Auto');
  world.copy = { name: 'east', reachable: false, error: { code: 'STORE_UNREACHABLE', message: 'no answer' } };
  await world.settle();
  assert.equal(world.condition('Stalled')?.reason, 'FailoverImpossible');
  assert.match(world.condition('Stalled')?.message ?? '', /east cannot take over: STORE_UNREACHABLE: no answer/);
});

test('a store that answers again in time ends the wait; the next loss is counted from its own beginning', async () => {
  const world = await running(AUTOMATIC);
  const first = await lose(world, 0);
  world.nowMs = Date.parse(first) + 250_000;
  world.primaryAway = false;
  await world.settle();
  const second = await lose(world, 0);
  assert.notEqual(second, first);
  world.nowMs = Date.parse(second) + 100_000;
  world.step();
  await world.reconcile();
  assert.equal(world.cluster.status?.failover, undefined);
});

test('a pod that does not end keeps the promotion waiting, and is named', async () => {
  const world = await running(AUTOMATIC);
  const lostAt = await lose(world, 0);
  const pod = world.kube.find('Pod', 'orders-0');
  assert.ok(pod);
  // As on a node that is cut off: nobody there confirms that the process has ended.
  world.kube.edit('Pod', 'orders-0', (object) => {
    (object['metadata'] as { finalizers?: readonly string[] }).finalizers = ['the/node'];
  });
  world.nowMs = Date.parse(lostAt) + 301_000;
  for (let round = 0; round < 20; round += 1) {
    await world.reconcile();
    world.step();
    const ending = world.kube.find('Pod', 'orders-0');
    if (ending?.metadata.deletionTimestamp === undefined) continue;
    const { deletionGracePeriodSeconds } = ending.metadata;
    world.kube.edit('Pod', 'orders-0', (object) => {
      (object['metadata'] as { deletionGracePeriodSeconds?: number }).deletionGracePeriodSeconds ??= 60;
    });
    if (round > 15) assert.equal(deletionGracePeriodSeconds, 5, 'it waits for a store that is lost: it need not');
  }
  assert.equal(world.bootPlan['mode'], 'Auto');
  assert.match(world.condition('WriteAuthority')?.message ?? '', /pods that have not ended: orders-0/);
  world.kube.edit('Pod', 'orders-0', (object) => {
    (object['metadata'] as { finalizers?: readonly string[] }).finalizers = [];
  });
  const gone = world.kube.find('Pod', 'orders-0');
  if (gone !== undefined) world.kube.remove(gone);
  await world.settle();
  assert.equal(world.cluster.status?.activeStore, 'east');
});

test('paused: nothing is decided', async () => {
  const world = await running(AUTOMATIC);
  const lostAt = await lose(world, 0);
  world.editSpec((fields) => (fields['paused'] = true));
  world.nowMs = Date.parse(lostAt) + 900_000;
  await world.settle();
  assert.equal(world.cluster.status?.failover, undefined);
  assert.equal(world.bootPlan['mode'], 'Auto');
});

test('a resource that is made again knows no store: the brokers find out, and from then on the plan names it', async () => {
  const world = await running(AUTOMATIC);
  const lostAt = await lose(world, 0);
  world.nowMs = Date.parse(lostAt) + 301_000;
  await world.settle();
  world.deleteCluster();
  await world.settle();
  world.primaryAway = false;
  world.runsOn = 'east';
  world.createCluster(spec(AUTOMATIC));
  for (let round = 0; world.kube.find('ConfigMap', 'orders-boot') === undefined; round += 1) {
    assert.ok(round < 20);
    await world.reconcile();
  }
  assert.deepEqual([world.bootPlan['activeStore'], world.bootPlan['storeAssumed']], ['primary', true]);
  assertIsPlan(world.bootPlan);
  await world.settle();
  assert.equal(world.cluster.status?.activeStore, 'east');
  assert.deepEqual([world.bootPlan['activeStore'], world.bootPlan['storeAssumed']], ['east', undefined]);
});

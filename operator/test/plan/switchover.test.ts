import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SWITCHOVER_ANNOTATION } from '../../src/api/index.ts';
import { FakeWorld } from '../fake/fake-world.ts';
import { untilPromotionIsOrdered } from '../fake/boot-plans.ts';

const SPEC = {
  replicaStores: [{ name: 'east', s3: { bucket: 'copy', region: 'r' } }],
  replication: { managedBy: 'Provider' },
  recovery: {
    onEmptyVolume: 'Auto',
    onDamage: 'Hold',
    failover: { mode: 'Automatic', store: 'east', after: '5m', maxDataLoss: '60s' },
  },
};
const IN_SYNC = { name: 'primary', reachable: true, state: 'in sync', problems: [] };

/** A cluster that has failed over to east, and whose primary store is back. */
async function failedOver(): Promise<FakeWorld> {
  const world = new FakeWorld();
  world.createCluster(SPEC);
  await world.settle();
  world.primaryAway = true;
  world.step();
  await world.reconcile();
  world.copy = {
    name: 'east',
    reachable: true,
    timeline: '0000000001-aaaaaaaa',
    cutTime: new Date(world.nowMs).toISOString(),
  };
  world.nowMs += 301_000;
  await world.settle();
  assert.equal(world.cluster.status?.activeStore, 'east');
  world.primaryAway = false;
  return world;
}

function annotate(world: FakeWorld, value: string | undefined): void {
  world.kube.edit('ChronikCluster', 'orders', (cluster) => {
    const annotations = value === undefined ? {} : { [SWITCHOVER_ANNOTATION]: value };
    (cluster['metadata'] as { annotations?: object }).annotations = annotations;
  });
}

test('home again by the one command that the status tells, once the copy is in sync, after every broker has ended', async () => {
  const world = await failedOver();
  assert.equal(world.condition('ReplicaInSync')?.message, 'no broker tells of replica store primary');
  const said = world.condition('WriteAuthority')?.message ?? '';
  const command = /kubectl annotate chk orders -n default --overwrite chronik\.stream\/switchover=(\S+)$/.exec(said);
  assert.equal(command?.[1], 'primary@0000000002-aaaaaaaa', said);
  annotate(world, command?.[1]);
  world.replication = [{ ...IN_SYNC, state: 'copying' }];
  await world.settle();
  assert.equal(world.cluster.status?.failover, undefined);
  assert.match(world.condition('WriteAuthority')?.message ?? '', /switchover to primary waits: .*primary: copying/);
  assert.deepEqual(
    world.cluster.status?.replicas?.map(({ name }) => name),
    ['primary'],
  );
  world.replication = [IN_SYNC];
  await untilPromotionIsOrdered(world);
  assert.deepEqual(
    { ...world.bootPlan },
    {
      version: 1,
      planId: 'switchover.primary.0000000002-aaaaaaaa',
      mode: 'Promote',
      activeStore: 'primary',
      lineage: 'lineage-1',
      onEmptyVolume: 'Auto',
      expectedParent: '0000000002-aaaaaaaa',
      maxDataLossMs: 0,
      force: false,
      planned: true,
    },
  );
  world.replication = [{ ...IN_SYNC, name: 'east' }];
  await world.settle();
  const { status } = world.cluster;
  assert.equal(status?.activeStore, 'primary');
  assert.deepEqual([status.lastFailover?.from, status.lastFailover?.to], ['east', 'primary']);
  assert.equal(status.lastFailover?.cutTime, undefined, 'nothing was lost');
  assert.equal(world.condition('ReplicaInSync')?.status, 'True');
  // What was asked was about the timeline of then: it moves nothing any more.
  await world.settle();
  assert.equal(world.promoted.length, 2);
});

test('who asks for another timeline, for the store that is written, or for one that is not there, moves nothing', async () => {
  const world = await failedOver();
  world.replication = [IN_SYNC];
  for (const asked of [
    'primary@0000000001-aaaaaaaa',
    'east@0000000002-aaaaaaaa',
    'west@0000000002-aaaaaaaa',
    '',
    '@',
  ]) {
    annotate(world, asked);
    await world.settle();
    assert.equal(world.cluster.status?.failover, undefined, asked);
  }
  assert.equal(world.promoted.length, 1);
});

test('a copy that does not get the end keeps the brokers holding; called off, they go on where they were', async () => {
  const world = await failedOver();
  world.replication = [IN_SYNC];
  await world.settle();
  annotate(world, 'primary@0000000002-aaaaaaaa');
  await world.reconcile();
  world.held = { code: 'BARRIER_NOT_REACHED', message: 'the copy does not hold everything yet', remedy: 'wait' };
  await world.settle();
  assert.equal(world.condition('WriteAuthority')?.reason, 'Promoting');
  const said = world.condition('Stalled')?.message ?? '';
  assert.match(said, /To stay on east: kubectl annotate chk orders -n default chronik\.stream\/switchover-$/);
  annotate(world, undefined);
  await world.settle();
  assert.equal(world.cluster.status?.failover, undefined);
  assert.deepEqual([world.bootPlan['mode'], world.bootPlan['activeStore']], ['Auto', 'east']);
  world.held = undefined;
  await world.settle();
  assert.equal(world.cluster.status?.activeStore, 'east');
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeWorld } from '../fake/fake-world.ts';

/** A cluster whose only node is being drained: closed for new pods, and the broker evicted as its budget allows. */
async function drained(): Promise<FakeWorld> {
  const world = new FakeWorld();
  world.createCluster();
  await world.settle();
  world.cordoned = true;
  const pod = world.kube.find('Pod', 'orders-0');
  if (pod !== undefined) world.kube.remove(pod);
  await world.settle();
  return world;
}

const budget = (world: FakeWorld): unknown =>
  world.kube.fieldOf('PodDisruptionBudget', 'orders', 'spec')['maxUnavailable'];

test('a node that is closed does not touch the broker on it, and its eviction is allowed', async () => {
  const world = new FakeWorld();
  world.createCluster();
  await world.settle();
  world.cordoned = true;
  await world.settle();
  assert.equal(world.condition('Ready')?.status, 'True');
  assert.equal(budget(world), 1);
});

test('a broker that no node takes is told in the words of the scheduler, and left to it', async () => {
  const world = await drained();
  assert.equal(world.cluster.status?.phase, 'Degraded');
  for (const type of ['Ready', 'Stalled']) {
    assert.equal(world.condition(type)?.reason, 'Unschedulable', type);
    assert.match(world.condition(type)?.message ?? '', /orders-0: .*1 node\(s\) were unschedulable/, type);
  }
  assert.equal(world.condition('VolumesHealthy')?.status, 'True', 'its volume has lost nothing');
  assert.equal(world.kube.writes.filter((write) => write === 'delete Pod').length, 0);
});

test('once a node takes it, it goes on from the volume that it had', async () => {
  const world = await drained();
  const claim = world.kube.find('PersistentVolumeClaim', 'data-orders-0')?.metadata.uid;
  world.cordoned = false;
  await world.settle();
  assert.equal(world.cluster.status?.phase, 'Ready');
  assert.equal(world.condition('Stalled')?.status, 'False');
  assert.equal(world.cluster.status?.nodes?.[0]?.lastRecovery?.mode, 'attached');
  assert.equal(world.kube.find('PersistentVolumeClaim', 'data-orders-0')?.metadata.uid, claim);
});

test('a node that is drained and lost with its volume: the broker restores elsewhere', async () => {
  const world = await drained();
  world.deletePodAndClaim();
  world.cordoned = false;
  await world.settle();
  assert.equal(world.cluster.status?.nodes?.[0]?.lastRecovery?.mode, 'restored');
  assert.equal(budget(world), 1);
});

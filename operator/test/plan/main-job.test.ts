import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RELEASE_ANNOTATION } from '../../src/api/index.ts';
import { FakeWorld } from '../fake/fake-world.ts';

async function running(spec: object = {}): Promise<FakeWorld> {
  const world = new FakeWorld();
  world.createCluster(spec);
  await world.settle();
  return world;
}

test('a new cluster comes up, and its status says so', async () => {
  const world = await running();
  const { status } = world.cluster;
  assert.equal(status?.phase, 'Ready');
  assert.equal(status?.readyBrokers, 1);
  assert.equal(status?.lineage, 'lineage-1');
  assert.equal(status?.nodes?.[0]?.volume, 'Initialized');
  assert.equal(world.condition('Ready')?.status, 'True');
  assert.equal(world.condition('Reconciling')?.status, 'False');
  assert.equal(world.condition('UpToDate')?.status, 'True');
  assert.deepEqual(world.eventReasons().toSorted(), ['ClusterCreated', 'Ready']);
});

test('what has converged is left alone: rounds at any later time write nothing', async () => {
  const world = await running();
  const writes = world.kube.writes.length;
  for (let round = 0; round < 10; round += 1) {
    world.nowMs += 3_600_000;
    const result = await world.reconcile();
    assert.deepEqual(result, { kind: 'planned', writes: 0, lookAgainMs: 15_000 });
  }
  assert.equal(world.kube.writes.length, writes);
});

test('pod and claim deleted: the volume is restored, with an event at both ends', async () => {
  const world = await running();
  const before = world.cluster.status?.nodes?.[0]?.pvcUID;
  world.deletePodAndClaim();
  await world.settle();
  const node = world.cluster.status?.nodes?.[0];
  assert.notEqual(node?.pvcUID, before);
  assert.equal(node?.volume, 'Initialized');
  assert.equal(node?.lastRecovery?.mode, 'restored');
  assert.equal(world.cluster.status?.phase, 'Ready');
  const reasons = world.eventReasons();
  assert.equal(reasons.filter((reason) => reason === 'RestoreStarted').length, 1);
  assert.equal(reasons.filter((reason) => reason === 'RestoreCompleted').length, 1);
});

test('no broker may be evicted while one restores', async () => {
  const world = await running();
  world.deletePodAndClaim();
  const seen = new Set<unknown>();
  for (let round = 0; round < 12; round += 1) {
    await world.reconcile();
    world.step();
    seen.add(world.kube.fieldOf('PodDisruptionBudget', 'orders', 'spec')['maxUnavailable']);
  }
  assert.deepEqual([...seen], [1, 0]);
  assert.equal(world.kube.fieldOf('PodDisruptionBudget', 'orders', 'spec')['maxUnavailable'], 1);
});

test('the lineage is demanded from the first boot on, without restarting the broker', async () => {
  const world = await running();
  assert.equal(world.bootPlan['lineage'], 'lineage-1');
  assert.equal(world.kube.writes.filter((write) => write === 'delete Pod').length, 0);
});

test('Hold: the first volume is filled at once, a new one waits for its release', async () => {
  const world = await running({ recovery: { onEmptyVolume: 'Hold', onDamage: 'Hold' } });
  assert.equal(world.cluster.status?.phase, 'Ready');
  world.deletePodAndClaim();
  await world.settle();
  assert.equal(world.cluster.status?.phase, 'Holding');
  assert.equal(world.condition('Stalled')?.reason, 'HeldForRelease');
  const uid = world.kube.find('PersistentVolumeClaim', 'data-orders-0')?.metadata.uid ?? '';
  assert.ok(world.condition('Stalled')?.message.includes(`${RELEASE_ANNOTATION}=${uid}`));
  world.kube.edit('ChronikCluster', 'orders', (cluster) => {
    (cluster['metadata'] as { annotations?: object }).annotations = { [RELEASE_ANNOTATION]: uid };
  });
  await world.settle();
  assert.equal(world.cluster.status?.phase, 'Ready');
  assert.equal(world.cluster.status?.nodes?.[0]?.pvcUID, uid);
  assert.equal(world.cluster.status?.nodes?.[0]?.lastRecovery?.mode, 'restored');
});

test('Hold: a new claim that is seen before its pod is not taken for the old one', async () => {
  const world = await running({ recovery: { onEmptyVolume: 'Hold', onDamage: 'Hold' } });
  const before = world.cluster.status?.nodes?.[0]?.pvcUID;
  const claim = world.kube.find('PersistentVolumeClaim', 'data-orders-0');
  assert.ok(claim);
  const { uid: _uid, ...metadata } = claim.metadata;
  world.deletePodAndClaim();
  world.kube.store({ ...structuredClone(claim), metadata }, undefined);
  await world.reconcile();
  assert.equal(world.cluster.status?.nodes?.[0]?.pvcUID, before);
  await world.settle();
  assert.equal(world.condition('Stalled')?.reason, 'HeldForRelease');
});

test('Hold: a pod that was replaced with its volume intact starts without anybody', async () => {
  const world = await running({ recovery: { onEmptyVolume: 'Hold', onDamage: 'Hold' } });
  const pod = world.kube.find('Pod', 'orders-0');
  if (pod !== undefined) world.kube.remove(pod);
  await world.settle();
  assert.equal(world.cluster.status?.phase, 'Ready');
  assert.equal(world.cluster.status?.nodes?.[0]?.lastRecovery?.mode, 'attached');
});

test('turning Hold on and off restarts nothing', async () => {
  const world = await running();
  world.editSpec((spec) => (spec['recovery'] = { onEmptyVolume: 'Hold', onDamage: 'Hold' }));
  await world.settle();
  world.editSpec((spec) => (spec['recovery'] = { onEmptyVolume: 'Auto', onDamage: 'Hold' }));
  await world.settle();
  assert.equal(world.kube.writes.filter((write) => write === 'delete Pod').length, 0);
  assert.equal(world.condition('UpToDate')?.status, 'True');
});

test('a broker that holds is told with its code and remedy, and nothing is done to it', async () => {
  const world = await running();
  world.held = { code: 'STORE_IS_REPLICA', message: 'this store is a replica', remedy: 'Point to the owner.' };
  const pod = world.kube.find('Pod', 'orders-0');
  if (pod !== undefined) world.kube.remove(pod);
  await world.settle();
  assert.equal(world.cluster.status?.phase, 'Holding');
  assert.match(
    world.condition('Stalled')?.message ?? '',
    /STORE_IS_REPLICA: this store is a replica\. Point to the owner\./,
  );
  assert.ok(world.eventReasons().includes('Holding'));
});

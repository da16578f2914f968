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
    assert.ok(result.kind === 'planned' && result.writes === 0 && result.lookAgainMs === 15_000);
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

const HOLD = { recovery: { onEmptyVolume: 'Hold', onDamage: 'Hold' } };

function release(world: FakeWorld, id: string): void {
  world.kube.edit('ChronikCluster', 'orders', (cluster) => {
    (cluster['metadata'] as { annotations?: object }).annotations = { [RELEASE_ANNOTATION]: id };
  });
}

test('Hold: the first volume is filled at once, a new one waits for the release of its id', async () => {
  const world = await running(HOLD);
  assert.equal(world.cluster.status?.phase, 'Ready');
  world.deletePodAndClaim();
  await world.settle();
  assert.equal(world.cluster.status?.phase, 'Holding');
  assert.equal(world.cluster.status?.nodes?.[0]?.volume, 'Empty');
  assert.equal(world.condition('Stalled')?.reason, 'HeldForRelease');
  assert.equal(world.condition('VolumesHealthy')?.reason, 'HeldForRelease');
  const command = `kubectl annotate chk orders -n default --overwrite ${RELEASE_ANNOTATION}=${world.volumeId()}`;
  assert.ok((world.condition('Stalled')?.message ?? '').includes(command));
  release(world, 'another');
  await world.settle();
  assert.equal(world.cluster.status?.phase, 'Holding', 'another id releases nothing');
  release(world, world.volumeId());
  await world.settle();
  assert.equal(world.cluster.status?.phase, 'Ready');
  assert.equal(world.cluster.status?.nodes?.[0]?.lastRecovery?.mode, 'restored');
});

test('Hold: a claim that was emptied in place is noticed, and the old release does not count for it', async () => {
  const world = await running(HOLD);
  world.deletePodAndClaim();
  await world.settle();
  release(world, world.volumeId());
  await world.settle();
  assert.equal(world.cluster.status?.phase, 'Ready');
  world.emptyInPlace();
  await world.settle();
  assert.equal(world.condition('Stalled')?.reason, 'HeldForRelease');
  release(world, world.volumeId());
  await world.settle();
  assert.equal(world.cluster.status?.phase, 'Ready');
  const restores = world.eventReasons().filter((reason) => reason === 'RestoreCompleted');
  assert.equal(restores.length, 2);
  assert.equal(world.eventReasons().filter((reason) => reason === 'RestoreStarted').length, 2);
});

test('Hold: a resource that was deleted and made again does not take the empty volume for its first', async () => {
  const world = await running(HOLD);
  world.deleteCluster();
  await world.settle().catch(() => undefined);
  const claim = world.kube.find('PersistentVolumeClaim', 'data-orders-0');
  if (claim !== undefined) world.kube.remove(claim);
  world.createCluster(HOLD);
  await world.settle();
  assert.equal(world.condition('Stalled')?.reason, 'HeldForRelease');
});

test('Hold: a pod that waits is told of a new plan once, so that it need not wait for the kubelet', async () => {
  const world = await running(HOLD);
  world.deletePodAndClaim();
  await world.settle();
  const told = (): number => world.kube.writes.filter((write) => write === 'patch Pod').length;
  const before = told();
  for (let round = 0; round < 5; round += 1) await world.reconcile();
  assert.equal(told(), before, 'nothing new, nothing told');
  release(world, 'another');
  await world.settle();
  assert.equal(told(), before + 1);
});

test('what is in the way of a start is told from the init container: foreign volume, foreign bucket, store away', async () => {
  const ways = [
    { code: 'VOLUME_FOREIGN', volume: 'Foreign', condition: 'VolumesHealthy', reason: 'Foreign' },
    { code: 'BUCKET_FOREIGN', volume: 'Empty', condition: 'Stalled', reason: 'Holding' },
    { code: 'LINEAGE_MISMATCH', volume: 'Initialized', condition: 'Stalled', reason: 'Holding' },
    { code: 'STORE_UNREACHABLE', volume: 'Empty', condition: 'ObjectStoreReachable', reason: 'Unreachable' },
  ] as const;
  for (const { code, volume, condition, reason } of ways) {
    const world = await running();
    const reachable = code !== 'STORE_UNREACHABLE';
    world.inTheWay = { code, message: `told by ${code}`, remedy: 'do this', volume, reachable };
    const pod = world.kube.find('Pod', 'orders-0');
    if (pod !== undefined) world.kube.remove(pod);
    await world.settle();
    assert.equal(world.cluster.status?.phase, 'Holding', code);
    assert.match(world.condition('Stalled')?.message ?? '', new RegExp(`${code}: told by ${code}\\. do this`), code);
    assert.equal(world.condition(condition)?.reason, reason, code);
    if (volume === 'Foreign') assert.equal(world.cluster.status?.nodes?.[0]?.volume, 'Foreign');
    world.inTheWay = undefined;
    await world.settle();
    assert.equal(world.cluster.status?.phase, 'Ready', code);
  }
});

test('a store that turns the broker away needs a person; one that is away does not', async () => {
  const stalls = [
    { code: 'STORE_DENIED', status: 'True' },
    { code: 'STORE_UNAVAILABLE', status: 'False' },
  ] as const;
  for (const { code, status } of stalls) {
    const world = await running();
    world.storeRefusal = { code, message: 'SignatureDoesNotMatch' };
    const pod = world.kube.find('Pod', 'orders-0');
    if (pod !== undefined) world.kube.remove(pod);
    await world.settle();
    assert.equal(world.condition('ObjectStoreReachable')?.status, 'False', code);
    assert.equal(world.condition('Stalled')?.status, status, code);
    const said = world.condition('Stalled')?.message ?? '';
    assert.equal(said.includes('STORE_DENIED: SignatureDoesNotMatch'), status === 'True', code);
  }
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

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KubeError } from '../../src/kube/index.ts';
import { FakeWorld } from '../fake/fake-world.ts';
import type { Fields } from '../fake/fake-kube.ts';

async function running(spec: object = {}): Promise<FakeWorld> {
  const world = new FakeWorld();
  world.createCluster(spec);
  await world.settle();
  return world;
}

const deletedPods = (world: FakeWorld): number => world.kube.writes.filter((write) => write === 'delete Pod').length;

test('a new image replaces the broker once, after the StatefulSet has seen it', async () => {
  const world = await running();
  world.editSpec((spec) => (spec['image'] = 'chronik:2'));
  await world.settle();
  assert.equal(deletedPods(world), 1);
  const pod = world.kube.find('Pod', 'orders-0')?.['spec'] as { containers: [{ image: string }] };
  assert.equal(pod.containers[0].image, 'chronik:2');
  assert.equal(world.cluster.status?.phase, 'Ready');
  assert.equal(world.cluster.status?.nodes?.[0]?.lastRecovery?.mode, 'attached');
});

test('a setting that changes and one that is taken away both reach the broker', async () => {
  const world = await running({ config: { CHRONIK_LOG_LEVEL: 'debug' } });
  const data = (): unknown => world.kube.fieldOf('ConfigMap', 'orders-settings', 'data')['CHRONIK_LOG_LEVEL'];
  assert.equal(data(), 'debug');
  world.editSpec((spec) => delete spec['config']);
  await world.settle();
  assert.equal(data(), undefined);
  assert.equal(deletedPods(world), 1);
});

test('an image that does not exist is told, and mending it needs no hand', async () => {
  const world = await running();
  world.badImages.add('chronik:typo');
  world.editSpec((spec) => (spec['image'] = 'chronik:typo'));
  await world.settle();
  assert.equal(world.cluster.status?.phase, 'Degraded');
  assert.equal(world.condition('Stalled')?.reason, 'ImageUnavailable');
  world.editSpec((spec) => (spec['image'] = 'chronik:2'));
  await world.settle();
  assert.equal(world.cluster.status?.phase, 'Ready');
});

test('a broker is not replaced while it restores', async () => {
  const world = await running();
  world.deletePodAndClaim();
  world.step();
  world.step();
  world.editSpec((spec) => (spec['image'] = 'chronik:2'));
  await world.reconcile();
  world.step();
  await world.reconcile();
  assert.equal(deletedPods(world), 0);
  await world.settle();
  assert.equal(deletedPods(world), 1);
});

test('children that a user edits or deletes come back as they were', async () => {
  const world = await running();
  world.kube.edit('Service', 'orders-bootstrap', (service) => ((service['spec'] as Fields)['selector'] = { a: 'b' }));
  const headless = world.kube.find('Service', 'orders-brokers');
  if (headless !== undefined) world.kube.remove(headless);
  await world.settle();
  const bootstrap = world.kube.find('Service', 'orders-bootstrap')?.['spec'] as { selector: Fields };
  assert.equal(bootstrap.selector['chronik.stream/cluster'], 'orders');
  assert.ok(world.kube.find('Service', 'orders-brokers'));
});

test('a deleted StatefulSet comes back and finds its volume', async () => {
  const world = await running();
  const set = world.kube.find('StatefulSet', 'orders');
  if (set !== undefined) world.kube.remove(set);
  await world.settle();
  assert.equal(world.cluster.status?.nodes?.[0]?.lastRecovery?.mode, 'attached');
});

test('a larger size expands the claim and leaves the template of claims alone', async () => {
  const world = await running();
  world.editSpec((spec) => (spec['storage'] = { size: '20Gi' }));
  await world.settle();
  const claim = world.kube.find('PersistentVolumeClaim', 'data-orders-0')?.['spec'];
  assert.deepEqual((claim as { resources: object }).resources, { requests: { storage: '20Gi' } });
  const set = world.kube.find('StatefulSet', 'orders')?.['spec'] as { volumeClaimTemplates: [{ spec: object }] };
  assert.deepEqual((set.volumeClaimTemplates[0].spec as { resources: object }).resources, {
    requests: { storage: '10Gi' },
  });
  assert.equal(deletedPods(world), 0);
});

test('paused: nothing is written but the status; unpaused: everything catches up', async () => {
  const world = await running();
  world.editSpec((spec) => {
    spec['paused'] = true;
    spec['image'] = 'chronik:2';
  });
  const before = world.kube.writes.length;
  await world.settle();
  const done = new Set(world.kube.writes.slice(before));
  assert.deepEqual([...done], ['patch status ChronikCluster']);
  assert.equal(world.cluster.status?.phase, 'Paused');
  world.editSpec((spec) => (spec['paused'] = false));
  await world.settle();
  assert.equal(deletedPods(world), 1);
});

test('deletion: brokers stop first, then everything goes but claims', async () => {
  const world = await running();
  assert.ok(world.finalized);
  world.deleteCluster();
  await world.reconcile();
  const set = world.kube.find('StatefulSet', 'orders')?.['spec'] as { replicas: number };
  assert.equal(set.replicas, 0);
  assert.ok(world.finalized, 'the finalizer waits for the brokers');
  world.step();
  await world.reconcile();
  assert.deepEqual(
    [...world.kube.objects.values()].map(({ kind }) => kind).filter((kind) => kind !== 'Event'),
    ['PersistentVolumeClaim'],
  );
});

test('deletion does not wait for ever for brokers that do not stop', async () => {
  const world = await running();
  world.deleteCluster();
  await world.reconcile();
  world.nowMs += 299_000;
  await world.reconcile();
  assert.ok(world.finalized);
  world.nowMs += 2_000;
  await world.reconcile();
  assert.equal(world.cluster, undefined);
});

test('deleted and created again: the kept claim is used, the bucket is the same', async () => {
  const world = await running();
  world.deleteCluster();
  await world.reconcile();
  world.step();
  await world.reconcile();
  world.createCluster();
  await world.settle();
  assert.equal(world.cluster.status?.lineage, 'lineage-1');
  assert.equal(world.cluster.status?.nodes?.[0]?.lastRecovery?.mode, 'attached');
});

test('deletion: a namespace that goes and takes our rights with it is not held up', async () => {
  const world = await running();
  world.deleteCluster();
  world.kube.faults.before = (verb, kind) => {
    if (kind === 'StatefulSet') throw new KubeError(403, 'Forbidden', `${verb}: role is gone`);
  };
  await world.reconcile();
  assert.equal(world.cluster, undefined);
});

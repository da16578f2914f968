import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeWorld } from '../fake/fake-world.ts';

const EAST = {
  name: 'east',
  s3: { bucket: 'copy', endpoint: 'http://east:9000' },
  credentials: { secretRef: { name: 'k' } },
};
const WEST = { name: 'far-west', local: { claimName: 'west' } };
const REPLICATED = { replicaStores: [EAST, WEST], replication: { managedBy: 'Chronik', maxBytesPerSecond: 1_000_000 } };

async function running(spec: object): Promise<FakeWorld> {
  const world = new FakeWorld();
  world.createCluster(spec);
  await world.settle();
  return world;
}

const told = (east: object, west: object = {}): readonly object[] => [
  { name: 'east', reachable: true, state: 'in sync', problems: [], ...east },
  { name: 'far-west', reachable: true, state: 'in sync', problems: [], ...west },
];

test('replica stores reach both containers as settings, references to Secrets, and volumes of their own', async () => {
  const world = await running(REPLICATED);
  const data = world.kube.fieldOf('ConfigMap', 'orders-settings', 'data');
  assert.equal(data['CHRONIK_REPLICA_STORES'], 'east,far-west');
  assert.equal(data['CHRONIK_REPLICATION'], 'chronik');
  assert.equal(data['CHRONIK_REPLICATION_MAX_BYTES_PER_SECOND'], '1000000');
  assert.equal(data['CHRONIK_REPLICA_EAST_OBJECT_STORE_BACKEND'], 's3');
  assert.equal(data['CHRONIK_REPLICA_EAST_S3_BUCKET'], 'copy');
  assert.equal(data['CHRONIK_REPLICA_EAST_S3_DISABLE_SSL'], 'true');
  const path = data['CHRONIK_REPLICA_FAR_WEST_LOCAL_STORAGE_PATH'];
  const { containers, initContainers } = world.kube.fieldOf('Pod', 'orders-0', 'spec') as unknown as Record<
    'containers' | 'initContainers',
    readonly { env: readonly { name: string; valueFrom?: object }[]; volumeMounts: readonly { mountPath: string }[] }[]
  >;
  for (const { env, volumeMounts } of [...containers, ...initContainers]) {
    const key = env.find(({ name }) => name === 'CHRONIK_REPLICA_EAST_S3_SECRET_KEY');
    assert.deepEqual(key?.valueFrom, { secretKeyRef: { name: 'k', key: 'secretAccessKey' } });
    assert.ok(volumeMounts.some(({ mountPath }) => mountPath === path));
  }
});

test('a replica that falls behind is told once, and again when it has caught up', async () => {
  const world = await running(REPLICATED);
  assert.equal(world.condition('ReplicaInSync')?.status, 'Unknown', 'nobody has told');
  world.replication = told({});
  await world.settle();
  assert.equal(world.condition('ReplicaInSync')?.reason, 'InSync');
  world.replication = told({ state: 'copying', upTo: '2026-01-01T10:00:59.999Z' });
  await world.settle();
  assert.equal(world.condition('ReplicaInSync')?.status, 'False');
  assert.match(world.condition('ReplicaInSync')?.message ?? '', /east: copying/);
  const [east, west] = world.cluster.status?.replicas ?? [];
  assert.deepEqual(east, { name: 'east', reachable: true, inSync: false, cutTime: '2026-01-01T10:00:00Z' });
  assert.deepEqual(west, { name: 'far-west', reachable: true, inSync: true });
  world.replication = told({}, { reachable: false });
  await world.settle();
  assert.equal(world.condition('ReplicaInSync')?.reason, 'Unreachable');
  world.replication = told({}, { problems: ['another object lies under a name'] });
  await world.settle();
  assert.equal(world.condition('ReplicaInSync')?.reason, 'Behind');
  world.replication = told({});
  await world.settle();
  const reasons = world.eventReasons();
  assert.equal(reasons.filter((reason) => reason === 'ReplicaBehind').length, 1);
  assert.equal(reasons.filter((reason) => reason === 'ReplicaInSync').length, 2);
});

test('a replica that keeps up causes no write, however far the time goes', async () => {
  const world = await running(REPLICATED);
  world.replication = told({ upTo: '2026-01-01T10:00:00.000Z' });
  await world.settle();
  const writes = world.kube.writes.length;
  for (let second = 1; second < 600; second += 7) {
    world.replication = told({ upTo: new Date(Date.parse('2026-01-01T10:00:00Z') + second * 1000).toISOString() });
    world.step();
    await world.reconcile();
  }
  assert.equal(world.kube.writes.length, writes);
});

test('a cluster without replica stores says nothing of them', async () => {
  const world = await running({});
  assert.equal(world.condition('ReplicaInSync'), undefined);
  assert.equal(world.cluster.status?.replicas, undefined);
  assert.equal(world.kube.fieldOf('ConfigMap', 'orders-settings', 'data')['CHRONIK_REPLICATION'], undefined);
});

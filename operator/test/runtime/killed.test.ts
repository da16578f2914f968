import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KubeError } from '../../src/kube/index.ts';
import { FakeWorld } from '../fake/fake-world.ts';

class Killed extends Error {}

const REPLICATED = {
  replicaStores: [{ name: 'east', s3: { bucket: 'copy', region: 'r' } }],
  recovery: {
    onEmptyVolume: 'Auto',
    onDamage: 'Hold',
    failover: { mode: 'Automatic', store: 'east', after: '3s', maxDataLoss: '1h' },
  },
};

type Story = (world: FakeWorld) => Promise<void> | void;

/** What the user does between two states of rest. */
const STORIES: Readonly<Record<string, Story>> = {
  create: () => undefined,
  'lose the volume': (world) => world.deletePodAndClaim(),
  'change the image': (world) => world.editSpec((spec) => (spec['image'] = 'chronik:2')),
  grow: (world) => world.editSpec((spec) => (spec['storage'] = { size: '20Gi' })),
  'release an empty volume': async (world) => {
    world.editSpec((spec) => (spec['recovery'] = { onEmptyVolume: 'Hold', onDamage: 'Hold' }));
    world.emptyInPlace();
    world.kube.edit('ChronikCluster', 'orders', (cluster) => {
      const annotations = { 'chronik.stream/release': world.volumeId() };
      (cluster['metadata'] as { annotations?: object }).annotations = annotations;
    });
  },
  'fail over': async (world) => {
    world.editSpec((spec) => Object.assign(spec, structuredClone(REPLICATED)));
    world.primaryAway = true;
  },
  delete: (world) => world.deleteCluster(),
};

/** Tells the story, with the operator killed after its n-th write; returns how many writes there were in all. */
async function tell(story: Story, killAfter: number): Promise<{ readonly world: FakeWorld; readonly writes: number }> {
  const world = new FakeWorld();
  world.createCluster();
  if (story !== STORIES['create']) await world.settle();
  const begin = world.kube.writes.length;
  await story(world);
  let armed = true;
  world.kube.faults.after = () => {
    if (!armed || world.kube.writes.length - begin < killAfter) return;
    armed = false;
    throw new Killed();
  };
  for (;;) {
    try {
      await world.settle();
      break;
    } catch (error) {
      // The next process knows nothing but what the API server holds.
      if (!(error instanceof Killed)) throw error;
      world.step();
    }
  }
  return { world, writes: world.kube.writes.length - begin };
}

/** What a person sees, without what every run makes anew. */
function outcome(world: FakeWorld): unknown {
  const kept = [...world.kube.objects.values()]
    .filter(({ kind }) => kind !== 'Event')
    .map(({ kind, metadata }) => {
      return `${kind} ${metadata.name}`;
    });
  const { status } = world.cluster ?? {};
  const conditions = status?.conditions?.map(({ type, status: holds, reason }) => `${type} ${holds} ${reason}`);
  const nodes = status?.nodes?.map(({ volume, ready, lastRecovery }) => [volume, ready, lastRecovery?.mode]);
  return { kept: kept.toSorted(), events: world.eventReasons().toSorted(), phase: status?.phase, conditions, nodes };
}

for (const [name, story] of Object.entries(STORIES)) {
  test(`killed after every single write, it converges to the same: ${name}`, async () => {
    const reference = await tell(story, Number.POSITIVE_INFINITY);
    assert.ok(reference.writes > 1, 'a story without writes proves nothing');
    for (let killAfter = 1; killAfter <= reference.writes; killAfter += 1) {
      const { world } = await tell(story, killAfter);
      assert.deepEqual(outcome(world), outcome(reference.world), `killed after write ${killAfter}`);
    }
  });
}

test('each single right that is missing is named in the status, and granting it is all that is needed', async () => {
  const kinds = ['Service', 'ConfigMap', 'StatefulSet', 'ServiceAccount', 'PodDisruptionBudget', 'NetworkPolicy'];
  for (const kind of kinds) {
    const world = new FakeWorld();
    world.createCluster();
    world.kube.faults.before = (verb, of) => {
      if (verb === 'apply' && of === kind) {
        throw new KubeError(403, 'Forbidden', `User "operator" cannot patch resource "${kind}"`);
      }
    };
    for (let round = 0; round < 5; round += 1) {
      await world.reconcile();
      world.step();
    }
    assert.equal(world.condition('Stalled')?.reason, 'Forbidden', kind);
    assert.ok(world.condition('Stalled')?.message.includes(`cannot patch resource "${kind}"`), kind);
    delete world.kube.faults.before;
    await world.settle();
    assert.equal(world.cluster.status?.phase, 'Ready', kind);
    assert.equal(world.condition('Stalled')?.status, 'False', kind);
  }
});

test('an API server that is slow or overloaded changes nothing but the time', async () => {
  const world = new FakeWorld();
  world.createCluster();
  let dice = 7;
  world.kube.faults.before = () => {
    dice = (dice * 1_103_515_245 + 12_345) % 2 ** 31;
    if (dice % 10 < 4) throw new KubeError(429, 'TooManyRequests', 'later');
    if (dice % 10 < 6) throw new KubeError(409, 'Conflict', 'modified');
  };
  for (let round = 0; round < 200; round += 1) {
    await world.reconcile().catch((error: unknown) => assert.ok(error instanceof KubeError));
    world.step();
  }
  assert.equal(world.cluster.status?.phase, 'Ready');
});

test('ten clusters in one namespace at rest: no write at all', async () => {
  const world = new FakeWorld();
  const names = Array.from({ length: 10 }, (_, index) => `cluster-${index}`);
  for (const name of names) world.createCluster({}, name);
  for (let round = 0; round < 15; round += 1) {
    for (const name of names) await world.reconcile(name);
    world.step();
  }
  const writes = world.kube.writes.length;
  for (const name of names) assert.deepEqual((await world.reconcile(name)).kind, 'planned');
  assert.equal(world.kube.writes.length, writes);
  for (const name of names) {
    const found = world.kube.find('ChronikCluster', name) as
      | { readonly status?: { readonly phase: string } }
      | undefined;
    assert.equal(found?.status?.phase, 'Ready');
  }
});

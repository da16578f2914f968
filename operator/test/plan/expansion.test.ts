import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KubeError } from '../../src/kube/index.ts';
import { FakeWorld } from '../fake/fake-world.ts';

const FORBIDDEN = 'persistentvolumeclaims "data-orders-0" is forbidden';
const BY_CLASS = `${FORBIDDEN}: only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize`;
const BY_ROLE = `${FORBIDDEN}: User "operator" cannot patch resource "persistentvolumeclaims" in API group "" in the namespace "default"`;

/** A cluster whose volumes shall grow, and an API server that does not let them. */
async function refused(words: string, spec: object = {}): Promise<FakeWorld> {
  const world = new FakeWorld();
  world.createCluster({ storage: { size: '10Gi', storageClassName: 'plain' } });
  await world.settle();
  world.kube.faults.before = (verb, kind) => {
    if (verb === 'patch' && kind === 'PersistentVolumeClaim') throw new KubeError(403, 'Forbidden', words);
  };
  world.editSpec((found) => {
    found['storage'] = { size: '20Gi', storageClassName: 'plain' };
    Object.assign(found, spec);
  });
  await rounds(world);
  return world;
}

async function rounds(world: FakeWorld): Promise<void> {
  for (let round = 0; round < 12; round += 1) {
    await world.reconcile();
    world.step();
  }
}

test('a claim whose class does not let it grow is told with the class and the remedy, and everything else goes on', async () => {
  const world = await refused(BY_CLASS, { image: 'chronik:2' });
  const stalled = world.condition('Stalled');
  assert.equal(stalled?.reason, 'ExpansionRefused');
  assert.equal(
    stalled.message,
    'expand claim data-orders-0 from 10Gi to 20Gi: StorageClass plain does not allow expansion; the broker goes on with 10Gi. ' +
      'If its driver can expand volumes: kubectl patch storageclass plain -p \'{"allowVolumeExpansion":true}\'',
  );
  assert.equal(world.condition('VolumesHealthy')?.reason, 'ExpansionRefused');
  assert.equal(world.condition('UpToDate')?.status, 'True');
  assert.equal(world.condition('Ready')?.status, 'True');
});

test('once the class allows it, the claim grows by itself', async () => {
  const world = await refused(BY_CLASS);
  delete world.kube.faults.before;
  await world.settle();
  assert.equal(world.condition('Stalled')?.status, 'False');
  assert.equal(world.condition('VolumesHealthy')?.reason, 'Initialized');
});

test('a right that the operator lacks, or a quota, is not taken for the class', async () => {
  const world = await refused(BY_ROLE);
  assert.equal(world.condition('Stalled')?.reason, 'Forbidden');
  assert.ok(world.condition('Stalled')?.message.includes(BY_ROLE));
  const quota = `${FORBIDDEN}: exceeded quota: small, requested: requests.storage=10Gi`;
  const other = await refused(quota);
  assert.equal(other.condition('Stalled')?.reason, 'ExpansionRefused');
  assert.ok(other.condition('Stalled')?.message.includes(quota));
});

test('what keeps a broker from serving is told before a volume that cannot grow', async () => {
  const world = await refused(BY_CLASS);
  world.held = { code: 'STREAM_DAMAGED', message: 'a slot is missing', remedy: 'bring it back' };
  await rounds(world);
  assert.equal(world.condition('Stalled')?.reason, 'Holding');
});

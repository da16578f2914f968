import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KubeError } from '../../src/kube/index.ts';
import { execute } from '../../src/kube/execute.ts';
import type { KubeObject } from '../../src/plan/index.ts';
import { FakeWorld } from '../fake/fake-world.ts';
import { assertIsPlan } from '../fake/boot-plans.ts';

async function running(spec: object = {}): Promise<FakeWorld> {
  const world = new FakeWorld();
  world.createCluster(spec);
  await world.settle();
  return world;
}

const planOf = (world: FakeWorld): Readonly<Record<string, unknown>> => world.bootPlan;

test('there is a plan before there is a pod, and it is valid before and after the lineage is known', async () => {
  const world = new FakeWorld();
  world.createCluster();
  await world.reconcile();
  await world.reconcile();
  assert.ok(world.kube.writes.indexOf('create ConfigMap') < world.kube.writes.indexOf('apply StatefulSet'));
  const expected = { version: 1, planId: 'auto', mode: 'Auto', activeStore: 'primary', onEmptyVolume: 'Auto' };
  assert.deepEqual({ ...world.bootPlan }, expected);
  assertIsPlan(world.bootPlan);
  await world.settle();
  assert.equal(planOf(world)['lineage'], 'lineage-1');
  assertIsPlan(world.bootPlan);
});

test('the pods mount the plan as a directory, where the broker is told to look', async () => {
  const world = await running();
  const { containers, volumes } = world.kube.fieldOf('Pod', 'orders-0', 'spec') as unknown as {
    readonly containers: readonly [{ readonly volumeMounts: readonly { name: string; mountPath: string }[] }];
    readonly volumes: readonly { readonly name: string; readonly configMap?: { readonly name: string } }[];
  };
  const volume = volumes.find(({ configMap }) => configMap?.name === 'orders-boot');
  const mount = containers[0].volumeMounts.find(({ name }) => name === volume?.name);
  const path = world.kube.fieldOf('ConfigMap', 'orders-settings', 'data')['CHRONIK_BOOT_PLAN'];
  assert.equal(path, `${mount?.mountPath}/plan.json`);
});

test('whatever stands in the release annotation, the plan is valid', async () => {
  const world = await running({ recovery: { onEmptyVolume: 'Hold', onDamage: 'Hold' } });
  const many = Array.from({ length: 100 }, (_, index) => `id-${index}`).join(',');
  for (const text of ['', 'a1', ' a1 , b2 ', '"', 'a b', many, ',,,', 'x'.repeat(300)]) {
    world.kube.edit('ChronikCluster', 'orders', (cluster) => {
      (cluster['metadata'] as { annotations?: object }).annotations = { 'chronik.stream/release': text };
    });
    await world.settle();
    assertIsPlan(world.bootPlan, text);
  }
});

test('a plan is never written over one that the writer has not seen', async () => {
  const world = await running();
  const object = world.kube.find('ConfigMap', 'orders-boot') as KubeObject;
  const old = object.metadata.resourceVersion;
  world.kube.edit('ConfigMap', 'orders-boot', (map) => (map['data'] = { 'plan.json': '{"newer": true}' }));
  for (const resourceVersion of [old, undefined]) {
    const action = { kind: 'writePlan', object, resourceVersion, why: 'test' } as const;
    await assert.rejects(execute(world.kube, world.cluster, action, 0), (error) => {
      return error instanceof KubeError && error.status === 409 && error.transient;
    });
  }
  assert.deepEqual(world.bootPlan, { newer: true });
});

test('a plan made of an old view of the cluster is not written, however new that of the plan is', async () => {
  const world = await running();
  const old = structuredClone(world.cluster);
  world.kube.edit('ChronikCluster', 'orders', (cluster) => {
    (cluster['status'] as { activeStore?: string }).activeStore = 'east';
  });
  const object = world.kube.find('ConfigMap', 'orders-boot') as KubeObject;
  const { resourceVersion } = object.metadata;
  const action = { kind: 'writePlan', object, resourceVersion, why: 'test' } as const;
  assert.equal(await execute(world.kube, old, action, 0), 'dropped');
  assert.equal(await execute(world.kube, world.cluster, action, 0), 'done');
});

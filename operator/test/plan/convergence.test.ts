import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { reasonToApply, stamped } from '../../src/plan/convergence.ts';
import type { KubeObject } from '../../src/plan/index.ts';
import { FakeWorld } from '../fake/fake-world.ts';

const store = fc.oneof(
  fc.constant({ local: { claimName: 'bucket' } }),
  fc.record({
    s3: fc.record({ bucket: fc.constantFrom('a', 'b'), endpoint: fc.constantFrom('http://m:9000', 'https://s') }),
  }),
  fc.constant({ gcs: { bucket: 'g' }, credentials: { secretRef: { name: 'key' } } }),
  fc.constant({ azure: { account: 'abc', container: 'c' }, credentials: { secretRef: { name: 'key' } } }),
  fc.constant({ s3: { bucket: 'a', region: 'r' }, caSecretRef: { name: 'ca', key: 'ca.crt' } }),
);

const spec = fc.record(
  {
    objectStore: store,
    storage: fc.record({ size: fc.constantFrom('1Gi', '1024Mi', '10Gi') }),
    image: fc.constantFrom('chronik:1', 'chronik:2'),
    recovery: fc.record({
      onEmptyVolume: fc.constantFrom('Auto', 'Hold'),
      onDamage: fc.constantFrom('Hold', 'MarkLost'),
    }),
    config: fc.dictionary(fc.constantFrom('CHRONIK_LOG_LEVEL', 'S3_SSE'), fc.constantFrom('a', 'b')),
    env: fc.constantFrom([], [{ name: 'A', value: '1' }]),
    resources: fc.constantFrom({ requests: { cpu: '500m', memory: 1024 } }, { limits: { memory: '1Gi' } }),
    scheduling: fc.constantFrom({}, { nodeSelector: { a: 'b' }, tolerations: [{ operator: 'Exists' }] }),
  },
  { requiredKeys: [] },
);

test('whatever is specified and changed, it converges: then there is nothing to write and the status stays as it is', async () => {
  await fc.assert(
    fc.asyncProperty(spec, spec, async (first, second) => {
      const world = new FakeWorld();
      world.createCluster(first);
      await world.settle();
      // The bucket and the size of volumes are not things that change so.
      const { objectStore: _store, storage: _storage, ...change } = second;
      world.editSpec((found) => Object.assign(found, structuredClone(change)));
      await world.settle();
      assert.equal(world.cluster.status?.phase, 'Ready');
      const status = structuredClone(world.cluster.status);
      const writes = world.kube.writes.length;
      world.nowMs += 86_400_000;
      await world.reconcile();
      assert.equal(world.kube.writes.length, writes);
      assert.deepEqual(world.cluster.status, status);
    }),
    { numRuns: 25 },
  );
});

function child(spec_: object): KubeObject {
  return { apiVersion: 'apps/v1', kind: 'StatefulSet', metadata: { name: 'a' }, spec: spec_ };
}

test('what the API server fills in or writes its own way is no difference', () => {
  const resources = { requests: { memory: '1024Mi', cpu: '0.5' } };
  const wanted = stamped(child({ replicas: 1, resources, list: [{ a: 1 }], nothing: {} }));
  const found = {
    ...wanted,
    metadata: { ...wanted.metadata, uid: 'x', generation: 3 },
    spec: {
      replicas: 1,
      resources: { requests: { memory: '1Gi', cpu: '500m' } },
      list: [{ a: 1, filledIn: true }],
      more: 1,
    },
  };
  assert.equal(reasonToApply(wanted, found), undefined);
});

test('a changed field, a changed list, a changed wish and a lost object are differences, and are named', () => {
  const wanted = stamped(child({ replicas: 1, list: [{ a: 1 }] }));
  const with_ = (spec_: object): KubeObject => ({ ...wanted, spec: spec_ });
  assert.equal(reasonToApply(wanted, undefined), 'it is not there');
  assert.match(reasonToApply(wanted, with_({ replicas: 2, list: [{ a: 1 }] })) ?? '', /^\.spec\.replicas/);
  assert.match(reasonToApply(wanted, with_({ replicas: 1, list: [{ a: 1 }, {}] })) ?? '', /^\.spec\.list/);
  const shorter = stamped(child({ replicas: 1 }));
  assert.equal(reasonToApply(shorter, wanted), 'the wish has changed');
});

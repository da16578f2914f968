import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { PROBE_PREFIX, PatientStore, probeStore } from '../../src/store/index.ts';
import { SimBucket, noStoreFaults } from '../sim/sim-store.ts';
import type { SimStoreFaults } from '../sim/sim-store.ts';
import { TestProcess, VirtualTime, seededRandom } from './virtual-time.ts';

function setUp(seed: number, faults: Partial<SimStoreFaults> = {}) {
  const time = new VirtualTime();
  const bucket = new SimBucket({ clock: time, random: seededRandom(seed) });
  bucket.faults = { ...noStoreFaults, ...faults };
  const store = bucket.connect(new TestProcess('broker', time));
  const patient = new PatientStore(store, { clock: time, random: seededRandom(seed + 1000) });
  return { time, bucket, store, patient, probe: () => probeStore(patient, { random: seededRandom(seed + 2000) }) };
}

describe('store probe', () => {
  test('a good store passes, and nothing stays behind', async () => {
    const { time, bucket, probe } = setUp(1);
    await time.run(probe());
    assert.equal(bucket.contents().size, 0);
  });

  test('a store that ignores conditions is refused in words that say what to change', async () => {
    const { time, bucket, probe } = setUp(1);
    bucket.ignoresConditions = true;
    await assert.rejects(time.run(probe()), (error: Error & { code?: string; remedy?: string }) => {
      assert.equal(error.code, 'STORE_IGNORES_CONDITIONS');
      assert.match(error.message, /memory:bucket overwrites objects/);
      assert.match(error.remedy ?? '', /If-None-Match/);
      return true;
    });
  });

  test('a store that only loses races is refused', async () => {
    const { time, bucket, store, probe } = setUp(1);
    const create = store.create.bind(store);
    store.create = (key, body, options) => {
      // Honours the condition for an object that has been there for a while, but not among racing requests.
      bucket.ignoresConditions = key.endsWith('/race');
      return create(key, body, options);
    };
    await assert.rejects(time.run(probe()), { code: 'STORE_IGNORES_CONDITIONS' });
  });

  test('a store that refuses and overwrites all the same is refused', async () => {
    const { time, bucket, store, probe } = setUp(1);
    const create = store.create.bind(store);
    const first = new Map<string, Buffer>();
    store.create = async (key, body, options) => {
      const result = await create(key, body, options);
      if (result === 'created') first.set(key, Buffer.concat(body));
      else bucket.plant(key, Buffer.concat(body));
      return result;
    };
    const get = store.get.bind(store);
    let reads = 0;
    store.get = async (key, range, options) => {
      reads += 1;
      // The read back of the refused create still meets a cache that has the first body.
      return reads === 1 ? first.get(key) : get(key, range, options);
    };
    await assert.rejects(time.run(probe()), { code: 'STORE_IGNORES_CONDITIONS' });
  });

  test('a store whose listing lags is refused', async () => {
    const { time, store, probe } = setUp(1);
    store.list = () => Promise.resolve({ objects: [], more: false });
    await assert.rejects(time.run(probe()), { code: 'STORE_INCONSISTENT' });
  });

  test('a store that does not read its own writes is refused', async () => {
    const { time, store, probe } = setUp(1);
    store.get = () => Promise.resolve(undefined);
    await assert.rejects(time.run(probe()), { code: 'STORE_INCONSISTENT' });
  });

  test('faults on the way are neither mistaken for a bad store nor hide one', async () => {
    const faults = {
      throttled: 0.1,
      unavailable: 0.1,
      conflict: 0.1,
      resetBefore: 0.1,
      resetAfter: 0.1,
      delayedLanding: 0.1,
    };
    for (let seed = 0; seed < 30; seed += 1) {
      const good = setUp(seed, faults);
      await good.time.run(good.probe());
      const bad = setUp(seed, faults);
      bad.bucket.ignoresConditions = true;
      await assert.rejects(bad.time.run(bad.probe()), { code: 'STORE_IGNORES_CONDITIONS' });
    }
  });

  test('a store that does not answer deletions passes; what stays is below the probe prefix', async () => {
    const { time, bucket, store, probe } = setUp(1);
    store.delete = () => new Promise(() => undefined);
    await time.run(probe());
    assert.ok(bucket.contents().size > 0);
    for (const key of bucket.contents().keys()) assert.ok(key.startsWith(PROBE_PREFIX));
  });

  test('the signal ends a probe of a store that is away', async () => {
    const { time, bucket, patient } = setUp(1);
    bucket.setDown(true);
    const controller = new AbortController();
    const probing = probeStore(patient, { random: seededRandom(5), signal: controller.signal });
    await time.step(50);
    controller.abort(new Error('stopping'));
    await assert.rejects(time.run(probing), /stopping/);
  });
});

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Clock } from '../../src/edge/index.ts';
import { PatientStore } from '../../src/store/index.ts';
import { storeContract } from '../store/contract.ts';
import { TestProcess, VirtualTime, seededRandom } from '../store/virtual-time.ts';
import { SimBucket, noStoreFaults } from './sim-store.ts';
import type { SimStoreFaults } from './sim-store.ts';

/** Every timer is due at once: enough for the contract, which never looks at the time. */
const hastyClock: Clock = {
  nowMs: () => 0,
  monotonicMs: () => 0,
  setTimer: (_delayMs, callback) => {
    const handle = setImmediate(callback);
    return { cancel: () => clearImmediate(handle) };
  },
  defer: (callback) => void setImmediate(callback),
};

storeContract('simulated bucket', () => {
  const bucket = new SimBucket({ clock: hastyClock, random: seededRandom(1) });
  const store = bucket.connect(new TestProcess('one', hastyClock));
  const other = bucket.connect(new TestProcess('two', hastyClock));
  return Promise.resolve({ store, other, close: () => Promise.resolve() });
});

function setUp(seed = 1, faults: Partial<SimStoreFaults> = {}) {
  const time = new VirtualTime();
  const trace: string[] = [];
  const bucket = new SimBucket({ clock: time, random: seededRandom(seed), onTrace: (line) => void trace.push(line) });
  bucket.faults = { ...noStoreFaults, ...faults };
  const process = new TestProcess('p1', time);
  return { time, trace, bucket, process, store: bucket.connect(process) };
}

const body = [Buffer.from('body')];

describe('simulated bucket', () => {
  test('the same seed gives the same trace, another seed another', async () => {
    async function traceOf(seed: number): Promise<string> {
      const faults = {
        throttled: 0.1,
        resetBefore: 0.1,
        resetAfter: 0.1,
        hang: 0.05,
        delayedLanding: 0.1,
        damagedRead: 0.1,
      };
      const { time, trace, store } = setUp(seed, faults);
      const patient = new PatientStore(store, { clock: time, random: seededRandom(seed) });
      for (let index = 0; index < 40; index += 1) {
        const key = `k/${index % 30}`;
        await time.run(
          patient.createResolved({ key, body, recognise: (bytes) => (bytes.equals(body[0]!) ? 'ours' : 'other') }),
        );
        await time.run(patient.get(key));
        await time.run(patient.list('k/', undefined, 10));
      }
      return trace.join('\n');
    }
    const first = await traceOf(7);
    assert.equal(await traceOf(7), first);
    assert.notEqual(await traceOf(8), first);
    assert.ok(first.includes('resetAfter created') && first.includes('delayedLanding'), first);
  });

  test('a reset after the act is ambiguous, and the object is there', async () => {
    const { time, bucket, store } = setUp(1, { resetAfter: 1 });
    await assert.rejects(time.run(store.create('a', body)), { code: 'STORE_AMBIGUOUS' });
    assert.ok(bucket.contents().has('a'));
    await assert.rejects(time.run(store.get('a')), { code: 'STORE_UNAVAILABLE' });
  });

  test('a reset before the act is ambiguous, and the object is not there', async () => {
    const { time, bucket, store } = setUp(1, { resetBefore: 1 });
    await assert.rejects(time.run(store.create('a', body)), { code: 'STORE_AMBIGUOUS' });
    await time.drain();
    assert.equal(bucket.contents().size, 0);
  });

  test('a delayed request lands long after the client was told that nothing is known', async () => {
    const { time, bucket, store } = setUp(1, { delayedLanding: 1, latestLandingMs: 3_600_000 });
    await assert.rejects(time.run(store.create('a', body)), { code: 'STORE_AMBIGUOUS' });
    assert.equal(bucket.contents().size, 0);
    const toldMs = time.nowMs();
    await time.drain();
    assert.ok(bucket.contents().has('a'));
    assert.ok(time.nowMs() > toldMs + 1000 && time.nowMs() <= toldMs + 3_600_000);
  });

  test('what a killed process sent lands or not, by seed, and it is never told', async () => {
    const landed = new Set<boolean>();
    for (let seed = 0; seed < 20; seed += 1) {
      const { time, bucket, process, store } = setUp(seed);
      let told = false;
      void Promise.allSettled([store.create('a', body)]).then(() => (told = true));
      process.kill();
      await time.drain();
      assert.equal(told, false);
      landed.add(bucket.contents().has('a'));
    }
    assert.equal(landed.size, 2);
  });

  test('an abort is answered at once, and the request may land all the same', async () => {
    const landed = new Set<boolean>();
    for (let seed = 0; seed < 20; seed += 1) {
      const { time, bucket, store } = setUp(seed);
      const controller = new AbortController();
      const creating = store.create('a', body, { signal: controller.signal });
      controller.abort();
      await assert.rejects(creating, { code: 'STORE_AMBIGUOUS' });
      await time.drain();
      landed.add(bucket.contents().has('a'));
    }
    assert.equal(landed.size, 2);
  });

  test('an outage refuses requests, and makes answers on their way unknown', async () => {
    const { time, bucket, store } = setUp();
    const creating = store.create('a', body);
    await time.step(1);
    assert.ok(bucket.contents().has('a'));
    bucket.setDown(true);
    await assert.rejects(time.run(creating), { code: 'STORE_AMBIGUOUS' });
    await assert.rejects(time.run(store.get('a')), { code: 'STORE_UNAVAILABLE' });
    bucket.setDown(false);
    assert.ok(await time.run(store.get('a')));
  });

  test('one process can be cut off alone', async () => {
    const { time, bucket, store } = setUp();
    const other = bucket.connect(new TestProcess('p2', time));
    bucket.setCutOff('p1', true);
    await assert.rejects(time.run(store.head('a')), { code: 'STORE_UNAVAILABLE' });
    assert.equal(await time.run(other.head('a')), undefined);
  });

  test('a store that ignores conditions lets everyone win', async () => {
    const { time, bucket, store } = setUp();
    bucket.ignoresConditions = true;
    assert.equal(await time.run(store.create('a', [Buffer.from('1')])), 'created');
    assert.equal(await time.run(store.create('a', [Buffer.from('2')])), 'created');
    assert.equal((await time.run(store.get('a')))?.toString(), '2');
  });

  test('damage behind the back: vanish, flip, plant', async () => {
    const { time, bucket, store } = setUp();
    bucket.plant('a', Buffer.from([0]));
    bucket.flipBit('a', 3);
    assert.deepEqual(await time.run(store.get('a')), Buffer.from([8]));
    assert.equal(bucket.vanish('a'), true);
    assert.equal(bucket.vanish('a'), false);
    assert.equal(await time.run(store.get('a')), undefined);
  });

  test('a damaged read harms the answer, not the object', async () => {
    const { time, bucket, store } = setUp(3, { damagedRead: 1 });
    bucket.plant('a', Buffer.alloc(64, 7));
    for (let round = 0; round < 10; round += 1) {
      assert.notDeepEqual(await time.run(store.get('a')), Buffer.alloc(64, 7));
    }
    assert.deepEqual(bucket.contents().get('a'), Buffer.alloc(64, 7));
  });
});

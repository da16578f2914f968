import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ReadingStore } from '../../src/cli/reading-store.ts';
import { hasCode } from '../../src/edge/index.ts';
import { MemoryStore, PatientStore, StoreError, StoreHealth } from '../../src/store/index.ts';
import type { StoreErrorKind } from '../../src/store/index.ts';
import { VirtualTime, seededRandom } from '../store/virtual-time.ts';

/** A store that answers every read with this error until it is told to work. */
class FailingStore extends MemoryStore {
  kind: StoreErrorKind | undefined;

  override get(...args: Parameters<MemoryStore['get']>): ReturnType<MemoryStore['get']> {
    if (this.kind !== undefined) return Promise.reject(new StoreError(this.kind, 'not now'));
    return super.get(...args);
  }
}

function opened(): { readonly store: FailingStore; readonly time: VirtualTime; readonly patient: PatientStore } {
  const store = new FailingStore();
  const time = new VirtualTime();
  const patient = new PatientStore(new ReadingStore(store, time), { clock: time, random: seededRandom(1) });
  return { store, time, patient };
}

test('an outage that does not end ends the command', async () => {
  const { store, time, patient } = opened();
  store.kind = 'unavailable';
  const startMs = time.monotonicMs();
  await assert.rejects(time.run(patient.get('key')), (error) => hasCode(error, 'STORE_UNREACHABLE'));
  assert.ok(time.monotonicMs() - startMs >= 30_000);
});

test('an outage that ends is waited out, and the patience for the next one begins anew', async () => {
  const { store, time, patient } = opened();
  await store.create('key', [Buffer.from('value')]);
  for (let outage = 0; outage < 3; outage += 1) {
    store.kind = 'throttled';
    time.setTimer(20_000, () => {
      store.kind = undefined;
    });
    assert.equal((await time.run(patient.get('key')))?.toString(), 'value');
  }
});

test('credentials that do not suffice are said at once', async () => {
  const { store, time, patient } = opened();
  store.kind = 'denied';
  const startMs = time.monotonicMs();
  await assert.rejects(time.run(patient.get('key')), (error) => hasCode(error, 'STORE_UNREACHABLE'));
  assert.equal(time.monotonicMs(), startMs);
  const { reachable, lastError } = patient.storeState();
  assert.deepEqual([reachable, lastError?.code], [false, 'STORE_DENIED']);
});

test('an outage is as old as it is, however often the store is opened meanwhile', async () => {
  const { store, time } = opened();
  await store.create('key', [Buffer.from('value')]);
  const health = new StoreHealth(time);
  const open = (): PatientStore =>
    new PatientStore(new ReadingStore(store, time), { clock: time, random: seededRandom(1), health });
  store.kind = 'unavailable';
  const sinceMs = time.nowMs();
  for (let look = 0; look < 3; look += 1) {
    await assert.rejects(time.run(open().get('key')), (error) => hasCode(error, 'STORE_UNREACHABLE'));
    const state = open().storeState();
    assert.deepEqual([state.reachable, state.sinceMs, state.lastError?.code], [false, sinceMs, 'STORE_UNAVAILABLE']);
  }
  store.kind = undefined;
  const later = open();
  await time.run(later.get('key'));
  assert.equal(later.storeState().reachable, true);
});

test('damage of an object is for whoever asked, not the end', async () => {
  const { store, time, patient } = opened();
  store.kind = 'archived';
  await assert.rejects(time.run(patient.get('key')), (error) => hasCode(error, 'STORE_ARCHIVED'));
});

test('nothing is ever written through it', async () => {
  const { store, time } = opened();
  const reading = new ReadingStore(store, time);
  await assert.rejects(reading.create('key'), (error) => hasCode(error, 'INVARIANT'));
  await assert.rejects(reading.delete(['key']), (error) => hasCode(error, 'INVARIANT'));
  assert.equal(store.contents().size, 0);
});

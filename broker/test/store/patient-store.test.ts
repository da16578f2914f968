import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { MemoryStore, PatientStore, StoreError } from '../../src/store/index.ts';
import type {
  CreateOutcome,
  CreateResult,
  ListPage,
  ObjectStore,
  StoreErrorKind,
  StoreOperation,
  StoreRequest,
} from '../../src/store/index.ts';
import { VirtualTime, seededRandom } from './virtual-time.ts';

const key = 'wal/slot';
const ours = Buffer.from('our bytes');
const theirs = Buffer.from('their bytes');

/** What the store does with one request: `land` decides whether a create takes effect before the fault shows. */
type Fault =
  | { readonly kind: StoreErrorKind; readonly lands?: boolean }
  /** Never answers; lands if told so. */
  | { readonly hangs: true; readonly lands?: boolean }
  | { readonly answers: CreateResult };

/** A memory store whose next requests meet the given faults, in order. */
class ScriptedStore extends MemoryStore {
  readonly faults: { readonly operation: StoreOperation; readonly fault: Fault }[] = [];
  readonly calls: StoreOperation[] = [];

  next(operation: StoreOperation, ...faults: readonly Fault[]): void {
    for (const fault of faults) this.faults.push({ operation, fault });
  }

  override async create(...request: Parameters<ObjectStore['create']>): Promise<CreateResult> {
    const fault = this.#take('create');
    if (fault === undefined) return super.create(...request);
    if ('answers' in fault) return fault.answers;
    if (fault.lands === true) await super.create(...request);
    return fail(fault);
  }

  override async get(...request: Parameters<ObjectStore['get']>): Promise<Buffer | undefined> {
    const fault = this.#take('get');
    return fault === undefined ? super.get(...request) : fail(fault);
  }

  override async list(...request: Parameters<ObjectStore['list']>): Promise<ListPage> {
    const fault = this.#take('list');
    return fault === undefined ? super.list(...request) : fail(fault);
  }

  override async delete(...request: Parameters<ObjectStore['delete']>): Promise<void> {
    const fault = this.#take('delete');
    return fault === undefined ? super.delete(...request) : fail(fault);
  }

  #take(operation: StoreOperation): Fault | undefined {
    this.calls.push(operation);
    return this.faults[0]?.operation === operation ? this.faults.shift()?.fault : undefined;
  }
}

function fail(fault: Fault): Promise<never> {
  if ('kind' in fault) return Promise.reject(new StoreError(fault.kind, `fault ${fault.kind}`));
  return new Promise<never>(() => undefined);
}

function setUp(): {
  time: VirtualTime;
  store: ScriptedStore;
  patient: PatientStore;
  requests: StoreRequest[];
  troubles: string[];
  create: (body?: Buffer, signal?: AbortSignal) => Promise<CreateOutcome>;
} {
  const time = new VirtualTime();
  const store = new ScriptedStore();
  const requests: StoreRequest[] = [];
  const troubles: string[] = [];
  const patient = new PatientStore(store, {
    clock: time,
    random: seededRandom(1),
    observer: { onRequest: (request) => void requests.push(request) },
    onTrouble: (error, operation, failed) => void troubles.push(`${operation} ${error.kind} ${failed}`),
  });
  function create(body: Buffer = ours, signal?: AbortSignal): Promise<CreateOutcome> {
    const recognise = (existing: Buffer): 'ours' | 'other' => (existing.equals(body) ? 'ours' : 'other');
    return patient.createResolved({ key, body: [body], recognise, ...(signal === undefined ? {} : { signal }) });
  }
  return { time, store, patient, requests, troubles, create };
}

describe('createResolved', () => {
  test('a free name is created with one request', async () => {
    const { time, store, create } = setUp();
    assert.deepEqual(await time.run(create()), { outcome: 'created' });
    assert.deepEqual(store.calls, ['create']);
  });

  test("another's object is answered with its bytes", async () => {
    const { time, store, create } = setUp();
    await store.create(key, [theirs]);
    assert.deepEqual(await time.run(create()), { outcome: 'exists', existing: theirs });
  });

  test('hole-30: a lost answer to our own create is not another writer', async () => {
    const { time, store, create } = setUp();
    store.next('create', { kind: 'ambiguous', lands: true });
    assert.deepEqual(await time.run(create()), { outcome: 'created' });
    assert.deepEqual(store.calls, ['create', 'get']);
  });

  test('ambiguous and absent sends the same body again', async () => {
    const { time, store, create } = setUp();
    store.next('create', { kind: 'ambiguous' }, { kind: 'ambiguous' });
    assert.deepEqual(await time.run(create()), { outcome: 'created' });
    assert.deepEqual(store.calls, ['create', 'get', 'create', 'get', 'create']);
    assert.deepEqual(await store.get(key), ours);
  });

  test('ambiguous while another took the name answers exists', async () => {
    const { time, store, create } = setUp();
    await store.create(key, [theirs]);
    store.next('create', { kind: 'ambiguous' });
    assert.deepEqual(await time.run(create()), { outcome: 'exists', existing: theirs });
  });

  test('an attempt that lands between read back and repetition is recognised as ours', async () => {
    const { time, store, create } = setUp();
    store.next('create', { kind: 'ambiguous' });
    const creating = create();
    await time.step(2);
    await store.create(key, [ours]);
    assert.deepEqual(await time.run(creating), { outcome: 'created' });
  });

  test('rule-22: exists, then absent is told apart', async () => {
    const { time, store, create } = setUp();
    store.next('create', { answers: 'exists' });
    assert.deepEqual(await time.run(create()), { outcome: 'vanished' });
    assert.equal(await store.get(key), undefined);
  });

  test('an answer that never comes is ambiguous after 5 s and 1 s for each MiB', async () => {
    const { time, store, create } = setUp();
    store.next('create', { hangs: true, lands: true });
    const startMs = time.nowMs();
    assert.deepEqual(await time.run(create(Buffer.alloc(2 * 1024 * 1024))), { outcome: 'created' });
    assert.equal(time.nowMs() - startMs, 7000);
  });

  test('a slow link gets a longer deadline with each attempt', async () => {
    const { time, store, create, requests } = setUp();
    store.next('create', { hangs: true }, { hangs: true }, { hangs: true });
    assert.deepEqual(await time.run(create()), { outcome: 'created' });
    const creates = requests.filter((request) => request.operation === 'create');
    assert.deepEqual(
      creates.map((request) => Math.round(request.durationMs / 1000)),
      [5, 10, 20, 0],
    );
  });

  test('a store that answers fast is asked again soon when an answer does not come', async () => {
    const { time, store, patient, requests } = setUp();
    await store.create(key, [ours]);
    for (let index = 0; index < 20; index += 1) await time.run(patient.get(key, { start: 0, length: 1 }));
    store.next('get', { hangs: true }, { hangs: true });
    assert.deepEqual(await time.run(patient.get(key, { start: 0, length: 1 })), ours.subarray(0, 1));
    assert.deepEqual(
      requests.slice(20).map(({ outcome, durationMs }) => `${outcome} ${Math.round(durationMs / 1000)}`),
      ['unavailable 2', 'unavailable 4', 'ok 0'],
    );
  });

  test('a store that becomes slow gets more time, and no request fails for it', async () => {
    const { time, store, patient, requests } = setUp();
    await store.create(key, [ours]);
    const get = store.get.bind(store);
    let slowMs = 1;
    store.get = async (name, range, options) => {
      await new Promise<void>((resolve, reject) => {
        time.setTimer(slowMs, resolve);
        options?.signal?.addEventListener('abort', () => reject(new StoreError('unavailable', 'cut off')));
      });
      return get(name, range, options);
    };
    const read = (): Promise<unknown> =>
      time.run(
        Promise.all([1, 2, 3].map(() => patient.head(key).then(() => patient.get(key, { start: 0, length: 1 })))),
      );
    for (let index = 0; index < 20; index += 1) await read();
    slowMs = 7000;
    await read();
    const seen = requests.length;
    await read();
    assert.deepEqual(
      requests.slice(seen).filter(({ outcome }) => outcome !== 'ok'),
      [],
      'the second round waits long enough',
    );
    assert.ok(requests.slice(0, seen).some(({ outcome }) => outcome === 'unavailable'));
  });

  test('a conflict proves nothing and is sent again', async () => {
    const { time, store, patient, create } = setUp();
    store.next('create', { kind: 'conflict' }, { kind: 'conflict' });
    assert.deepEqual(await time.run(create()), { outcome: 'created' });
    assert.deepEqual(store.calls, ['create', 'create', 'create']);
    assert.equal(patient.storeState().reachable, true);
  });

  test('read back is repeated while the store is away', async () => {
    const { time, store, create } = setUp();
    store.next('create', { kind: 'ambiguous', lands: true });
    store.next('get', { kind: 'unavailable' }, { kind: 'throttled' });
    assert.deepEqual(await time.run(create()), { outcome: 'created' });
    assert.deepEqual(store.calls, ['create', 'get', 'get', 'get']);
  });

  test('only the end of the object is read when asked', async () => {
    const { time, store, patient } = setUp();
    await store.create(key, [Buffer.from('head and tail')]);
    const seen: string[] = [];
    const outcome = await time.run(
      patient.createResolved({
        key,
        body: [ours],
        tailBytes: 4,
        recognise: (existing) => {
          seen.push(existing.toString());
          return 'other';
        },
      }),
    );
    assert.equal(outcome.outcome, 'exists');
    assert.deepEqual(seen, ['tail']);
  });

  test('bytes that cannot be told are fetched again before they count as another', async () => {
    const { time, store, patient } = setUp();
    await store.create(key, [ours]);
    const answers = ['unreadable', 'ours'] as const;
    let asked = 0;
    const request = { key, body: [ours], recognise: () => answers[asked++] ?? 'other' };
    assert.deepEqual(await time.run(patient.createResolved(request)), { outcome: 'created' });
    const outcome = await time.run(patient.createResolved({ ...request, recognise: () => 'unreadable' }));
    assert.equal(outcome.outcome, 'exists');
  });

  test('a request that can never work is thrown at once', async () => {
    const { time, store, create } = setUp();
    store.next('create', { kind: 'invalid' });
    await assert.rejects(time.run(create()), { code: 'STORE_INVALID' });
  });

  test('an error that is none of the store is not repeated (rule 16)', async () => {
    const { time, store, patient } = setUp();
    store.head = () => Promise.reject(Object.assign(new Error('lost'), { code: 'DISK_SYNC_FAILED' }));
    await assert.rejects(time.run(patient.head(key)), { code: 'DISK_SYNC_FAILED' });
  });
});

describe('lanes', () => {
  function laneOf(store: ScriptedStore, time: VirtualTime, maxInFlight: number): PatientStore {
    return new PatientStore(store, { clock: time, random: seededRandom(1), maxInFlight });
  }

  test('so many requests go at once, the others in order; a pause before a repetition holds no place', async () => {
    const { time, store } = setUp();
    await store.create(key, [ours]);
    const lane = laneOf(store, time, 2);
    store.next('get', { kind: 'unavailable' }, { hangs: true });
    const ended: number[] = [];
    const reads = [0, 1, 2, 3].map((index) => lane.get(key).then(() => ended.push(index)));
    assert.deepEqual(lane.queueState(), { inFlight: 2, waiting: 2 });
    await time.step(0);
    // The first pauses; the second hangs; the two that waited have been answered.
    assert.deepEqual(ended, [2, 3]);
    assert.deepEqual(lane.queueState(), { inFlight: 1, waiting: 0 });
    await time.run(Promise.all(reads));
    assert.deepEqual(ended, [2, 3, 0, 1]);
    assert.deepEqual(lane.queueState(), { inFlight: 0, waiting: 0 });
  });

  test('no deadline runs while a request waits for its place', async () => {
    const { time, store } = setUp();
    await store.create(key, [ours]);
    const lane = laneOf(store, time, 1);
    store.next('get', { hangs: true });
    const startMs = time.nowMs();
    await time.run(Promise.all([lane.head(key), lane.get(key, { start: 0, length: 1 }), lane.head(key)]));
    assert.ok(time.nowMs() - startMs < 6000, 'one deadline of 5 s, and not three');
  });

  test('who gives up waiting leaves the queue, and nobody is skipped', async () => {
    const { time, store } = setUp();
    await store.create(key, [ours]);
    const lane = laneOf(store, time, 1);
    store.next('get', { hangs: true });
    const first = lane.get(key, { start: 0, length: 1 });
    const controller = new AbortController();
    const second = lane.get(key, { start: 0, length: 1 }, controller.signal);
    const third = lane.get(key, { start: 0, length: 1 });
    controller.abort(new Error('stopping'));
    await assert.rejects(second, /stopping/);
    assert.deepEqual(lane.queueState(), { inFlight: 1, waiting: 1 });
    await time.run(Promise.all([first, third]));
  });

  test('a lane that is full of hanging requests does not delay another', async () => {
    const { time, store } = setUp();
    await store.create(key, [ours]);
    const [commit, background] = [laneOf(store, time, 64), laneOf(store, time, 2)];
    store.next('get', ...Array.from({ length: 2 }, () => ({ hangs: true }) as const));
    const copies = Array.from({ length: 100 }, () => background.get(key));
    const startMs = time.nowMs();
    assert.deepEqual(await commit.get(key), ours);
    assert.equal(time.nowMs(), startMs);
    assert.deepEqual(background.queueState(), { inFlight: 2, waiting: 98 });
    await time.run(Promise.all(copies));
  });
});

describe('patience', () => {
  for (const kind of ['throttled', 'unavailable', 'ambiguous', 'denied', 'full', 'conflict'] as const) {
    test(`hole-34: ${kind} is waited out, a hundred times if need be`, async () => {
      const { time, store, patient, troubles } = setUp();
      await store.create(key, [ours]);
      store.next('get', ...Array.from({ length: 100 }, () => ({ kind })));
      assert.deepEqual(await time.run(patient.get(key)), ours);
      assert.equal(troubles.length, 100);
      assert.equal(troubles.at(-1), `get ${kind} 100`);
    });
  }

  test('pauses grow to at most 5 s', async () => {
    const { time, store, patient, requests } = setUp();
    store.next('get', ...Array.from({ length: 40 }, () => ({ kind: 'unavailable' as const })));
    const startMs = time.nowMs();
    await time.run(patient.get(key));
    const totalMs = time.nowMs() - startMs;
    assert.equal(requests.length, 41);
    assert.ok(totalMs > 30_000 && totalMs < 40 * 5000, `paused ${totalMs} ms in all`);
  });

  test('state shows an outage, its error and its end', async () => {
    const { time, store, patient } = setUp();
    assert.deepEqual(patient.storeState(), { reachable: true, lastError: undefined, sinceMs: time.nowMs() });
    store.next('get', { kind: 'unavailable' }, { kind: 'denied' });
    const getting = patient.get(key);
    await time.step(0);
    const during = patient.storeState();
    assert.equal(during.reachable, false);
    assert.equal(during.lastError?.kind, 'unavailable');
    assert.ok(during.sinceMs <= time.nowMs());
    await time.run(getting);
    assert.equal(patient.storeState().reachable, true);
    assert.equal(patient.storeState().lastError?.kind, 'denied');
  });

  test('a good read does not hide that the disk is full for writes', async () => {
    const { time, store, patient, create } = setUp();
    store.next('create', { kind: 'full' });
    const creating = create();
    await time.step(0);
    await patient.head(key);
    assert.equal(patient.storeState().reachable, false);
    await time.run(creating);
    assert.equal(patient.storeState().reachable, true);
  });

  test('damage on the way is read again, damage at rest is thrown', async () => {
    const { time, store, patient } = setUp();
    await store.create(key, [ours]);
    const corrupt = { kind: 'corrupt' as const };
    store.next('get', corrupt, corrupt);
    assert.deepEqual(await time.run(patient.get(key)), ours);
    store.next('get', corrupt, corrupt, corrupt);
    await assert.rejects(time.run(patient.get(key)), { code: 'STORE_CORRUPT' });
  });

  test('an archived object is an answer of its own', async () => {
    const { time, store, patient } = setUp();
    store.next('get', { kind: 'archived' });
    await assert.rejects(time.run(patient.get(key)), { code: 'STORE_ARCHIVED' });
  });

  test('the signal ends a pause and a hanging attempt', async () => {
    const { time, store, patient, requests } = setUp();
    const controller = new AbortController();
    store.next('get', { kind: 'unavailable' });
    const pausing = patient.get(key, undefined, controller.signal);
    await time.step(0);
    controller.abort(new Error('stopping'));
    await assert.rejects(pausing, /stopping/);

    const second = new AbortController();
    store.next('get', { hangs: true });
    const hanging = patient.get(key, undefined, second.signal);
    await time.step(0);
    second.abort(new Error('stopping now'));
    await assert.rejects(hanging, /stopping now/);
    assert.equal(requests.at(-1)?.outcome, 'abandoned');
    await assert.rejects(patient.get(key, undefined, second.signal), /stopping now/);
  });

  test('P9: an absent object is only answered when the store said so', async () => {
    const { time, store, patient, requests } = setUp();
    store.next('get', { hangs: true }, { kind: 'denied' });
    assert.equal(await time.run(patient.get(key)), undefined);
    assert.deepEqual(
      requests.map((request) => request.outcome),
      ['unavailable', 'denied', 'absent'],
    );
  });

  test('the observer sees operation, outcome and bytes of every attempt', async () => {
    const { time, store, patient, requests, create } = setUp();
    store.next('create', { kind: 'throttled' });
    await time.run(create());
    await time.run(patient.get(key));
    await time.run(patient.delete([key]));
    assert.deepEqual(
      requests.map(({ operation, outcome, bytes }) => `${operation} ${outcome} ${bytes}`),
      ['create throttled 0', `create ok ${ours.length}`, `get ok ${ours.length}`, 'delete ok 0'],
    );
  });

  test('listAll walks every page', async () => {
    const { time, store, patient } = setUp();
    for (let index = 0; index < 25; index += 1) await store.create(`a/${String(index).padStart(2, '0')}`, [ours]);
    store.next('list', { kind: 'throttled' });
    async function collect(): Promise<string[]> {
      const keys: string[] = [];
      for await (const { key: found } of patient.listAll('a/', { after: 'a/03', pageSize: 7 })) keys.push(found);
      return keys;
    }
    const keys = await time.run(collect());
    assert.equal(keys.length, 21);
    assert.equal(keys[0], 'a/04');
  });

  test('a listing out of order is refused', async () => {
    const { time, store, patient } = setUp();
    store.list = () =>
      Promise.resolve({ objects: ['b', 'a'].map((name) => ({ key: name, sizeBytes: 1 })), more: false });
    await assert.rejects(time.run(patient.list('', undefined, 10)), { code: 'STORE_CORRUPT' });
  });

  test('more than 1,000 keys are deleted in several requests, an outage between them', async () => {
    const { time, store, patient } = setUp();
    const keys = Array.from({ length: 2500 }, (_, index) => `k/${index}`);
    for (const name of keys) await store.create(name, [ours]);
    store.next('delete', { kind: 'unavailable' });
    await time.run(patient.delete(keys));
    assert.deepEqual((await store.list('', undefined, 10)).objects, []);
    assert.equal(store.calls.filter((call) => call === 'delete').length, 4);
  });
});

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { StoreError, checkStore } from '../../../src/store/index.ts';
import type { BucketInspection, ObjectStore, StoreCheck, StoreErrorKind } from '../../../src/store/index.ts';
import { SimBucket, noStoreFaults } from '../../sim/sim-store.ts';
import type { SimStoreFaults } from '../../sim/sim-store.ts';
import { TestProcess, VirtualTime, seededRandom } from '../virtual-time.ts';

const COUNTS = { smallPuts: 3, largePuts: 1, rangedGets: 2 };
const RATES = { heartbeatMs: 10_000, lingerMs: 100 };

function setUp(faults: Partial<SimStoreFaults> = {}) {
  const time = new VirtualTime();
  const bucket = new SimBucket({ clock: time, random: seededRandom(1) });
  bucket.faults = { ...noStoreFaults, ...faults };
  const store: ObjectStore = bucket.connect(new TestProcess('check', time));
  const progress: number[] = [];
  const run = (): Promise<StoreCheck> =>
    time.run(
      checkStore(store, {
        clock: time,
        random: seededRandom(2),
        rates: RATES,
        counts: COUNTS,
        onProgress: ({ done, total }) => void progress.push(done / total),
      }),
    );
  return { time, bucket, store, progress, run };
}

function refuse(kind: StoreErrorKind, what: string): () => Promise<never> {
  return () => Promise.reject(new StoreError(kind, `Cannot ${what}: refused`));
}

function inspection(time: VirtualTime, changes: Partial<BucketInspection>): () => Promise<BucketInspection> {
  return () =>
    Promise.resolve({
      storeTimeMs: time.nowMs(),
      versioning: { isKnown: true, value: 'off' },
      lifecycle: { isKnown: true, value: [] },
      ...changes,
    });
}

describe('store check', () => {
  test('a good store: everything proven, allowed and measured, and nothing left', async () => {
    const { bucket, progress, run } = setUp();
    const check = await run();
    assert.deepEqual(check.problems, []);
    assert.deepEqual(check.remarks, []);
    assert.equal(check.guarantees.length, 5);
    assert.deepEqual(
      check.permissions.map(({ action, isAllowed }) => [action, isAllowed]),
      [
        ['put', true],
        ['get', true],
        ['list', true],
        ['delete', true],
      ],
    );
    assert.deepEqual(
      check.latency.map(({ request, sizeBytes, count }) => [request, sizeBytes, count]),
      [
        ['put', 4096, 3],
        ['put', 1_048_576, 1],
        ['ranged get', 65_536, 2],
      ],
    );
    for (const { p50Ms, p99Ms } of check.latency) assert.ok(p50Ms >= 4 && p99Ms >= p50Ms);
    assert.equal(progress.at(-1), 1);
    assert.equal(bucket.contents().size, 0);
  });

  for (const [action, method] of [
    ['put', 'create'],
    ['get', 'get'],
    ['list', 'list'],
  ] as const) {
    test(`without permission to ${action} it is refused, by name, and nothing else is tried on it`, async () => {
      const { store, run } = setUp();
      store[method] = refuse('denied', action);
      const { problems, guarantees, latency, permissions } = await run();
      assert.deepEqual(
        problems.map(({ code }) => code),
        ['PERMISSION_MISSING'],
      );
      assert.match(problems[0]!.message, new RegExp(`^${action} is refused in memory:.*Cannot ${action}: refused`));
      assert.deepEqual(
        permissions.filter(({ isAllowed }) => !isAllowed).map((tried) => tried.action),
        [action],
      );
      assert.deepEqual([guarantees, latency], [[], []]);
    });
  }

  test('without permission to delete it passes, and says that garbage collection is off', async () => {
    const { bucket, store, run } = setUp();
    store.delete = refuse('denied', 'delete');
    const { problems, guarantees, remarks } = await run();
    assert.deepEqual(problems, []);
    assert.equal(guarantees.length, 5);
    assert.match(remarks[0]!, /delete is not allowed: garbage collection is off/);
    for (const key of bucket.contents().keys()) assert.ok(key.startsWith('probe/'), key);
  });

  test('a store that ignores conditions is refused, and not measured', async () => {
    const { bucket, run } = setUp();
    bucket.ignoresConditions = true;
    const { problems, guarantees, latency } = await run();
    assert.deepEqual(
      problems.map(({ code }) => code),
      ['STORE_IGNORES_CONDITIONS'],
    );
    assert.deepEqual([guarantees, latency], [[], []]);
  });

  test('a rule that eats the log is refused; what it does elsewhere is not', async () => {
    const { time, store, run } = setUp();
    const shared = { prefixes: [], suffixes: [], text: 'after 30 days' };
    const rules = [
      { ...shared, id: 'cheaper', effect: 'tiers' as const },
      { ...shared, id: 'expire', effect: 'deletes' as const },
    ];
    store.inspectBucket = inspection(time, { lifecycle: { isKnown: true, value: rules } });
    const { problems } = await run();
    assert.deepEqual(
      problems.map(({ code }) => code),
      ['LIFECYCLE_EATS_LOG'],
    );
    assert.match(problems[0]!.message, /"expire" deletes cluster\.json/);
    assert.doesNotMatch(problems[0]!.message, /cheaper/);
  });

  test('what the store does not tell is no problem, and is said', async () => {
    const { time, store, run } = setUp();
    const unknown = { isKnown: false, why: 'not allowed' } as const;
    store.inspectBucket = inspection(time, { lifecycle: unknown, versioning: unknown });
    const { problems, remarks } = await run();
    assert.deepEqual(problems, []);
    assert.match(remarks.join('\n'), /lifecycle rules were not seen/);
  });

  for (const [offMs, skewMs] of [
    [0, 0],
    [-900, 0],
    [60_000, 60_000],
    [-60_000, -59_000],
  ] as const) {
    test(`a store clock that is ${offMs} ms off is seen as ${skewMs} ms`, async () => {
      const { time, store, run } = setUp();
      store.inspectBucket = () => inspection(time, { storeTimeMs: time.nowMs() + offMs })();
      const { clockSkewMs, remarks } = await run();
      assert.equal(clockSkewMs, skewMs);
      assert.equal(
        remarks.some((remark) => remark.includes('clocks differ')),
        skewMs !== 0,
      );
    });
  }

  test('faults on the way do not change the verdict', async () => {
    const { run } = setUp({ throttled: 0.1, unavailable: 0.1, resetBefore: 0.05, resetAfter: 0.05 });
    const { problems, guarantees } = await run();
    assert.deepEqual(problems, []);
    assert.equal(guarantees.length, 5);
  });

  test('a store that does not answer is an error of its own, soon', async () => {
    const { time, bucket, run } = setUp();
    bucket.setDown(true);
    const startMs = time.nowMs();
    await assert.rejects(run(), { code: 'STORE_UNREACHABLE' });
    assert.ok(time.nowMs() - startMs < 120_000);
  });

  test('a store that goes away in the middle is not waited for without end', async () => {
    const { bucket, store, run } = setUp();
    const create = store.create.bind(store);
    store.create = (key, body, options) => {
      if (key.endsWith('/race')) bucket.setDown(true);
      return create(key, body, options);
    };
    await assert.rejects(run(), { code: 'STORE_UNREACHABLE' });
  });

  test('a wrong bucket is told by the store’s own error', async () => {
    const { store, run } = setUp();
    store.create = refuse('invalid', 'create');
    await assert.rejects(run(), { code: 'STORE_INVALID' });
  });
});

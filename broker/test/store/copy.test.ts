import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { PatientStore, copyObjects } from '../../src/store/index.ts';
import type { CopyOptions, CopyReport, ObjectStore } from '../../src/store/index.ts';
import { crc32cText } from '../../src/store/object-checksum.ts';
import { SimBucket, noStoreFaults } from '../sim/sim-store.ts';
import { TestProcess, VirtualTime, seededRandom } from './virtual-time.ts';

const MIB = 1024 * 1024;

function setUp(seed = 1) {
  const time = new VirtualTime();
  const side = (name: string, offset: number) => {
    const bucket = new SimBucket({ clock: time, random: seededRandom(seed + offset), name });
    bucket.faults = noStoreFaults;
    const store: ObjectStore = bucket.connect(new TestProcess('copier', time));
    const patient = new PatientStore(store, { clock: time, random: seededRandom(seed + offset + 1) });
    return { bucket, store, patient };
  };
  const [source, target] = [side('source', 10), side('target', 20)];
  const outcomes: string[] = [];
  const copy = (options: Partial<CopyOptions> = {}): Promise<CopyReport> =>
    time.run(
      copyObjects({
        from: source.patient,
        to: target.patient,
        random: seededRandom(seed),
        prefix: '',
        onObject: (key, outcome) => void outcomes.push(`${outcome} ${key}`),
        ...options,
      }),
    );
  return { time, source, target, outcomes, copy };
}

function plant(bucket: SimBucket, count: number): void {
  for (let index = 0; index < count; index += 1) {
    bucket.plant(`wal/${String(index).padStart(6, '0')}.wal`, Buffer.from(`slot ${index}`));
  }
}

describe('copy between stores', () => {
  test('everything arrives as it is, but for probes; a second copy finds nothing to do', async () => {
    const { source, target, copy } = setUp();
    plant(source.bucket, 2300);
    source.bucket.plant('cluster.json', Buffer.from('{}'));
    source.bucket.plant('probe/1/race', Buffer.from('x'));
    source.bucket.plant('empty', Buffer.alloc(0));
    const { counts, copiedBytes, conflicts } = await copy();
    assert.deepEqual(counts, { copied: 2302, present: 0, vanished: 0, conflict: 0 });
    assert.deepEqual(conflicts, []);
    const expected = new Map([...source.bucket.contents()].filter(([key]) => !key.startsWith('probe/')));
    assert.deepEqual(new Map(target.bucket.contents()), expected);
    assert.equal(
      copiedBytes,
      [...expected.values()].reduce((sum, { length }) => sum + length, 0),
    );
    assert.deepEqual((await copy()).counts, { copied: 0, present: 2302, vanished: 0, conflict: 0 });
  });

  test('only the prefix is copied', async () => {
    const { source, target, copy } = setUp();
    plant(source.bucket, 2);
    source.bucket.plant('timelines/1.json', Buffer.from('{}'));
    await copy({ prefix: 'timelines/' });
    assert.deepEqual([...target.bucket.contents().keys()], ['timelines/1.json']);
  });

  test('a copy that was cut off goes on where it stopped', async () => {
    const { source, target, copy, outcomes } = setUp();
    plant(source.bucket, 50);
    const controller = new AbortController();
    const onObject = (): void => {
      outcomes.push('x');
      if (outcomes.length === 20) controller.abort(new Error('cut off'));
    };
    await assert.rejects(copy({ signal: controller.signal, onObject }), /cut off/);
    const done = target.bucket.contents().size;
    assert.ok(done >= 20 && done < 50, `${done}`);
    const { counts } = await copy();
    assert.deepEqual(counts, { copied: 50 - done, present: done, vanished: 0, conflict: 0 });
  });

  test('faults on both sides lose nothing, double nothing and are no conflicts', async () => {
    for (let seed = 1; seed <= 5; seed += 1) {
      const { source, target, copy } = setUp(seed);
      const faults = { throttled: 0.1, unavailable: 0.1, resetBefore: 0.1, resetAfter: 0.1, conflict: 0.1 };
      for (const { bucket } of [source, target]) bucket.faults = { ...noStoreFaults, ...faults, listPageKeys: 7 };
      plant(source.bucket, 60);
      const { counts } = await copy();
      assert.deepEqual(counts, { copied: 60, present: 0, vanished: 0, conflict: 0 });
      assert.deepEqual(target.bucket.contents().size, 60);
    }
  });

  test('another object under the name is left alone and reported', async () => {
    const { source, target, copy } = setUp();
    plant(source.bucket, 3);
    target.bucket.plant('wal/000001.wal', Buffer.from('another'));
    const { counts, conflicts } = await copy();
    assert.deepEqual(counts, { copied: 2, present: 0, vanished: 0, conflict: 1 });
    assert.deepEqual(conflicts, ['wal/000001.wal']);
    assert.equal(target.bucket.contents().get('wal/000001.wal')?.toString(), 'another');
  });

  test('an object that comes into being behind the listing is not overwritten', async () => {
    const { source, target, copy } = setUp();
    plant(source.bucket, 1);
    const create = target.store.create.bind(target.store);
    target.store.create = (key, body, options) => {
      target.bucket.plant(key, Buffer.from('faster'));
      return create(key, body, options);
    };
    assert.deepEqual((await copy()).conflicts, ['wal/000000.wal']);
    assert.equal(target.bucket.contents().get('wal/000000.wal')?.toString(), 'faster');
  });

  test('hole-13: what is read in ranges is compared with the checksum that the source keeps of the whole', async () => {
    const { source, target, copy } = setUp();
    const body = Buffer.alloc(9 * MIB, 'abc');
    source.bucket.plant('large', body);
    let text = crc32cText(body.subarray(1));
    Object.assign(source.store, { checksum: () => Promise.resolve({ algorithm: 'crc32c', text }) });
    await assert.rejects(copy(), { code: 'STORE_CORRUPT', message: /^large in / });
    assert.equal(target.bucket.contents().size, 0);
    text = crc32cText(body);
    assert.equal((await copy()).counts.copied, 1);
  });

  test('an object that is deleted meanwhile is no error', async () => {
    const { source, copy } = setUp();
    plant(source.bucket, 3);
    const get = source.store.get.bind(source.store);
    source.store.get = (key, range, options) =>
      key.endsWith('1.wal') ? Promise.resolve(undefined) : get(key, range, options);
    assert.deepEqual((await copy()).counts, { copied: 2, present: 0, vanished: 1, conflict: 0 });
  });

  test('a large object is read in ranges and arrives whole', async () => {
    const { source, target, copy } = setUp();
    const body = Buffer.alloc(17 * MIB, 'abcdefg');
    source.bucket.plant('large', body);
    const ranges: (number | undefined)[] = [];
    const get = source.store.get.bind(source.store);
    source.store.get = (key, range, options) => {
      ranges.push(range?.start);
      return get(key, range, options);
    };
    await copy();
    assert.deepEqual(ranges, [0, 8 * MIB, 16 * MIB]);
    assert.ok(target.bucket.contents().get('large')?.equals(body));
  });

  test('what is under way is bounded by number and by bytes', async () => {
    for (const [limits, expected] of [
      [{ parallel: 8, bytesInFlight: 300 }, 300],
      [{ parallel: 2, bytesInFlight: 3000 }, 200],
    ] as const) {
      const { source, target, copy } = setUp();
      for (let index = 0; index < 20; index += 1) source.bucket.plant(`a/${index}`, Buffer.alloc(100));
      let underWay = 0;
      let most = 0;
      const create = target.store.create.bind(target.store);
      target.store.create = async (key, body, options) => {
        underWay += 100;
        most = Math.max(most, underWay);
        const result = await create(key, body, options);
        underWay -= 100;
        return result;
      };
      await copy(limits);
      assert.equal(most, expected);
      assert.equal(target.bucket.contents().size, 20);
    }
  });

  test('an object that is larger than the bound goes alone', async () => {
    const { source, target, copy } = setUp();
    for (const [key, sizeBytes] of [
      ['a', 100],
      ['b', 1000],
      ['c', 100],
    ] as const) {
      source.bucket.plant(key, Buffer.alloc(sizeBytes));
    }
    await copy({ bytesInFlight: 300 });
    assert.equal(target.bucket.contents().size, 3);
  });

  test('an object of another length than listed ends the copy', async () => {
    const { source, copy } = setUp();
    plant(source.bucket, 2);
    source.store.get = () => Promise.resolve(Buffer.from('short'));
    await assert.rejects(copy(), { code: 'STORE_CORRUPT' });
  });
});

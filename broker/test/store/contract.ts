import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { compareKeys } from '../../src/store/index.ts';
import type { ObjectStore } from '../../src/store/index.ts';

/** What a store under test supplies: handles on one and the same empty store, as two processes would have. */
export interface StoreUnderTest {
  readonly store: ObjectStore;
  readonly other: ObjectStore;
  /** False: an emulator that sorts names beyond U+FFFF by UTF-16. Only then is the order not asked of such names. */
  readonly sortsByBytes?: boolean;
  /** Puts many objects of one byte `x` there faster than by creates; left out: by creates. */
  readonly seed?: (keys: readonly string[]) => void;
  readonly close: () => Promise<void>;
}

/**
 * The contract of ObjectStore as tests, one set for every adapter (hole-22). Each test works under a prefix of its own.
 */
export function storeContract(name: string, open: () => Promise<StoreUnderTest>): void {
  describe(`store contract: ${name}`, () => {
    let opened: StoreUnderTest | undefined;
    function stores(): StoreUnderTest {
      assert.ok(opened);
      return opened;
    }
    before(async () => {
      opened = await open();
    });
    after(() => opened?.close());
    creation(() => stores());
    reading(() => stores());
    listing(() => stores());
    deletion(() => stores());
  });
}

type Stores = () => StoreUnderTest;

function creation(stores: Stores): void {
  test('the first create wins, the second is told, the object stays as it was (P6)', async () => {
    const { store, other } = stores();
    assert.equal(await store.create('create/a', [Buffer.from('first')]), 'created');
    assert.equal(await store.create('create/a', [Buffer.from('second')]), 'exists');
    assert.equal(await other.create('create/a', [Buffer.from('third')]), 'exists');
    assert.equal((await other.get('create/a'))?.toString(), 'first');
  });

  test('of 20 racing creates of two processes exactly one wins', async () => {
    const { store, other } = stores();
    for (let round = 0; round < 5; round += 1) {
      const key = `race/${round}`;
      const bodies = Array.from({ length: 20 }, (_, index) => Buffer.from(`writer ${index}`));
      const results = await Promise.all(
        bodies.map((body, index) => (index % 2 === 0 ? store : other).create(key, [body])),
      );
      assert.equal(results.filter((result) => result === 'created').length, 1);
      assert.deepEqual(await store.get(key), bodies[results.indexOf('created')]);
    }
  });

  test('the parts of a body are written in order', async () => {
    const { store, other } = stores();
    const parts = Array.from({ length: 2000 }, (_, index) => Buffer.alloc(index % 7, index));
    await store.create('parts/a', parts);
    assert.deepEqual(await other.get('parts/a'), Buffer.concat(parts));
  });

  test('an empty body is an object', async () => {
    const { store, other } = stores();
    for (const [key, body] of [
      ['empty/a', []],
      ['empty/b', [Buffer.alloc(0)]],
    ] as const) {
      assert.equal(await store.create(key, body), 'created');
      assert.equal(await store.create(key, body), 'exists');
      assert.deepEqual(await other.get(key), Buffer.alloc(0));
      assert.deepEqual(await other.get(key, { start: 0, length: 10 }), Buffer.alloc(0));
      assert.deepEqual(await other.head(key), { sizeBytes: 0 });
    }
  });

  test('a large body of several parts comes back whole', async () => {
    const { store, other } = stores();
    const parts = [Buffer.alloc(1, 'a'), Buffer.alloc(4 * 1024 * 1024, 'b'), Buffer.alloc(5 * 1024 * 1024, 'cd')];
    assert.equal(await store.create('large/a', parts), 'created');
    assert.deepEqual(await other.head('large/a'), { sizeBytes: 9 * 1024 * 1024 + 1 });
    assert.ok(Buffer.concat(parts).equals((await other.get('large/a'))!));
    assert.equal((await other.get('large/a', { start: 4 * 1024 * 1024, length: 3 }))?.toString(), 'bcd');
  });

  test('the creator may reuse its buffers once answered', async () => {
    const { store } = stores();
    const body = Buffer.from('before');
    await store.create('reuse/a', [body]);
    body.fill('x');
    assert.equal((await store.get('reuse/a'))?.toString(), 'before');
  });

  test('names that no store can hold are refused', async () => {
    const { store } = stores();
    for (const key of [
      '',
      '/a',
      'a/',
      'a//b',
      'a/../b',
      './a',
      '..',
      'a/.',
      'a\u0000b',
      'a\\b',
      'x'.repeat(1025),
      '\ud800',
      '.hidden',
    ]) {
      await assert.rejects(store.create(key, []), { code: 'STORE_INVALID' }, JSON.stringify(key));
      await assert.rejects(store.get(key), { code: 'STORE_INVALID' }, JSON.stringify(key));
    }
  });

  test('names with odd characters work', async () => {
    const { store, other } = stores();
    const names = [
      'a b',
      'a%2Fb',
      '+shared',
      "it's",
      'a?b&c=d',
      'a#b',
      '~',
      'é',
      '日本',
      '😀',
      '.x',
      '...',
      '-',
      'CON',
    ];
    for (const name of names) {
      assert.equal(await store.create(`odd/${name}/${name}`, [Buffer.from(name)]), 'created', name);
    }
    for (const name of names) assert.equal((await other.get(`odd/${name}/${name}`))?.toString(), name);
    const { objects } = await other.list('odd/', undefined, 100);
    assert.deepEqual(
      objects.map(({ key }) => key),
      names.map((name) => `odd/${name}/${name}`).sort(byBytes),
    );
  });
}

function reading(stores: Stores): void {
  test('ranges are exact, cut short at the end, and empty beyond it', async () => {
    const { store } = stores();
    await store.create('range/a', [Buffer.from('0123456789')]);
    const cases = [
      [0, 10, '0123456789'],
      [0, 1, '0'],
      [3, 4, '3456'],
      [7, 100, '789'],
      [9, 1, '9'],
      [10, 1, ''],
      [50, 5, ''],
      [4, 0, ''],
    ] as const;
    for (const [start, length, expected] of cases) {
      assert.equal((await store.get('range/a', { start, length }))?.toString(), expected, `${start}+${length}`);
    }
  });

  test('what is absent is undefined, in whole and in part', async () => {
    const { store } = stores();
    await store.create('absent/there', []);
    for (const key of ['absent/a', 'absent/there/below', 'no-such/deep/path/a', 'absent']) {
      assert.equal(await store.get(key), undefined);
      assert.equal(await store.get(key, { start: 0, length: 4 }), undefined);
      assert.equal(await store.head(key), undefined);
    }
  });

  test('a created object is seen by another process at once, in a get and in a listing', async () => {
    const { store, other } = stores();
    for (let index = 0; index < 20; index += 1) {
      const key = `visible/${index}`;
      assert.equal(await other.get(key), undefined);
      await store.create(key, [Buffer.from('x')]);
      assert.ok(await other.get(key));
      assert.equal((await other.list(key, undefined, 1)).objects[0]?.key, key);
    }
  });

  test('what a reader gets is its own copy', async () => {
    const { store } = stores();
    await store.create('copy/a', [Buffer.from('keep')]);
    (await store.get('copy/a'))?.fill('x');
    (await store.get('copy/a', { start: 0, length: 2 }))?.fill('x');
    assert.equal((await store.get('copy/a'))?.toString(), 'keep');
  });
}

function listing(stores: Stores): void {
  test('hole-15: 2,500 keys are walked in pages, in order, each once', async () => {
    const { other } = stores();
    const keys = Array.from({ length: 2500 }, (_, index) => `many/${index % 3}/${String(index).padStart(20, '0')}`);
    await seed(stores(), keys);
    const expected = [...keys].sort(byBytes);
    for (const limit of [1000, 999, 5000]) {
      const walked: string[] = [];
      for (let more = true; more;) {
        const page = await other.list('many/', walked.at(-1), limit);
        assert.ok(page.objects.length <= limit);
        walked.push(...page.objects.map(({ key }) => key));
        more = page.more;
      }
      assert.deepEqual(walked, expected);
    }
  });

  test('order is that of the UTF-8 bytes of the whole key', async () => {
    const { store, sortsByBytes = true } = stores();
    // No name is also a directory of others: a local directory cannot hold both.
    const names = [
      'a-b',
      'a/x',
      'a.b',
      'a0',
      'A',
      'ab/c-d/e',
      'ab/c0',
      'ab-c',
      'é',
      'z',
      '日',
      ...(sortsByBytes ? ['\u{ffee}', '\u{1f600}'] : []),
    ];
    const keys = names.map((name) => `order/${name}`);
    for (const key of keys) await store.create(key, [Buffer.from(key)]);
    const { objects, more } = await store.list('order/', undefined, 100);
    assert.deepEqual(
      objects,
      [...keys].sort(byBytes).map((key) => ({ key, sizeBytes: Buffer.byteLength(key) })),
    );
    assert.equal(more, false);
    for (const [index, { key }] of objects.entries()) {
      const rest = await store.list('order/', key, 100);
      assert.deepEqual(
        rest.objects.map((object) => object.key),
        objects.slice(index + 1).map((object) => object.key),
        `after ${key}`,
      );
    }
  });

  test('a prefix need not end at a slash', async () => {
    const { store } = stores();
    for (const name of ['wal/1', 'wal-old/1', 'wal/12', 'wal/2', 'wax/1', 'wa']) await store.create(`pre/${name}`, []);
    async function list(prefix: string): Promise<string[]> {
      const { objects } = await store.list(prefix, undefined, 100);
      return objects.map(({ key }) => key.slice('pre/'.length));
    }
    assert.deepEqual(await list('pre/wal'), ['wal-old/1', 'wal/1', 'wal/12', 'wal/2']);
    assert.deepEqual(await list('pre/wal/1'), ['wal/1', 'wal/12']);
    assert.deepEqual(await list('pre/wal/'), ['wal/1', 'wal/12', 'wal/2']);
    assert.deepEqual(await list('pre/wa'), ['wa', 'wal-old/1', 'wal/1', 'wal/12', 'wal/2', 'wax/1']);
    assert.deepEqual(await list('pre/none'), []);
    assert.deepEqual(await list('pre/wal/1/x'), []);
    assert.deepEqual(await list('no-such-top/deep/'), []);
  });

  test('after may name a key that is not there, lie before the prefix or behind it', async () => {
    const { store } = stores();
    for (const name of ['b/1', 'b/3', 'c/1']) await store.create(`after/${name}`, []);
    async function list(start: string): Promise<string[]> {
      const { objects } = await store.list('after/b/', start, 100);
      return objects.map(({ key }) => key.slice('after/'.length));
    }
    assert.deepEqual(await list('after/b/2'), ['b/3']);
    assert.deepEqual(await list('after/b/1'), ['b/3']);
    assert.deepEqual(await list('after/b/1~'), ['b/3']);
    assert.deepEqual(await list('after/a'), ['b/1', 'b/3']);
    assert.deepEqual(await list('after/b/3'), []);
    assert.deepEqual(await list('after/c'), []);
  });

  test('skip-scan finds the next directory with one key', async () => {
    const { store } = stores();
    for (const epoch of [1, 2, 10]) {
      for (const slot of [0, 1, 2]) await store.create(`skip/${String(epoch).padStart(10, '0')}/${slot}.wal`, []);
    }
    const page = await store.list('skip/', 'skip/0000000002/~', 1);
    assert.deepEqual(page, { objects: [{ key: 'skip/0000000010/0.wal', sizeBytes: 0 }], more: true });
  });

  test('more is true only if a key is left out', async () => {
    const { store } = stores();
    for (const name of ['1', '2', '3']) await store.create(`exact/${name}`, []);
    assert.equal((await store.list('exact/', undefined, 3)).more, false);
    assert.equal((await store.list('exact/', undefined, 2)).more, true);
    assert.equal((await store.list('exact/', 'exact/1', 2)).more, false);
  });
}

function deletion(stores: Stores): void {
  test('deleting is complete, also for what is absent', async () => {
    const { store, other } = stores();
    await store.create('delete/a', [Buffer.from('x')]);
    await store.create('delete/b', [Buffer.from('x')]);
    await store.delete(['delete/a', 'delete/never', 'no-such-top/deep/a', 'delete/b/below']);
    assert.equal(await other.get('delete/a'), undefined);
    assert.equal(await other.head('delete/a'), undefined);
    assert.deepEqual(
      (await other.list('delete/', undefined, 10)).objects.map(({ key }) => key),
      ['delete/b'],
    );
    await store.delete([]);
  });

  test('a deleted name can be created again', async () => {
    const { store, other } = stores();
    await store.create('again/a', [Buffer.from('old and long')]);
    await store.delete(['again/a']);
    assert.equal(await other.create('again/a', [Buffer.from('new')]), 'created');
    assert.equal((await store.get('again/a'))?.toString(), 'new');
    assert.deepEqual(await store.head('again/a'), { sizeBytes: 3 });
  });

  test('1,500 keys are deleted with one call', async () => {
    const { store } = stores();
    const keys = Array.from({ length: 1500 }, (_, index) => `bulk/${index}`);
    await seed(stores(), keys);
    await store.delete(keys);
    assert.deepEqual((await store.list('bulk/', undefined, 10)).objects, []);
  });
}

async function seed(under: StoreUnderTest, keys: readonly string[]): Promise<void> {
  if (under.seed !== undefined) return under.seed(keys);
  for (let start = 0; start < keys.length; start += 50) {
    const some = keys.slice(start, start + 50);
    await Promise.all(some.map((key) => under.store.create(key, [Buffer.from('x')])));
  }
}

/** The order that stores use, told by bytes and not by our own comparison, which is checked against it. */
function byBytes(left: string, right: string): number {
  const order = Buffer.compare(Buffer.from(left), Buffer.from(right));
  assert.equal(Math.sign(compareKeys(left, right)), order);
  return order;
}

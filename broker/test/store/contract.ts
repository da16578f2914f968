import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { systemClock, systemRandom } from '../../src/edge/index.ts';
import { PatientStore, StoreError, compareKeys, provesUploads } from '../../src/store/index.ts';
import { runningChecksum } from '../../src/store/object-checksum.ts';
import type { CreateResult, LargeUpload, ObjectStore } from '../../src/store/index.ts';

/** What a store under test supplies: handles on one and the same empty store, as two processes would have. */
export interface StoreUnderTest {
  readonly store: ObjectStore;
  readonly other: ObjectStore;
  /** False: an emulator that sorts names beyond U+FFFF by UTF-16. Only then is the order not asked of such names. */
  readonly sortsByBytes?: boolean;
  /** True: an emulator that refuses a create where parts wait for their completion. */
  readonly partsTakeTheName?: boolean;
  /** True: a completion of an object in parts overwrites, as some stores do; the probe has to find out. */
  readonly ignoresConditionOfParts?: boolean;
  /** Puts many objects of one byte `x` there faster than by creates; left out: by creates. */
  readonly seed?: (keys: readonly string[]) => void;
  readonly close: () => Promise<void>;
}

/**
 * The contract of ObjectStore as tests, one set for every adapter (hole-22). Each test works under a prefix of its own.
 * `inParts`: the store takes large objects in parts; a directory takes any size with one create.
 */
export function storeContract(
  name: string,
  open: () => Promise<StoreUnderTest>,
  { inParts = false }: { readonly inParts?: boolean } = {},
): void {
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
    if (inParts) largeObjects(() => stores());
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

  test('the checksum that a store keeps is that of the whole object', async () => {
    const { store, other } = stores();
    if (store.checksum === undefined) return;
    const body = [Buffer.from('some '), Buffer.from('bytes')];
    await store.create('checksum/a', body);
    const kept = await other.checksum!('checksum/a');
    const expected = runningChecksum(kept!.algorithm);
    for (const part of body) expected.update(part);
    assert.equal(kept!.text, expected.text());
    assert.equal(await other.checksum!('checksum/b'), undefined);
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

function largeObjects(stores: Stores): void {
  const MIB = 1024 * 1024;
  const partBytes = 5 * MIB;

  /** Sends all of the body; the completion is left to the test. */
  async function sendParts(store: ObjectStore, key: string, body: Buffer): Promise<LargeUpload> {
    const upload = await store.uploads!.begin(key, { sizeBytes: body.length, partBytes });
    for (let start = 0; start < body.length; start += partBytes) {
      assert.equal(await upload.send(start / partBytes, body.subarray(start, start + partBytes)), 'sent');
    }
    return upload;
  }

  test('an object in parts is there when it is complete, whole, and not before', async () => {
    const { store, other } = stores();
    const body = Buffer.concat([Buffer.alloc(partBytes, 'a'), Buffer.alloc(partBytes, 'bc'), Buffer.from('end')]);
    const upload = await sendParts(store, 'parts-large/a', body);
    assert.equal(await other.head('parts-large/a'), undefined);
    assert.deepEqual((await other.list('parts-large/', undefined, 10)).objects, []);
    assert.equal(await upload.complete(), 'created');
    assert.ok(body.equals((await other.get('parts-large/a'))!));
    assert.equal((await other.get('parts-large/a', { start: 2 * partBytes, length: 9 }))?.toString(), 'end');
  });

  test('a part that is sent twice counts once', async () => {
    const { store, other } = stores();
    const body = Buffer.concat([Buffer.alloc(partBytes, 'a'), Buffer.from('end')]);
    const upload = await store.uploads!.begin('parts-twice/a', { sizeBytes: body.length, partBytes });
    for (const index of [0, 0, 1, 1]) {
      assert.equal(await upload.send(index, body.subarray(index * partBytes, (index + 1) * partBytes)), 'sent');
    }
    assert.equal(await upload.complete(), 'created');
    assert.ok(body.equals((await other.get('parts-twice/a'))!));
  });

  test('a completion never overwrites, whichever way and whenever the name was taken (P6)', async () => {
    const { store, other, ignoresConditionOfParts = false, partsTakeTheName = false } = stores();
    if (ignoresConditionOfParts) {
      const patient = new PatientStore(store, { clock: systemClock, random: systemRandom });
      assert.equal(await provesUploads(patient, systemRandom), false, 'the probe finds out');
      return;
    }
    if (partsTakeTheName) {
      assert.equal(await other.create('parts-taken/a', [Buffer.from('first')]), 'created');
    } else {
      const early = await sendParts(store, 'parts-taken/a', Buffer.from('in parts'));
      assert.equal(await other.create('parts-taken/a', [Buffer.from('first')]), 'created');
      assert.equal(await early.complete(), 'exists');
      await early.abort();
    }
    const late = await sendParts(store, 'parts-taken/a', Buffer.from('in parts'));
    assert.equal(await late.complete(), 'exists');
    await late.abort();
    assert.equal((await other.get('parts-taken/a'))?.toString(), 'first');
    const patient = new PatientStore(store, { clock: systemClock, random: systemRandom });
    assert.equal(await provesUploads(patient, systemRandom), true);
  });

  test('of 20 racing completions of two processes exactly one wins', async () => {
    const { store, other, ignoresConditionOfParts = false } = stores();
    if (ignoresConditionOfParts) return;
    const bodies = Array.from({ length: 20 }, (_, index) => Buffer.from(`writer ${index}`));
    const uploads = await Promise.all(
      bodies.map((body, index) => sendParts(index % 2 === 0 ? store : other, 'parts-race/a', body)),
    );
    const answers = await Promise.all(uploads.map((upload) => completed(upload)));
    assert.equal(answers.filter((answer) => answer === 'created').length, 1, answers.join(' '));
    assert.deepEqual(await store.get('parts-race/a'), bodies[answers.indexOf('created')]);
  });

  /** A conflict proves nothing: it is asked again. */
  async function completed(upload: LargeUpload): Promise<CreateResult | 'gone'> {
    for (;;) {
      try {
        return await upload.complete();
      } catch (error) {
        if (!(error instanceof StoreError) || error.kind !== 'conflict') throw error;
      }
    }
  }

  test('what was aborted leaves no object, and cannot be completed', async () => {
    const { store, other } = stores();
    const upload = await sendParts(store, 'parts-aborted/a', Buffer.from('in parts'));
    await upload.abort();
    await upload.abort();
    assert.equal(await other.get('parts-aborted/a'), undefined);
    await store.uploads!.abortOld('parts-aborted/', Date.now() + 60_000);
    assert.equal(await store.uploads!.abortOld('parts-aborted/', Date.now() + 60_000), 0);
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

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { SystemDisk, systemRandom } from '../../src/edge/index.ts';
import { LocalStore } from '../../src/store/index.ts';
import { storeContract } from './contract.ts';

function open(path: string): Promise<LocalStore> {
  return LocalStore.open({ disk: new SystemDisk(), random: systemRandom, path });
}

storeContract('local directory', async () => {
  const root = mkdtempSync(join(tmpdir(), 'chronik-store-'));
  const store = await open(root);
  const other = await open(root);
  return {
    store,
    other,
    close: async () => {
      await store.close();
      await other.close();
      rmSync(root, { recursive: true, force: true });
    },
  };
});

describe('local store', () => {
  let root = '';
  before(() => {
    root = mkdtempSync(join(tmpdir(), 'chronik-local-'));
  });
  after(() => {
    rmSync(root, { recursive: true, force: true });
  });

  test('a missing directory is made with its parents', async () => {
    const path = join(root, 'deep/er/bucket');
    const store = await open(`${path}/`);
    assert.equal(await store.create('a/b', [Buffer.from('x')]), 'created');
    assert.equal(store.description, `local:${path}`);
    assert.equal(readFileSync(join(path, 'a/b'), 'utf8'), 'x');
  });

  test('rule-02: the id of the directory outlives the process and differs between directories', async () => {
    const first = await open(join(root, 'id-one'));
    const again = await open(join(root, 'id-one'));
    const second = await open(join(root, 'id-two'));
    assert.match(first.address.bucket, /^[0-9a-f]{32}$/);
    assert.deepEqual(again.address, first.address);
    assert.notEqual(second.address.bucket, first.address.bucket);
    assert.deepEqual((await first.list('', undefined, 10)).objects, []);
  });

  test('processes that open a new directory at once agree on its id', async () => {
    const path = join(root, 'id-race');
    const stores = await Promise.all(Array.from({ length: 8 }, () => open(path)));
    assert.equal(new Set(stores.map((store) => store.address.bucket)).size, 1);
  });

  test('unfinished writes are in no listing and go when the store is opened', async () => {
    const path = join(root, 'leftovers');
    const store = await open(path);
    writeFileSync(join(path, '.tmp/half-written'), 'half');
    assert.deepEqual((await store.list('', undefined, 10)).objects, []);
    await open(path);
    assert.deepEqual(readdirSync(join(path, '.tmp')), []);
  });

  test('no temporary file stays behind, whatever the answer was', async () => {
    const path = join(root, 'clean');
    const store = await open(path);
    await store.create('a', [Buffer.from('x')]);
    await store.create('a', [Buffer.from('y')]);
    await assert.rejects(store.create('a/b', []), { code: 'STORE_INVALID' });
    await store.close();
    assert.deepEqual(readdirSync(join(path, '.tmp')), []);
  });

  test('a name that is taken by a directory is refused, not "exists"', async () => {
    const store = await open(join(root, 'clash'));
    await store.create('a/b', []);
    await assert.rejects(store.create('a', []), { code: 'STORE_INVALID' });
    await assert.rejects(store.create(`a/${'x'.repeat(300)}`, []), { code: 'STORE_INVALID' });
  });

  test('P9: a store whose disk was unmounted is unavailable, never empty', async () => {
    const path = join(root, 'unmounted');
    const store = await open(path);
    await store.create('a/b', []);
    rmSync(path, { recursive: true });
    for (const empty of [false, true]) {
      if (empty) mkdirSync(path);
      await assert.rejects(store.get('a/b'), { code: 'STORE_UNAVAILABLE' });
      await assert.rejects(store.head('a/c'), { code: 'STORE_UNAVAILABLE' });
      await assert.rejects(store.list('', undefined, 10), { code: 'STORE_UNAVAILABLE' });
      await assert.rejects(store.create('a/b', []), { code: 'STORE_UNAVAILABLE' });
      await assert.rejects(store.delete(['a/b']), { code: 'STORE_UNAVAILABLE' });
    }
  });

  test('P9: another store mounted at the same path is noticed', async () => {
    const path = join(root, 'swapped');
    const store = await open(path);
    rmSync(path, { recursive: true });
    await open(path);
    await assert.rejects(store.get('a'), { code: 'STORE_UNAVAILABLE' });
  });

  test('a path that cannot be a directory is refused in words', async () => {
    const path = join(root, 'plain-file');
    writeFileSync(path, '');
    for (const bad of [path, join(path, 'below')]) {
      await assert.rejects(open(bad), (error: Error & { code?: string; remedy?: string }) => {
        assert.equal(error.code, 'STORE_DIRECTORY_UNUSABLE');
        assert.match(error.message, new RegExp(`Cannot use ${bad} as a store: it, or one of its parents, is a file`));
        assert.match(error.remedy ?? '', /LOCAL_STORAGE_PATH/);
        return true;
      });
    }
  });

  test('a damaged id is an error, not a new id', async () => {
    const path = join(root, 'damaged-id');
    await open(path);
    writeFileSync(join(path, '.chronik-store'), 'garbage');
    await assert.rejects(open(path), { code: 'STORE_ID_DAMAGED' });
  });
});

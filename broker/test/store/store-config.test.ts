import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { SystemDisk, systemRandom } from '../../src/edge/index.ts';
import { checkStoreConfigs, openStore, storeConfigOf } from '../../src/store/index.ts';

describe('store settings', () => {
  test('nothing set is a local directory', () => {
    assert.deepEqual(storeConfigOf({ name: 'primary', backend: undefined, localPath: undefined }), {
      name: 'primary',
      backend: 'local',
      path: './bucket',
    });
    assert.equal(storeConfigOf({ name: 'primary', backend: 'local', localPath: '/b' }).path, '/b');
  });

  test('hole-22: an unknown backend is an error that names it and what is valid', () => {
    for (const backend of ['S3', 'minio', '', ' local', 'memory']) {
      assert.throws(
        () => storeConfigOf({ name: 'primary', backend, localPath: undefined }),
        (error: Error & { code?: string; remedy?: string }) => {
          assert.equal(error.code, 'UNKNOWN_BACKEND');
          assert.ok(error.message.includes(JSON.stringify(backend)));
          assert.match(error.remedy ?? '', /local/);
          return true;
        },
      );
    }
  });

  test('a backend that this build cannot open is refused, not replaced', () => {
    for (const backend of ['s3', 'gcs', 'azure']) {
      assert.throws(() => storeConfigOf({ name: 'primary', backend, localPath: '/b' }), {
        code: 'BACKEND_NOT_AVAILABLE',
      });
    }
  });

  test('an empty path is an error', () => {
    assert.throws(() => storeConfigOf({ name: 'primary', backend: 'local', localPath: ' ' }), {
      code: 'STORE_SETTING_EMPTY',
    });
  });

  test('two stores must differ in name and place', () => {
    const one = { name: 'one', backend: 'local', path: '/a' } as const;
    assert.throws(() => checkStoreConfigs([one, { ...one, name: 'two' }]), { code: 'STORE_CONFIGURED_TWICE' });
    assert.throws(() => checkStoreConfigs([one, { ...one, path: '/b' }]), { code: 'STORE_CONFIGURED_TWICE' });
    checkStoreConfigs([one, { name: 'two', backend: 'local', path: '/b' }]);
  });

  test('a local configuration opens', async () => {
    const root = mkdtempSync(join(tmpdir(), 'chronik-config-'));
    try {
      const config = storeConfigOf({ name: 'primary', backend: 'local', localPath: join(root, 'bucket') });
      const store = await openStore(config, { disk: new SystemDisk(), random: systemRandom });
      assert.equal(store.address.provider, 'local');
      await store.close();
    } finally {
      rmSync(root, { recursive: true });
    }
  });
});

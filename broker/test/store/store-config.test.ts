import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { SystemDisk, systemClock, systemRandom } from '../../src/edge/index.ts';
import { openStore } from '../../src/store/index.ts';
import { azureConfig } from './azure/support.ts';
import { gcsConfig } from './gcs/support.ts';
import { s3Config } from './s3/support.ts';

describe('opening stores', () => {
  const edges = { clock: systemClock, disk: new SystemDisk(), random: systemRandom };
  const nowhere = 'http://127.0.0.1:1';
  let root: string;
  before(() => {
    root = mkdtempSync(join(tmpdir(), 'chronik-open-'));
  });
  after(() => rmSync(root, { recursive: true }));

  test('each backend opens as what it is, and a cloud store without a request', async () => {
    const key = join(root, 'key');
    writeFileSync(key, Buffer.alloc(32, 1).toString('base64'));
    const encryption = { kind: 'customer-key', keyFile: key } as const;
    const configs = [
      { name: 'primary', backend: 'local', path: join(root, 'bucket') } as const,
      s3Config(nowhere, { encryption }),
      gcsConfig(nowhere, { encryption }),
      azureConfig(nowhere, { encryption }),
    ];
    for (const config of configs) {
      const store = await openStore(config, edges);
      assert.equal(store.address.provider, config.backend);
      await store.close();
    }
  });

  test('a file that a setting names and nobody can read is said at once', async () => {
    const path = join(root, 'no-such-file');
    const unreadable = { code: 'SETTING_INVALID', message: new RegExp(path) };
    await assert.rejects(openStore(s3Config(nowhere, { caFile: path }), edges), unreadable);
    const gcs = gcsConfig(nowhere, { credentials: { kind: 'file', path } });
    await assert.rejects(openStore(gcs, edges), unreadable);
    const azure = azureConfig(nowhere, { credentials: { kind: 'sas-file', path } });
    await assert.rejects(openStore(azure, edges), unreadable);
    const encrypted = s3Config(nowhere, { encryption: { kind: 'customer-key', keyFile: path } });
    await assert.rejects(openStore(encrypted, edges), unreadable);
  });
});

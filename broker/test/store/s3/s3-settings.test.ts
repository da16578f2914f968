import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import type { LargeUpload } from '../../../src/store/object-store.ts';
import { S3Store } from '../../../src/store/s3/s3-store.ts';
import { FAKE_BUCKET, FakeS3, s3Refusal } from '../fakes/fake-s3.ts';
import { FakeProxy } from '../fakes/fake-proxy.ts';
import { s3Config, s3Options } from './support.ts';

const body = [Buffer.from('body')];

describe('settings of S3', () => {
  let fake: FakeS3;
  before(async () => {
    fake = new FakeS3();
    await fake.listen();
  });
  beforeEach(() => {
    fake.objects.clear();
    fake.requests.length = 0;
  });
  after(() => fake.close());

  test('the prefix, the region and the session token are in every request', async () => {
    const credentials = { kind: 'static', accessKeyId: 'AK', secretAccessKey: 'SK', sessionToken: 'ST' } as const;
    const store = new S3Store(s3Config(fake.endpoint, { prefix: 'p/q', credentials }), s3Options());
    await store.create('a', body);
    await store.get('a');
    await store.list('', undefined, 1);
    await store.delete(['a']);
    assert.equal(fake.requests.length, 4);
    for (const { headers } of fake.requests) {
      assert.equal(headers['x-amz-security-token'], 'ST');
      assert.match(headers['authorization'] ?? '', /Credential=AK\/\d{8}\/eu-central-1\/s3\//);
    }
    assert.equal(fake.requests[0]?.path, `/${FAKE_BUCKET}/p/q/a`);
    assert.equal(fake.requests[2]?.query.get('prefix'), 'p/q/');
    assert.match(fake.requests[3]?.body.toString() ?? '', /<Key>p\/q\/a<\/Key>/);
    assert.deepEqual(store.address, {
      provider: 's3',
      endpoint: new URL(fake.endpoint).host,
      bucket: FAKE_BUCKET,
      prefix: 'p/q',
    });
  });

  test('the bucket is in the path or in the host name, as asked', async () => {
    const endpoint = fake.endpoint.replace('127.0.0.1', 'localhost');
    const store = new S3Store(s3Config(endpoint, { pathStyle: true }), s3Options());
    await store.get('a');
    assert.match(fake.requests[0]?.headers['host'] ?? '', /^localhost:/);
    const proxy = new FakeProxy(fake.port);
    await proxy.listen();
    const virtual = s3Config('http://store.test', { pathStyle: false });
    await assert.rejects(new S3Store(virtual, s3Options({ proxy: proxy.endpoint })).get('a'));
    assert.equal(fake.requests[1]?.headers['host'], `${FAKE_BUCKET}.store.test`);
    await proxy.close();
  });

  test('a proxy carries every request', async () => {
    const proxy = new FakeProxy(fake.port);
    await proxy.listen();
    const store = new S3Store(s3Config('http://store.test'), s3Options({ proxy: proxy.endpoint }));
    assert.equal(await store.create('a', body), 'created');
    assert.deepEqual(await store.get('a'), body[0]);
    assert.equal(proxy.carried, 2);
    await store.close();
    await proxy.close();
  });

  test('without an endpoint it is Amazon, over TLS, whatever the environment says', async () => {
    const proxy = new FakeProxy(fake.port);
    await proxy.listen();
    process.env['AWS_ENDPOINT_URL'] = fake.endpoint;
    try {
      for (const region of ['eu-central-1', 'cn-north-1']) {
        const config = s3Config('', { endpoint: undefined, pathStyle: false, region });
        const store = new S3Store(config, s3Options({ proxy: proxy.endpoint }));
        await assert.rejects(store.get('a'), { code: 'STORE_UNAVAILABLE' });
        await store.close();
      }
      assert.deepEqual(proxy.tunnels, [
        `${FAKE_BUCKET}.s3.eu-central-1.amazonaws.com:443`,
        `${FAKE_BUCKET}.s3.cn-north-1.amazonaws.com.cn:443`,
      ]);
      assert.equal(fake.requests.length, 0);
    } finally {
      delete process.env['AWS_ENDPOINT_URL'];
      await proxy.close();
    }
  });

  test('hole-23: encryption is asked for with every create, and verified', async () => {
    const sse = new S3Store(s3Config(fake.endpoint, { encryption: { kind: 'sse-s3' } }), s3Options());
    assert.equal(await sse.create('a', body), 'created');
    assert.equal(fake.requests.at(-1)?.headers['x-amz-server-side-encryption'], 'AES256');
    const kms = new S3Store(
      s3Config(fake.endpoint, { encryption: { kind: 'sse-kms', keyId: 'key-1' }, storageClass: 'STANDARD_IA' }),
      s3Options(),
    );
    assert.equal(await kms.create('b', body), 'created');
    const { headers } = fake.requests.at(-1)!;
    assert.equal(headers['x-amz-server-side-encryption'], 'aws:kms');
    assert.equal(headers['x-amz-server-side-encryption-aws-kms-key-id'], 'key-1');
    assert.equal(headers['x-amz-storage-class'], 'STANDARD_IA');
    fake.inject({ kind: 'altered', alter: ({ status }) => ({ status, headers: { etag: '"e"' } }) });
    await assert.rejects(sse.create('c', body), { code: 'STORE_INVALID', message: /without encrypting/ });
  });

  test('hole-23: a customer key goes with creates and reads; without it nothing is readable', async () => {
    const key = Buffer.alloc(32, 7).toString('base64');
    const config = s3Config(fake.endpoint, { encryption: { kind: 'customer-key', keyFile: 'key' } });
    const store = new S3Store(config, s3Options({ customerKey: `${key}\n` }));
    assert.equal(await store.create('a', body), 'created');
    assert.deepEqual(await store.get('a'), body[0]);
    assert.deepEqual(await store.head('a'), { sizeBytes: 4 });
    await assert.rejects(new S3Store(s3Config(fake.endpoint), s3Options()).get('a'), { code: 'STORE_INVALID' });
    for (const customerKey of [undefined, '', 'short', 'x'.repeat(40)]) {
      assert.throws(() => new S3Store(config, s3Options(customerKey === undefined ? {} : { customerKey })), {
        code: 'SETTING_INVALID',
      });
    }
  });

  test('hole-23: encryption of an object in parts is confirmed by the begin or by the parts, before the object is there', async () => {
    const key = Buffer.alloc(32, 7).toString('base64');
    const encryptions = [{ kind: 'sse-s3' }, { kind: 'customer-key', keyFile: 'key' }] as const;
    for (const encryption of encryptions) {
      const store = new S3Store(s3Config(fake.endpoint, { encryption }), s3Options({ customerKey: key }));
      const send = async (name: string): Promise<LargeUpload> => {
        const upload = await store.uploads.begin(name, { sizeBytes: 4, partBytes: 8 });
        await upload.send(0, Buffer.from('body'));
        return upload;
      };
      for (const answers of [['begin'], ['part']] as const) {
        fake.uploads.confirmsEncryption = answers;
        const name = `${encryption.kind}-${answers.join()}`;
        assert.equal(await (await send(name)).complete(), 'created');
      }
      fake.uploads.confirmsEncryption = [];
      await assert.rejects(send('plain'), { code: 'STORE_INVALID', message: /without encrypting/ });
      assert.ok(!fake.objects.has('plain'));
    }
  });

  test('credentials in a shared file are read again once the store refuses them', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'chronik-s3-'));
    const file = join(directory, 'credentials');
    process.env['AWS_SHARED_CREDENTIALS_FILE'] = file;
    process.env['AWS_CONFIG_FILE'] = join(directory, 'no-such-file');
    try {
      const write = (key: string): void =>
        writeFileSync(file, `[work]\naws_access_key_id = ${key}\naws_secret_access_key = s\n`);
      write('OLDKEY');
      fake.gate = ({ headers }) =>
        headers['authorization']?.includes('OLDKEY') === true ? s3Refusal(400, 'ExpiredToken', 'expired') : undefined;
      const store = new S3Store(
        s3Config(fake.endpoint, { credentials: { kind: 'profile', profile: 'work' } }),
        s3Options(),
      );
      await assert.rejects(store.create('a', body), { code: 'STORE_DENIED' });
      write('NEWKEY');
      assert.equal(await store.create('a', body), 'created');
      await store.close();
    } finally {
      fake.gate = undefined;
      delete process.env['AWS_SHARED_CREDENTIALS_FILE'];
      delete process.env['AWS_CONFIG_FILE'];
      rmSync(directory, { recursive: true });
    }
  });
});

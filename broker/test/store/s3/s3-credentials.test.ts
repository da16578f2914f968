import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { systemClock, systemRandom } from '../../../src/edge/index.ts';
import { PatientStore } from '../../../src/store/index.ts';
import { S3Store } from '../../../src/store/s3/s3-store.ts';
import { FAKE_ROLE, FakeAwsIdentity, stsRefusal } from '../fakes/fake-aws-identity.ts';
import { FakeProxy } from '../fakes/fake-proxy.ts';
import { FakeS3, s3Refusal } from '../fakes/fake-s3.ts';
import { failure } from '../remote-faults.ts';
import { s3Config, s3Options } from './support.ts';

const body = [Buffer.from('body')];

describe('temporary credentials of AWS', () => {
  let fake: FakeS3;
  let identity: FakeAwsIdentity;
  let directory: string;
  let tokenFile: string;
  let store: S3Store;
  let before: NodeJS.ProcessEnv;

  beforeEach(async () => {
    before = { ...process.env };
    for (const name of Object.keys(process.env)) if (name.startsWith('AWS_')) delete process.env[name];
    [fake, identity] = [new FakeS3(), new FakeAwsIdentity()];
    await fake.listen();
    await identity.listen();
    directory = mkdtempSync(join(tmpdir(), 'chronik-aws-'));
    tokenFile = join(directory, 'token');
    writeFileSync(tokenFile, 'identity-1');
    Object.assign(process.env, {
      AWS_SHARED_CREDENTIALS_FILE: join(directory, 'none'),
      AWS_CONFIG_FILE: join(directory, 'none'),
      AWS_EC2_METADATA_DISABLED: 'true',
    });
    store = new S3Store(s3Config(fake.endpoint, { credentials: { kind: 'chain' } }), s3Options());
  });
  afterEach(async () => {
    process.env = before;
    await store.close();
    await fake.close();
    await identity.close();
    rmSync(directory, { recursive: true });
  });

  function useWebIdentity(): void {
    Object.assign(process.env, {
      AWS_ROLE_ARN: FAKE_ROLE,
      AWS_WEB_IDENTITY_TOKEN_FILE: tokenFile,
      AWS_ENDPOINT_URL_STS: identity.endpoint,
    });
  }

  /** The store takes only what was issued last, as if all before had expired. */
  function acceptOnlyTheNewest(): void {
    fake.gate = ({ headers }) =>
      headers['x-amz-security-token'] === `SESSION-${identity.issued}`
        ? undefined
        : s3Refusal(400, 'ExpiredToken', 'The provided token has expired.');
  }

  function patient(): PatientStore {
    const limits = { firstBackoffMs: 1, longestBackoffMs: 1 };
    return new PatientStore(store, { clock: systemClock, random: systemRandom, limits });
  }

  const recognise = (found: Buffer): 'ours' | 'other' => (found.equals(body[0]!) ? 'ours' : 'other');

  test('web identity: the token of the file becomes a session, fetched once and used for all', async () => {
    useWebIdentity();
    assert.equal(await store.create('a', body), 'created');
    assert.deepEqual(await store.get('a'), body[0]);
    assert.equal(identity.issued, 1);
    for (const { headers } of fake.requests) {
      assert.equal(headers['x-amz-security-token'], 'SESSION-1');
      assert.match(headers['authorization'] ?? '', /Credential=KEY-1\//);
    }
  });

  test('web identity: a session that is over is fetched anew, with what is then in the file', async () => {
    useWebIdentity();
    // Over as soon as it is issued: every request needs another.
    identity.lifetimeMs = -1000;
    await store.create('a', body);
    writeFileSync(tokenFile, 'identity-2');
    identity.accepted = 'identity-2';
    assert.equal(await store.create('b', body), 'created');
    assert.ok(identity.issued >= 2);
    assert.equal(fake.requests.at(-1)?.headers['x-amz-security-token'], `SESSION-${identity.issued}`);
  });

  test('a session that expires in the middle of a PUT: the create is repeated with a new one, and lands once', async () => {
    useWebIdentity();
    await store.create('warm', body);
    fake.inject({
      kind: 'answer',
      applies: ({ method }) => method === 'PUT',
      answer: s3Refusal(400, 'ExpiredToken', 'The provided token has expired.'),
    });
    assert.deepEqual(await patient().createResolved({ key: 'a', body, recognise }), { outcome: 'created' });
    assert.equal(identity.issued, 2);
    assert.equal(fake.requests.at(-1)?.headers['x-amz-security-token'], 'SESSION-2');
  });

  test('whoever rotates the identity while sessions are refused: requests wait, and go on by themselves', async () => {
    useWebIdentity();
    await store.create('warm', body);
    identity.accepted = 'identity-2';
    fake.gate = ({ headers }) =>
      headers['x-amz-security-token'] === 'SESSION-1' ? s3Refusal(400, 'ExpiredToken', 'expired') : undefined;
    const troubles: string[] = [];
    const waiting = new PatientStore(store, {
      clock: systemClock,
      random: systemRandom,
      limits: { firstBackoffMs: 1, longestBackoffMs: 5 },
      onTrouble: ({ kind, message, remedy }) => {
        troubles.push(`${kind} ${message} ${remedy}`);
        if (troubles.length === 5) writeFileSync(tokenFile, 'identity-2');
      },
    });
    assert.deepEqual(await waiting.createResolved({ key: 'a', body, recognise }), { outcome: 'created' });
    assert.match(troubles[2]!, /^denied .*InvalidIdentityToken.*AWS_WEB_IDENTITY_TOKEN_FILE/);
    acceptOnlyTheNewest();
  });

  test('a role that may not be assumed is said by name, and nothing is ambiguous', async () => {
    useWebIdentity();
    process.env['AWS_ROLE_ARN'] = 'arn:aws:iam::111122223333:role/another';
    await assert.rejects(
      store.create('a', body),
      failure('denied', /AccessDenied.*sts:AssumeRoleWithWebIdentity.*AWS_ROLE_ARN/),
    );
    assert.equal(fake.requests.length, 0);
  });

  test('a token file that is not there (yet) is said by name, and waited for', async () => {
    useWebIdentity();
    rmSync(tokenFile);
    await assert.rejects(store.create('a', body), failure('denied', new RegExp(tokenFile)));
    writeFileSync(tokenFile, 'identity-1');
    assert.equal(await store.create('a', body), 'created');
  });

  test('an STS that fails or is away is an outage, and the create was not sent', async () => {
    useWebIdentity();
    // The SDK repeats by itself what changes nothing.
    for (let count = 0; count < 3; count += 1) {
      identity.inject({ kind: 'answer', answer: stsRefusal(503, 'ServiceUnavailable', 'later') });
    }
    await assert.rejects(store.create('a', body), failure('unavailable', /ServiceUnavailable/));
    await identity.close();
    await assert.rejects(store.create('a', body), failure('unavailable', /ECONNREFUSED/));
    identity = new FakeAwsIdentity();
    await identity.listen();
    process.env['AWS_ENDPOINT_URL_STS'] = identity.endpoint;
    assert.equal(
      await patient()
        .createResolved({ key: 'a', body, recognise })
        .then(({ outcome }) => outcome),
      'created',
    );
  });

  test('STS is asked through the proxy of the store', async () => {
    useWebIdentity();
    const proxy = new FakeProxy(identity.port);
    await proxy.listen();
    process.env['AWS_ENDPOINT_URL_STS'] = 'http://sts.test';
    const behind = new S3Store(
      s3Config('http://store.test', { credentials: { kind: 'chain' } }),
      s3Options({ proxy: proxy.endpoint }),
    );
    await assert.rejects(behind.get('a'));
    assert.equal(identity.issued, 1);
    await behind.close();
    await proxy.close();
  });

  test('a profile can name role and token file, so that each store may have its own', async () => {
    const config = join(directory, 'config');
    writeFileSync(config, `[profile east]\nrole_arn = ${FAKE_ROLE}\nweb_identity_token_file = ${tokenFile}\n`);
    Object.assign(process.env, { AWS_CONFIG_FILE: config, AWS_ENDPOINT_URL_STS: identity.endpoint });
    const east = new S3Store(
      s3Config(fake.endpoint, { credentials: { kind: 'profile', profile: 'east' } }),
      s3Options(),
    );
    assert.equal(await east.create('a', body), 'created');
    assert.equal(fake.requests[0]?.headers['x-amz-security-token'], 'SESSION-1');
    await east.close();
  });

  test('container (ECS, EKS pod identity): the authorization file is read again when it is rotated', async () => {
    Object.assign(process.env, {
      AWS_CONTAINER_CREDENTIALS_FULL_URI: `${identity.endpoint}/container`,
      AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: tokenFile,
    });
    assert.equal(await store.create('a', body), 'created');
    writeFileSync(tokenFile, 'identity-2');
    identity.accepted = 'identity-2';
    fake.inject({ kind: 'answer', answer: s3Refusal(400, 'ExpiredToken', 'expired') });
    assert.deepEqual(await patient().createResolved({ key: 'b', body, recognise }), { outcome: 'created' });
    assert.equal(identity.issued, 2);
  });

  test('instance role: from the metadata service, and again when they expire', async () => {
    delete process.env['AWS_EC2_METADATA_DISABLED'];
    process.env['AWS_EC2_METADATA_SERVICE_ENDPOINT'] = identity.endpoint;
    assert.equal(await store.create('a', body), 'created');
    acceptOnlyTheNewest();
    fake.inject({ kind: 'answer', answer: s3Refusal(400, 'ExpiredToken', 'expired') });
    assert.deepEqual(await patient().createResolved({ key: 'b', body, recognise }), { outcome: 'created' });
    assert.ok(identity.issued >= 2);
  });

  test('no credentials anywhere: the message says where to put them', async () => {
    await assert.rejects(store.create('a', body), failure('denied', /no credentials.*S3_ACCESS_KEY/));
  });
});

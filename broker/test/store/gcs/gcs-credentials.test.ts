import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { systemClock, systemRandom } from '../../../src/edge/index.ts';
import { GcsStore } from '../../../src/store/gcs/gcs-store.ts';
import { PatientStore } from '../../../src/store/index.ts';
import { FakeGcs, gcsRefusal } from '../fakes/fake-gcs.ts';
import { FakeGoogleIdentity } from '../fakes/fake-google-identity.ts';
import { FakeProxy } from '../fakes/fake-proxy.ts';
import { failure } from '../remote-faults.ts';
import { gcsConfig, gcsOptions } from './support.ts';

const body = [Buffer.from('body')];
const expired = gcsRefusal(401, 'authError', 'Invalid Credentials');

describe('access tokens of Google', () => {
  let fake: FakeGcs;
  let identity: FakeGoogleIdentity;
  let directory: string;
  let tokenFile: string;
  let configFile: string;
  let store: GcsStore;
  let before: NodeJS.ProcessEnv;

  beforeEach(async () => {
    before = { ...process.env };
    [fake, identity] = [new FakeGcs(), new FakeGoogleIdentity()];
    await fake.listen();
    await identity.listen();
    directory = mkdtempSync(join(tmpdir(), 'chronik-google-'));
    [tokenFile, configFile] = [join(directory, 'token'), join(directory, 'config.json')];
    writeFileSync(tokenFile, 'identity-1');
    federate({});
    store = open();
  });
  afterEach(async () => {
    process.env = before;
    await store.close();
    await fake.close();
    await identity.close();
    rmSync(directory, { recursive: true });
  });

  function open(proxy?: string): GcsStore {
    const readFile = async (path: string): Promise<string> => readFileSync(path, 'utf8');
    const credentials = { kind: 'file', path: configFile } as const;
    return new GcsStore(gcsConfig(fake.endpoint, { credentials }), gcsOptions({ readFile, proxy }));
  }

  /** The file that `gcloud iam workload-identity-pools create-cred-config` writes. */
  function federate(changes: Readonly<Record<string, unknown>>): void {
    const config = {
      type: 'external_account',
      audience: '//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/pool/providers/cluster',
      subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
      token_url: `${identity.endpoint}/v1/token`,
      credential_source: { file: tokenFile },
      ...changes,
    };
    writeFileSync(configFile, JSON.stringify(config));
  }

  function tokens(): readonly (string | undefined)[] {
    return fake.requests.map(({ headers }) => headers['authorization']);
  }

  function patient(): PatientStore {
    const limits = { firstBackoffMs: 1, longestBackoffMs: 1 };
    return new PatientStore(store, { clock: systemClock, random: systemRandom, limits });
  }

  const recognise = (found: Buffer): 'ours' | 'other' => (found.equals(body[0]!) ? 'ours' : 'other');

  test('workload identity federation: the token of the file becomes an access token, fetched once', async () => {
    assert.equal(await store.create('a', body), 'created');
    assert.deepEqual(await store.get('a'), body[0]);
    assert.deepEqual(tokens(), ['Bearer TOKEN-1', 'Bearer TOKEN-1']);
  });

  test('federation with a service account that is impersonated', async () => {
    const url = `${identity.endpoint}/v1/projects/-/serviceAccounts/broker@p.iam.gserviceaccount.com:generateAccessToken`;
    federate({ service_account_impersonation_url: url });
    assert.equal(await store.create('a', body), 'created');
    assert.deepEqual(tokens(), ['Bearer TOKEN-2']);
  });

  test('a token that is over is fetched anew, with what is then in the file', async () => {
    identity.lifetimeSeconds = 1;
    await store.create('a', body);
    writeFileSync(tokenFile, 'identity-2');
    identity.accepted = 'identity-2';
    assert.equal(await store.create('b', body), 'created');
    assert.deepEqual(tokens(), ['Bearer TOKEN-1', 'Bearer TOKEN-2']);
  });

  test('a token that expires in the middle of a PUT: the create is repeated with a new one, and lands once', async () => {
    await store.create('warm', body);
    fake.inject({ kind: 'answer', applies: ({ method }) => method === 'POST', answer: expired });
    assert.deepEqual(await patient().createResolved({ key: 'a', body, recognise }), { outcome: 'created' });
    assert.equal(tokens().at(-1), `Bearer TOKEN-${identity.issued}`);
    assert.ok(identity.issued >= 2);
  });

  test('an identity that is refused is waited for until somebody rotates it; the message names the file', async () => {
    identity.accepted = 'identity-2';
    await assert.rejects(store.create('a', body), failure('denied', /invalid_grant.*GCS_CREDENTIALS_FILE/));
    assert.equal(fake.requests.length, 0);
    writeFileSync(tokenFile, 'identity-2');
    assert.equal(await store.create('a', body), 'created');
  });

  test('a token file that is not there (yet) is said by name', async () => {
    rmSync(tokenFile);
    await assert.rejects(store.create('a', body), failure('denied', /chronik-google-\w+\/token.* does not exist/));
    writeFileSync(tokenFile, 'identity-1');
    assert.equal(await store.create('a', body), 'created');
  });

  test('a token service that fails or is away is an outage, and the create was not sent', async () => {
    // The library repeats by itself what changes nothing, three times.
    for (let count = 0; count < 4; count += 1) identity.inject({ kind: 'answer', answer: { status: 503 } });
    await assert.rejects(store.create('a', body), failure('unavailable', /no access token/));
    assert.equal(await store.create('a', body), 'created');
    fake.requests.length = 0;
    store = open();
    await identity.close();
    await assert.rejects(store.create('a', body), failure('unavailable', /ECONNREFUSED/));
    assert.equal(fake.requests.length, 0);
  });

  test('the token service is asked through the proxy of the store', async () => {
    const proxy = new FakeProxy(identity.port);
    await proxy.listen();
    federate({ token_url: 'http://sts.test/v1/token' });
    const behind = open(proxy.endpoint);
    await assert.rejects(behind.get('a'));
    assert.equal(identity.issued, 1);
    await behind.close();
    await proxy.close();
  });

  test('metadata server (GKE, Compute Engine): tokens are fetched, and again when they are refused', async () => {
    process.env['GCE_METADATA_HOST'] = `127.0.0.1:${identity.port}`;
    process.env['HOME'] = directory;
    delete process.env['GOOGLE_APPLICATION_CREDENTIALS'];
    const ambient = new GcsStore(gcsConfig(fake.endpoint, { credentials: { kind: 'default' } }), gcsOptions());
    assert.equal(await ambient.create('a', body), 'created');
    const first = identity.issued;
    fake.inject({ kind: 'answer', answer: expired });
    await assert.rejects(ambient.get('a'), failure('denied'));
    assert.deepEqual(await ambient.get('a'), body[0]);
    assert.ok(identity.issued > first);
    assert.equal(tokens().at(-1), `Bearer TOKEN-${identity.issued}`);
    await ambient.close();
  });
});

import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { ChronikError, systemClock, systemRandom } from '../../../src/edge/index.ts';
import { AzureStore } from '../../../src/store/azure/azure-store.ts';
import { PatientStore } from '../../../src/store/index.ts';
import type { AzureCredentials } from '../../../src/store/index.ts';
import { FakeAzure, azureRefusal } from '../fakes/fake-azure.ts';
import { FAKE_CLIENT, FAKE_TENANT, FakeEntra } from '../fakes/fake-entra.ts';
import { FakeProxy } from '../fakes/fake-proxy.ts';
import { failure } from '../remote-faults.ts';
import { VirtualTime } from '../virtual-time.ts';
import { azureConfig, azureOptions } from './support.ts';

const body = [Buffer.from('body')];
// "Authorize with Microsoft Entra ID": a token that is over is 401 InvalidAuthenticationInfo.
const expired = azureRefusal(401, 'InvalidAuthenticationInfo');

describe('access tokens of Entra ID', () => {
  let fake: FakeAzure;
  let entra: FakeEntra;
  let tokenInFile: string;
  let time: VirtualTime;
  let store: AzureStore;

  beforeEach(async () => {
    [fake, entra] = [new FakeAzure(), new FakeEntra()];
    await fake.listen();
    await entra.listen();
    tokenInFile = 'identity-1\n';
    time = new VirtualTime();
    store = open(workload());
  });
  afterEach(async () => {
    await store.close();
    await fake.close();
    await entra.close();
  });

  function workload(changes: { authority?: string; clientId?: string; tokenFile?: string } = {}): AzureCredentials {
    return {
      kind: 'workload-identity',
      authority: entra.endpoint,
      tenantId: FAKE_TENANT,
      clientId: FAKE_CLIENT,
      tokenFile: 'token',
      ...changes,
    };
  }

  function open(credentials: AzureCredentials, proxy?: string): AzureStore {
    const readFile = async (path: string): Promise<string> => {
      if (path !== 'token') throw new ChronikError('SETTING_INVALID', `The file ${path} cannot be read`);
      return tokenInFile;
    };
    return new AzureStore(azureConfig(fake.endpoint, { credentials }), azureOptions({ clock: time, readFile, proxy }));
  }

  function tokens(): readonly (string | undefined)[] {
    return fake.requests.map(({ headers }) => headers['authorization']);
  }

  function patient(): PatientStore {
    const limits = { firstBackoffMs: 1, longestBackoffMs: 1 };
    return new PatientStore(store, { clock: systemClock, random: systemRandom, limits });
  }

  async function pass(ms: number): Promise<void> {
    time.setTimer(ms, () => undefined);
    await time.drain();
  }

  const recognise = (found: Buffer): 'ours' | 'other' => (found.equals(body[0]!) ? 'ours' : 'other');

  test('workload identity: the token of the file is exchanged once, also for many at once', async () => {
    await Promise.all(['a', 'b', 'c'].map((key) => store.create(key, body)));
    assert.deepEqual(await store.get('a'), body[0]);
    assert.equal(entra.issued, 1);
    assert.deepEqual(new Set(tokens()), new Set(['Bearer TOKEN-1']));
  });

  test('a token is fetched anew five minutes before it ends, with what is then in the file, and nobody waits for it', async () => {
    await store.create('a', body);
    tokenInFile = 'identity-2';
    entra.accepted = 'identity-2';
    await pass(3600_000 - 5 * 60_000 + 1);
    const fetched = entra.nextRequest();
    await store.create('b', body);
    await fetched;
    while (tokens().at(-1) !== 'Bearer TOKEN-2') await store.get('b');
    assert.deepEqual(tokens().slice(0, 2), ['Bearer TOKEN-1', 'Bearer TOKEN-1']);
    assert.equal(entra.issued, 2);
  });

  test('while Entra ID is away the token that still counts is used; when it ends, requests wait', async () => {
    await store.create('a', body);
    await entra.close();
    await pass(3600_000 - 60_000);
    assert.equal(await store.create('b', body), 'created');
    await pass(60_000);
    await assert.rejects(store.create('c', body), failure('unavailable', /access token.*ECONNREFUSED/));
    assert.equal(fake.objects.has('c'), false);
    entra = new FakeEntra();
    await entra.listen();
  });

  test('a token that expires in the middle of a PUT: the create is repeated with a new one, and lands once', async () => {
    await store.create('warm', body);
    fake.inject({ kind: 'answer', applies: ({ method }) => method === 'PUT', answer: expired });
    assert.deepEqual(await patient().createResolved({ key: 'a', body, recognise }), { outcome: 'created' });
    assert.equal(tokens().at(-1), 'Bearer TOKEN-2');
  });

  test('an identity that is refused is waited for until somebody rotates it; the message names the settings', async () => {
    entra.accepted = 'identity-2';
    await assert.rejects(
      store.create('a', body),
      failure('denied', /invalid_client: AADSTS700024.*AZURE_FEDERATED_TOKEN_FILE/),
    );
    assert.equal(fake.requests.length, 0);
    tokenInFile = 'identity-2';
    assert.equal(await store.create('a', body), 'created');
    const other = open(workload({ clientId: 'client-2' }));
    await assert.rejects(other.get('a'), failure('denied', /unauthorized_client.*AZURE_CLIENT_ID/));
    await other.close();
  });

  test('a token file that cannot be read is said by name', async () => {
    const lost = open(workload({ tokenFile: 'no-such-file' }));
    await assert.rejects(lost.get('a'), failure('denied', /no-such-file/));
    await lost.close();
  });

  test('an Entra ID in trouble, or a page in its place, is an outage', async () => {
    for (const answer of [
      { status: 503 },
      { status: 429, body: '{"error":"throttled"}' },
      { status: 200, body: '<html>' },
    ]) {
      entra.inject({ kind: 'answer', answer });
      await assert.rejects(store.create('a', body), failure('unavailable', /access token/));
    }
    entra.inject({ kind: 'reset-after' });
    await assert.rejects(store.create('a', body), failure('unavailable', /ECONNRESET/));
    assert.equal(await store.create('a', body), 'created');
  });

  test('Entra ID is asked through the proxy of the store', async () => {
    const proxy = new FakeProxy(entra.port);
    await proxy.listen();
    const behind = open(workload({ authority: 'http://login.test' }), proxy.endpoint);
    await assert.rejects(behind.get('a'));
    assert.equal(entra.issued, 1);
    await behind.close();
    await proxy.close();
  });

  test('managed identity: from the metadata service, and past any proxy', async () => {
    const managed = open(
      { kind: 'managed-identity', endpoint: entra.endpoint, clientId: undefined },
      'http://127.0.0.1:1',
    );
    await assert.rejects(managed.create('a', body), failure('unavailable', /ECONNREFUSED/));
    assert.equal(entra.issued, 1);
    await managed.close();
    const direct = open({ kind: 'managed-identity', endpoint: entra.endpoint, clientId: FAKE_CLIENT });
    assert.equal(await direct.create('a', body), 'created');
    assert.deepEqual(tokens(), ['Bearer TOKEN-2']);
    fake.inject({ kind: 'answer', answer: expired });
    await assert.rejects(direct.get('a'), failure('denied'));
    assert.deepEqual(await direct.get('a'), body[0]);
    assert.equal(tokens().at(-1), 'Bearer TOKEN-3');
    await direct.close();
  });

  test('a managed identity that the machine does not have is said', async () => {
    const managed = open({ kind: 'managed-identity', endpoint: entra.endpoint, clientId: 'client-2' });
    await assert.rejects(managed.get('a'), failure('denied', /Identity not found.*AZURE_CLIENT_ID/));
    await managed.close();
  });
});

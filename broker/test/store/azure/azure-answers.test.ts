import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, beforeEach, describe, test } from 'node:test';
import { AzureBlobEncryption } from '../../../src/store/azure/azure-encryption.ts';
import { AzureStore } from '../../../src/store/azure/azure-store.ts';
import type { StoreErrorKind } from '../../../src/store/index.ts';
import { FAKE_CONTAINER, FakeAzure, azureRefusal } from '../fakes/fake-azure.ts';
import type { WireAnswer } from '../fakes/fake-server.ts';
import { failure } from '../remote-faults.ts';
import { azureConfig, azureOptions } from './support.ts';

describe('answers of Azure', () => {
  let fake: FakeAzure;
  let store: AzureStore;
  const body = [Buffer.from('body')];

  before(async () => {
    fake = new FakeAzure();
    await fake.listen();
  });
  beforeEach(() => {
    fake.objects.clear();
    fake.requests.length = 0;
    store = new AzureStore(azureConfig(fake.endpoint), azureOptions());
  });
  after(() => fake.close());

  function answer(wire: WireAnswer): void {
    fake.inject({ kind: 'answer', answer: wire });
  }

  test('a create is one Put Blob, on the condition that the name is free, with checksum and tier', async () => {
    const tiered = new AzureStore(azureConfig(fake.endpoint, { accessTier: 'Cool', prefix: 'p' }), azureOptions());
    assert.equal(await tiered.create('a', [Buffer.from('123'), Buffer.from('456789')]), 'created');
    const { headers } = fake.requests[0]!;
    assert.equal(headers['if-none-match'], '*');
    assert.equal(headers['x-ms-blob-type'], 'BlockBlob');
    assert.equal(headers['x-ms-access-tier'], 'Cool');
    assert.equal(headers['content-md5'], Buffer.from('25f9e794323b453885f5181f1b624d0b', 'hex').toString('base64'));
    assert.match(headers['authorization'] ?? '', /^SharedKey fakeaccount:/);
    assert.deepEqual([...fake.objects.keys()], ['p/a']);
  });

  // "Blob Storage error codes", "Common REST API error codes" and the pages of the single operations.
  const refusals: readonly [number, string, StoreErrorKind | 'exists'][] = [
    [409, 'BlobAlreadyExists', 'exists'],
    [412, 'ConditionNotMet', 'exists'],
    [409, 'InvalidBlobType', 'exists'],
    [403, 'UnauthorizedBlobOverwrite', 'exists'],
    [409, 'BlobImmutableDueToPolicy', 'denied'],
    [409, 'BlobArchived', 'archived'],
    [409, 'BlobBeingRehydrated', 'archived'],
    [409, 'ContainerBeingDeleted', 'invalid'],
    [404, 'ContainerNotFound', 'invalid'],
    [409, 'AccountBeingCreated', 'unavailable'],
    [403, 'AuthenticationFailed', 'denied'],
    [403, 'AuthorizationPermissionMismatch', 'denied'],
    [403, 'AccountIsDisabled', 'denied'],
    [409, 'PublicAccessNotPermitted', 'denied'],
    [503, 'ServerBusy', 'throttled'],
    [500, 'OperationTimedOut', 'ambiguous'],
    [500, 'InternalError', 'ambiguous'],
    [409, 'NobodyKnowsThisCode', 'ambiguous'],
    [412, 'LeaseIdMissing', 'ambiguous'],
    [400, 'Md5Mismatch', 'corrupt'],
    [400, 'AccountRequiresHttps', 'invalid'],
    [413, 'RequestBodyTooLarge', 'invalid'],
  ];
  for (const [status, code, kind] of refusals) {
    test(`a create that is answered ${status} ${code} is ${kind}`, async () => {
      answer(azureRefusal(status, code));
      if (kind === 'exists') assert.equal(await store.create('a', body), 'exists');
      else await assert.rejects(store.create('a', body), failure(kind, new RegExp(code)));
      assert.equal(fake.requests.length, 1);
    });
  }

  test('P9: only BlobNotFound is absence; a HEAD says it in a header', async () => {
    assert.equal(await store.get('a'), undefined);
    assert.equal(await store.head('a'), undefined);
    for (const wire of [azureRefusal(404, 'ResourceNotFound'), { status: 404 }]) {
      answer(wire);
      await assert.rejects(store.get('a'), failure('unavailable'));
      answer(wire);
      await assert.rejects(store.head('a'), failure('unavailable'));
    }
  });

  test('P9: a container that is not there is no empty container; the setting is named', async () => {
    const lost = new AzureStore(azureConfig(fake.endpoint, { container: 'another' }), azureOptions());
    const wrong = failure('invalid', /ContainerNotFound.*AZURE_CONTAINER/);
    await assert.rejects(lost.get('a'), wrong);
    await assert.rejects(lost.head('a'), wrong);
    await assert.rejects(lost.list('', undefined, 1), wrong);
    await assert.rejects(lost.create('a', body), wrong);
    await assert.rejects(lost.delete(['a']), wrong);
  });

  test('a container that goes away after it has answered is waited for', async () => {
    assert.equal(await store.get('a'), undefined);
    answer(azureRefusal(409, 'ContainerBeingDeleted'));
    await assert.rejects(store.create('a', body), failure('unavailable'));
  });

  test('an archived blob is neither absent nor denied', async () => {
    await store.create('a', body);
    fake.objects.get('a')!.archived = true;
    await assert.rejects(store.get('a'), failure('archived'));
    assert.deepEqual(await store.head('a'), { sizeBytes: 4 });
    assert.equal(await store.create('a', body), 'exists');
  });

  test('hole-15: an empty page with more to come is not the end', async () => {
    fake.seed(['a']);
    fake.inject({
      kind: 'altered',
      alter: ({ body: page, ...rest }) => {
        const empty = String(page).replace(/<Blobs>.*<\/Blobs>/, '<Blobs />');
        return { ...rest, body: empty.replace('<NextMarker></NextMarker>', '<NextMarker>MA==</NextMarker>') };
      },
    });
    assert.deepEqual((await store.list('', undefined, 10)).objects, [{ key: 'a', sizeBytes: 1 }]);
  });

  test('a walk over pages costs one request a page, also where startFrom is not known', async () => {
    fake.knowsStartFrom = false;
    fake.seed(Array.from({ length: 100 }, (_, index) => String(index).padStart(3, '0')));
    const walked: string[] = [];
    for (let more = true; more;) {
      const page = await store.list('', walked.at(-1), 10);
      walked.push(...page.objects.map(({ key }) => key));
      more = page.more;
    }
    assert.equal(walked.length, 100);
    assert.equal(fake.requests.length, 10);
    fake.knowsStartFrom = true;
  });

  test('hole-23: an encryption scope is asked for with every create, and verified', async () => {
    const config = azureConfig(fake.endpoint, { encryption: { kind: 'scope', name: 'team' } });
    const scoped = new AzureStore(config, azureOptions());
    assert.equal(await scoped.create('a', body), 'created');
    assert.equal(fake.requests[0]?.headers['x-ms-encryption-scope'], 'team');
    answer({ status: 201, headers: { etag: '"0x1"' } });
    await assert.rejects(scoped.create('b', body), failure('invalid', /without encrypting/));
  });

  test('hole-23: of an object in parts, every block and the list ask for the encryption scope, and it is verified', async () => {
    const config = azureConfig(fake.endpoint, { encryption: { kind: 'scope', name: 'team' } });
    const scoped = new AzureStore(config, azureOptions());
    const upload = await scoped.uploads.begin('a', { sizeBytes: 4, partBytes: 4 });
    assert.equal(await upload.send(0, body[0]!), 'sent');
    assert.equal(await upload.complete(), 'created');
    assert.deepEqual(
      fake.requests.map(({ query, headers }) => [query.get('comp'), headers['x-ms-encryption-scope']]),
      [
        ['block', 'team'],
        ['blocklist', 'team'],
      ],
    );
    const other = await scoped.uploads.begin('b', { sizeBytes: 4, partBytes: 4 });
    await other.send(0, body[0]!);
    answer({ status: 201, headers: { etag: '"0x1"' } });
    await assert.rejects(other.complete(), failure('invalid', /without encrypting/));
  });

  // The SDK sends it over TLS only, which the fake does not speak.
  test('hole-23: a customer key goes with creates and reads, and the answer must name it', () => {
    const key = Buffer.alloc(32, 7);
    const encryption = new AzureBlobEncryption({ kind: 'customer-key', keyFile: 'key' }, `${key.toString('base64')}\n`);
    const encryptionKeySha256 = createHash('sha256').update(key).digest('base64');
    for (const sent of [encryption.create, encryption.read]) {
      assert.deepEqual(sent.customerProvidedKey, {
        encryptionAlgorithm: 'AES256',
        encryptionKey: key.toString('base64'),
        encryptionKeySha256,
      });
    }
    encryption.verify({ encryptionKeySha256 }, 'a');
    for (const answered of [{}, { encryptionKeySha256: 'another' }]) {
      assert.throws(() => encryption.verify(answered, 'a'), failure('invalid', /without encrypting/));
    }
  });

  test('a signature in a file is read again once the store refuses it', async () => {
    let token = '?sv=1&sig=old';
    const readFile = (): Promise<string> => Promise.resolve(`${token}\n`);
    fake.gate = ({ query }) => (query.get('sig') === 'new' ? undefined : azureRefusal(403, 'AuthenticationFailed'));
    const config = azureConfig(fake.endpoint, { credentials: { kind: 'sas-file', path: 'sas' } });
    const signed = new AzureStore(config, azureOptions({ readFile }));
    await assert.rejects(signed.create('a', body), failure('denied'));
    token = 'sv=1&sig=new';
    assert.equal(await signed.create('a', body), 'created');
    fake.gate = undefined;
    assert.equal(fake.requests.at(-1)?.path, `/fakeaccount/${FAKE_CONTAINER}/a`);
  });
});

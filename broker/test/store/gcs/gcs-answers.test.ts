import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { after, before, beforeEach, describe, test } from 'node:test';
import { GcsStore } from '../../../src/store/gcs/gcs-store.ts';
import { crc32cText } from '../../../src/store/object-checksum.ts';
import type { StoreErrorKind } from '../../../src/store/index.ts';
import { FakeGcs, gcsRefusal } from '../fakes/fake-gcs.ts';
import type { WireAnswer } from '../fakes/fake-server.ts';
import { failure } from '../remote-faults.ts';
import { gcsConfig, gcsOptions } from './support.ts';

describe('answers of Google Cloud Storage', () => {
  let fake: FakeGcs;
  let store: GcsStore;
  const body = [Buffer.from('body')];

  before(async () => {
    fake = new FakeGcs();
    await fake.listen();
  });
  beforeEach(() => {
    fake.objects.clear();
    fake.requests.length = 0;
    store = new GcsStore(gcsConfig(fake.endpoint), gcsOptions());
  });
  after(() => fake.close());

  function answer(wire: WireAnswer): void {
    fake.inject({ kind: 'answer', answer: wire });
  }

  test('a create is one request, on the condition of generation 0, with checksum and storage class', async () => {
    const classed = new GcsStore(gcsConfig(fake.endpoint, { storageClass: 'NEARLINE', prefix: 'p' }), gcsOptions());
    assert.equal(await classed.create('a', [Buffer.from('1234'), Buffer.from('56789')]), 'created');
    const [request] = fake.requests;
    assert.equal(request?.query.get('ifGenerationMatch'), '0');
    assert.equal(request.query.get('uploadType'), 'multipart');
    const checksum = Buffer.from('e3069283', 'hex').toString('base64');
    const metadata = `{"name":"p/a","contentType":"application/octet-stream","storageClass":"NEARLINE","crc32c":"${checksum}"}`;
    assert.ok(request.body.toString().includes(metadata), request.body.toString());
    assert.deepEqual([...fake.objects.keys()], ['p/a']);
  });

  test('a body that looks like the end of a part is stored as it is', async () => {
    await store.create('first', body);
    const boundary = /boundary=(\S+)$/.exec(fake.requests[0]?.headers['content-type'] ?? '')?.[1];
    const tricky = Buffer.from(`\r\n--${boundary}--\r\n`);
    assert.equal(await store.create('a', [tricky]), 'created');
    assert.deepEqual(await store.get('a'), tricky);
  });

  // "HTTP status and error codes for JSON" of Google's documentation.
  const refusals: readonly [number, string, StoreErrorKind][] = [
    [401, 'authError', 'denied'],
    [401, 'required', 'denied'],
    [403, 'forbidden', 'denied'],
    [403, 'insufficientPermissions', 'denied'],
    [403, 'accountDisabled', 'denied'],
    [403, 'rateLimitExceeded', 'throttled'],
    [403, 'userRateLimitExceeded', 'throttled'],
    [429, 'rateLimitExceeded', 'throttled'],
    [409, 'conflict', 'conflict'],
    [400, 'invalid', 'invalid'],
    [413, 'uploadTooLarge', 'invalid'],
    [404, 'notFound', 'invalid'],
    [408, 'requestTimeout', 'ambiguous'],
    [500, 'internalError', 'ambiguous'],
    [503, 'backendError', 'ambiguous'],
    [412, 'somethingElse', 'ambiguous'],
  ];
  for (const [status, reason, kind] of refusals) {
    test(`a create that is answered ${status} ${reason} is ${kind}`, async () => {
      answer(gcsRefusal(status, reason, 'Some words.'));
      await assert.rejects(store.create('a', body), failure(kind, new RegExp(`${reason}`)));
    });
  }

  test('409 and 412 are told apart by reason: only a failed condition is "exists"', async () => {
    answer(gcsRefusal(412, 'conditionNotMet', 'At least one of the pre-conditions you specified did not hold.'));
    assert.equal(await store.create('a', body), 'exists');
    answer({ status: 412 });
    await assert.rejects(store.create('a', body), failure('ambiguous'));
  });

  test('a body that was damaged on its way is refused by the store', async () => {
    answer(gcsRefusal(400, 'invalid', 'Provided CRC32C "a" doesn\'t match calculated CRC32C "b".'));
    await assert.rejects(store.create('a', body), failure('corrupt'));
  });

  test('P9: 404 notFound is said of objects and of buckets; only the words or a listing make it an absent object', async () => {
    answer(gcsRefusal(404, 'notFound', 'Not Found'));
    assert.equal(await store.get('a'), undefined);
    assert.equal(fake.requests.length, 2, 'a listing was asked');
    answer(gcsRefusal(404, 'notFound', 'No such object: b/a'));
    assert.equal(await store.head('a'), undefined);
    assert.equal(fake.requests.length, 3);
    await store.create('a', body);
    answer(gcsRefusal(404, 'notFound', 'Not Found'));
    await assert.rejects(store.head('a'), failure('unavailable'));
  });

  test('P9: a bucket that is not there is no empty bucket; the setting is named', async () => {
    const lost = new GcsStore(gcsConfig(fake.endpoint, { bucket: 'another-bucket' }), gcsOptions());
    const wrong = failure('invalid', /bucket does not exist.*GCS_BUCKET/);
    await assert.rejects(lost.get('a'), wrong);
    await assert.rejects(lost.head('a'), wrong);
    await assert.rejects(lost.list('', undefined, 1), wrong);
    await assert.rejects(lost.create('a', body), wrong);
    await assert.rejects(lost.delete(['a']), wrong);
  });

  test('a bucket that goes away after it has answered is waited for', async () => {
    assert.equal(await store.get('a'), undefined);
    fake.gate = () => gcsRefusal(404, 'notFound', 'The specified bucket does not exist.');
    await assert.rejects(store.get('a'), failure('unavailable'));
    await assert.rejects(store.list('', undefined, 1), failure('unavailable'));
    fake.gate = undefined;
  });

  test('416 is an empty range only if the object ends before it', async () => {
    await store.create('a', body);
    assert.deepEqual(await store.get('a', { start: 4, length: 1 }), Buffer.alloc(0));
    answer({ status: 416 });
    await assert.rejects(store.get('a', { start: 0, length: 1 }), failure('unavailable'));
  });

  test('hole-15: an empty page with more to come is not the end', async () => {
    fake.seed(['a']);
    answer({ status: 200, body: '{"kind":"storage#objects","nextPageToken":"0"}' });
    assert.deepEqual((await store.list('', undefined, 10)).objects, [{ key: 'a', sizeBytes: 1 }]);
  });

  test('hole-23: a key of Cloud KMS is asked for with every create, and verified', async () => {
    const keyName = 'projects/p/locations/l/keyRings/r/cryptoKeys/k';
    const config = gcsConfig(fake.endpoint, { encryption: { kind: 'kms', keyName } });
    const kms = new GcsStore(config, gcsOptions());
    assert.equal(await kms.create('a', body), 'created');
    assert.equal(fake.requests[0]?.query.get('kmsKeyName'), keyName);
    for (const used of [undefined, `${keyName}2`]) {
      answer({ status: 200, body: JSON.stringify({ name: 'b', kmsKeyName: used }) });
      await assert.rejects(kms.create('b', body), failure('invalid', /without encrypting/));
    }
  });

  test('hole-23: an object in parts is begun with the key of Cloud KMS, and it is verified when it is complete', async () => {
    const keyName = 'projects/p/locations/l/keyRings/r/cryptoKeys/k';
    const config = gcsConfig(fake.endpoint, { encryption: { kind: 'kms', keyName } });
    const kms = new GcsStore(config, gcsOptions());
    const shape = { sizeBytes: 4, partBytes: 256 * 1024 };
    const upload = await kms.uploads.begin('a', shape);
    assert.equal(fake.requests[0]?.query.get('kmsKeyName'), keyName);
    assert.equal(await upload.send(0, body[0]!), 'sent');
    assert.equal(await upload.complete(), 'created');
    const other = await kms.uploads.begin('b', shape);
    await other.send(0, body[0]!);
    answer({ status: 200, body: JSON.stringify({ name: 'b' }) });
    await assert.rejects(other.complete(), failure('invalid', /without encrypting/));
  });

  test('hole-23: a customer key goes with creates and reads; without it nothing is readable', async () => {
    const config = gcsConfig(fake.endpoint, { encryption: { kind: 'customer-key', keyFile: 'key' } });
    const keyed = new GcsStore(config, gcsOptions({ customerKey: Buffer.alloc(32, 7).toString('base64') }));
    assert.equal(await keyed.create('a', body), 'created');
    assert.deepEqual(await keyed.get('a'), body[0]);
    assert.deepEqual(await keyed.head('a'), { sizeBytes: 4 });
    assert.deepEqual(await keyed.checksum('a'), { algorithm: 'crc32c', text: crc32cText(body[0]!) });
    await assert.rejects(store.get('a'), failure('denied', /GCS_CUSTOMER_KEY_FILE/));
    for (const customerKey of ['', 'short']) {
      assert.throws(() => new GcsStore(config, gcsOptions({ customerKey })), { code: 'SETTING_INVALID' });
    }
  });

  test('a token endpoint that cannot be reached is an outage, not a wrong key', async () => {
    const { privateKey } = generateKeyPairSync('rsa', {
      modulusLength: 2048,
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
      publicKeyEncoding: { type: 'spki', format: 'pem' },
    });
    const account = { type: 'service_account', client_email: 'a@b.test', private_key: privateKey };
    const readFile = (): Promise<string> => Promise.resolve(JSON.stringify(account));
    const options = gcsOptions({ readFile, proxy: 'http://127.0.0.1:1' });
    const config = gcsConfig('https://store.test', { credentials: { kind: 'file', path: 'key.json' } });
    const signing = new GcsStore(config, options);
    await assert.rejects(signing.get('a'), failure('unavailable', /ECONNREFUSED/));
  });

  test('a file that holds no credentials is said by name, and looked at again', async () => {
    let text = '{"type":"authorized_user"}';
    const readFile = (): Promise<string> => Promise.resolve(text);
    const config = gcsConfig(fake.endpoint, { credentials: { kind: 'file', path: 'key.json' } });
    const keyed = new GcsStore(config, gcsOptions({ readFile }));
    await assert.rejects(keyed.get('a'), failure('denied', /GCS_CREDENTIALS_FILE: key.json/));
    text = 'not even JSON';
    await assert.rejects(keyed.get('a'), failure('denied', /GCS_CREDENTIALS_FILE: key.json/));
  });
});

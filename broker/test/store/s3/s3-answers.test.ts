import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { S3Store } from '../../../src/store/s3/s3-store.ts';
import type { StoreError, StoreErrorKind } from '../../../src/store/index.ts';
import { FakeS3, s3Refusal } from '../fakes/fake-s3.ts';
import type { WireAnswer } from '../fakes/fake-server.ts';
import { s3Config, s3Options } from './support.ts';

/** What a call must end with, as a predicate for assert.rejects. */
function failure(kind: StoreErrorKind, text?: RegExp): (error: StoreError) => true {
  return (error) => {
    assert.equal(error.kind, kind, error.message);
    if (text !== undefined) assert.match(`${error.message} ${error.remedy}`, text);
    return true;
  };
}

describe('answers of S3', () => {
  let fake: FakeS3;
  let store: S3Store;
  const body = [Buffer.from('body')];

  before(async () => {
    fake = new FakeS3();
    await fake.listen();
  });
  beforeEach(() => {
    fake.objects.clear();
    fake.requests.length = 0;
    store = new S3Store(s3Config(fake.endpoint), s3Options());
  });
  after(() => fake.close());

  function answer(wire: WireAnswer): void {
    fake.inject({ kind: 'answer', answer: wire });
  }

  test('every create is sent once, on the condition that the name is free, with its CRC-32C (rule 22)', async () => {
    answer(s3Refusal(503, 'SlowDown', 'Please reduce your request rate.'));
    await assert.rejects(store.create('a', [Buffer.from('1234'), Buffer.from('56789')]), failure('throttled'));
    assert.equal(fake.requests.length, 1);
    const { headers } = fake.requests[0]!;
    assert.equal(headers['if-none-match'], '*');
    assert.equal(headers['x-amz-checksum-crc32c'], Buffer.from('e3069283', 'hex').toString('base64'));
  });

  // "Error responses", "Conditional writes" of the S3 API reference and user guide; MinIO's own codes are in its source.
  const refusals: readonly [number, string, StoreErrorKind][] = [
    [409, 'ConditionalRequestConflict', 'conflict'],
    [409, 'OperationAborted', 'conflict'],
    [403, 'AccessDenied', 'denied'],
    [403, 'SignatureDoesNotMatch', 'denied'],
    [403, 'InvalidAccessKeyId', 'denied'],
    [400, 'ExpiredToken', 'denied'],
    [403, 'RequestTimeTooSkewed', 'denied'],
    [400, 'KMS.DisabledException', 'denied'],
    [503, 'SlowDown', 'throttled'],
    [503, 'SlowDownWrite', 'throttled'],
    [429, 'TooManyRequests', 'throttled'],
    [400, 'RequestTimeout', 'unavailable'],
    [400, 'IncompleteBody', 'unavailable'],
    [500, 'InternalError', 'ambiguous'],
    [503, 'ServiceUnavailable', 'ambiguous'],
    [504, 'NobodyKnowsThisCode', 'ambiguous'],
    [418, 'NobodyKnowsThisCode', 'ambiguous'],
    [400, 'BadDigest', 'corrupt'],
    [400, 'InvalidStorageClass', 'invalid'],
    [501, 'NotImplemented', 'invalid'],
    [507, 'XMinioStorageFull', 'full'],
    [403, 'QuotaExceeded', 'full'],
  ];
  for (const [status, code, kind] of refusals) {
    test(`a create that is answered ${status} ${code} is ${kind}`, async () => {
      answer(s3Refusal(status, code, 'Some words.'));
      await assert.rejects(store.create('a', body), failure(kind, new RegExp(`${code}: Some words`)));
    });
  }

  test('409 and 412 are told apart by code: a conflict proves nothing, a failed condition is "exists"', async () => {
    answer(s3Refusal(412, 'PreconditionFailed', 'At least one of the pre-conditions you specified did not hold'));
    assert.equal(await store.create('a', body), 'exists');
    answer({ status: 412 });
    await assert.rejects(store.create('a', body), failure('ambiguous'));
  });

  test('P9: only NoSuchKey is absence; 404 without a code, or of another thing, is not', async () => {
    assert.equal(await store.get('a'), undefined);
    assert.equal(await store.head('a'), undefined);
    for (const wire of [{ status: 404 }, { status: 404, body: '<html>not here</html>' }, { status: 200 }]) {
      if (wire.status === 404) {
        answer(wire);
        await assert.rejects(store.get('a'), failure('unavailable'));
        answer(wire);
        await assert.rejects(store.head('a'), failure('unavailable'));
      }
      answer(wire);
      await assert.rejects(store.list('', undefined, 10), failure('unavailable'));
    }
  });

  test('P9: a bucket that is not there is no empty bucket; the setting is named', async () => {
    const lost = new S3Store(s3Config(fake.endpoint, { bucket: 'another-bucket' }), s3Options());
    const wrong = failure('invalid', /NoSuchBucket.*S3_BUCKET/);
    await assert.rejects(lost.get('a'), wrong);
    await assert.rejects(lost.head('a'), wrong);
    await assert.rejects(lost.list('', undefined, 1), wrong);
    await assert.rejects(lost.create('a', body), wrong);
    await assert.rejects(lost.delete(['a']), wrong);
  });

  test('a bucket that goes away after it has answered is waited for', async () => {
    assert.equal(await store.get('a'), undefined);
    answer(s3Refusal(404, 'NoSuchBucket', 'The specified bucket does not exist'));
    await assert.rejects(store.get('a'), failure('unavailable', /NoSuchBucket/));
  });

  test('the wrong region is said with the right one, from the body or the header', async () => {
    answer(s3Refusal(400, 'AuthorizationHeaderMalformed', "the region 'x' is wrong", '<Region>eu-west-3</Region>'));
    await assert.rejects(store.get('a'), failure('invalid', /S3_REGION=eu-west-3/));
    const header = { 'x-amz-bucket-region': 'us-west-2' };
    answer(s3Refusal(301, 'PermanentRedirect', 'The bucket must be addressed elsewhere.', '', header));
    await assert.rejects(store.create('a', body), failure('invalid', /S3_REGION=us-west-2/));
    answer(s3Refusal(301, 'PermanentRedirect', 'The bucket must be addressed elsewhere.'));
    await assert.rejects(store.create('a', body), failure('invalid', /S3_REGION/));
  });

  test('an archived object is neither absent nor denied', async () => {
    await store.create('a', body);
    fake.objects.get('a')!.archived = true;
    await assert.rejects(store.get('a'), failure('archived'));
    await assert.rejects(store.head('a'), failure('archived'));
    assert.equal(await store.create('a', body), 'exists');
  });

  test('hole-30: a create whose answer is lost is ambiguous, whether the store acted or not', async () => {
    for (const kind of ['reset-before', 'reset-after'] as const) {
      fake.inject({ kind });
      await assert.rejects(store.create(kind, body), failure('ambiguous'));
    }
    assert.equal(await store.get('reset-before'), undefined);
    assert.deepEqual(await store.get('reset-after'), body[0]);
    assert.equal(fake.requests.filter(({ method }) => method === 'PUT').length, 2);
  });

  test('a read whose answer is lost is unavailable; nothing short is ever handed out', async () => {
    const large = Buffer.alloc(300_000, 'x');
    await store.create('a', [large]);
    for (const bytes of [0, 1, 299_999]) {
      fake.inject({ kind: 'truncated', bytes });
      await assert.rejects(store.get('a'), failure('unavailable'));
      fake.inject({ kind: 'truncated', bytes });
      await assert.rejects(store.get('a', { start: 0, length: 300_000 }), failure('unavailable'));
    }
    fake.inject({ kind: 'truncated', bytes: 100 });
    await assert.rejects(store.list('', undefined, 10), failure('unavailable'));
    fake.inject({ kind: 'reset-before' });
    await assert.rejects(store.head('a'), failure('unavailable'));
  });

  test('a store that nobody listens for is unavailable, also for a create: nothing was sent', async () => {
    const closed = new FakeS3();
    await closed.listen();
    const { endpoint } = closed;
    await closed.close();
    const lost = new S3Store(s3Config(endpoint), s3Options());
    await assert.rejects(lost.create('a', body), failure('unavailable', /ECONNREFUSED/));
    await assert.rejects(lost.get('a'), failure('unavailable', /ECONNREFUSED/));
  });

  test('an aborted call ends at once and frees its connection', async () => {
    const narrow = new S3Store(s3Config(fake.endpoint), s3Options({ maxConnections: 1 }));
    for (const call of ['create', 'get'] as const) {
      const controller = new AbortController();
      const { signal } = controller;
      fake.inject({ kind: 'silence' });
      const arrived = fake.nextRequest();
      const running = call === 'create' ? narrow.create('s', body, { signal }) : narrow.get('s', undefined, { signal });
      await arrived;
      controller.abort();
      await assert.rejects(running, failure(call === 'create' ? 'ambiguous' : 'unavailable'));
    }
    assert.equal(await narrow.get('s'), undefined);
    await narrow.close();
  });

  test('hole-13: bytes that do not have the checksum of the store are corrupt', async () => {
    await store.create('a', body);
    fake.inject({ kind: 'altered', alter: (wire) => ({ ...wire, body: Buffer.from('bodY') }) });
    await assert.rejects(store.get('a'), failure('corrupt'));
    assert.deepEqual(await store.get('a'), body[0]);
  });

  test('a body that is damaged on its way is refused by the store', async () => {
    answer(s3Refusal(400, 'BadDigest', 'The CRC32C you specified did not match what we received.'));
    await assert.rejects(store.create('a', body), failure('corrupt'));
  });

  test('an answer for other bytes than asked for is corrupt, one that ignores the range is cut', async () => {
    await store.create('a', [Buffer.from('0123456789')]);
    fake.inject({
      kind: 'altered',
      alter: (wire) => ({ ...wire, headers: { ...wire.headers, 'content-range': 'bytes 0-1/10' } }),
    });
    await assert.rejects(store.get('a', { start: 4, length: 2 }), failure('corrupt'));
    fake.inject({ kind: 'answer', answer: { status: 200, body: '0123456789' } });
    assert.equal((await store.get('a', { start: 4, length: 2 }))?.toString(), '45');
  });

  test('keys that could not be deleted are reported, the others are gone', async () => {
    fake.seed(['a', 'b', 'c']);
    fake.undeletable.add('b');
    await assert.rejects(store.delete(['a', 'b', 'c', 'd']), failure('denied', /1 failed, b first.*AccessDenied/));
    assert.deepEqual([...fake.objects.keys()], ['b']);
    fake.undeletable.clear();
  });

  test('hole-15: an empty page with more to come is not the end', async () => {
    fake.seed(['a']);
    answer({
      status: 200,
      body: '<ListBucketResult><IsTruncated>true</IsTruncated><NextContinuationToken>0</NextContinuationToken></ListBucketResult>',
    });
    const page = await store.list('', undefined, 10);
    assert.deepEqual(page.objects, [{ key: 'a', sizeBytes: 1 }]);
  });
});

import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { S3Store } from '../../../src/store/s3/s3-store.ts';
import type { StoreErrorKind } from '../../../src/store/index.ts';
import { FakeS3, s3Refusal } from '../fakes/fake-s3.ts';
import type { WireAnswer } from '../fakes/fake-server.ts';
import { failure } from '../remote-faults.ts';
import { s3Config, s3Options } from './support.ts';

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

  test('a body that is damaged on its way is refused by the store', async () => {
    answer(s3Refusal(400, 'BadDigest', 'The CRC32C you specified did not match what we received.'));
    await assert.rejects(store.create('a', body), failure('corrupt'));
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

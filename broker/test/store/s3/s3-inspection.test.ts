import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { refuseHarmfulLifecycle } from '../../../src/store/index.ts';
import { S3Store } from '../../../src/store/s3/s3-store.ts';
import { FakeS3, s3Refusal } from '../fakes/fake-s3.ts';
import type { WireAnswer } from '../fakes/fake-server.ts';
import { s3Config, s3Options } from './support.ts';

const fake = new FakeS3();
let store: S3Store;

before(async () => {
  await fake.listen();
  store = new S3Store(s3Config(fake.endpoint, { prefix: 'cluster' }), s3Options());
});
after(async () => {
  await store.close();
  await fake.close();
});
beforeEach(() => {
  fake.gate = undefined;
});

function answers(versioning: WireAnswer, lifecycle: WireAnswer): void {
  fake.gate = ({ query }) =>
    query.has('versioning') ? versioning : query.has('lifecycle') ? lifecycle : s3Refusal(405, 'MethodNotAllowed', '');
}

function xml(body: string, headers: Readonly<Record<string, string>> = {}): WireAnswer {
  return { status: 200, headers: { 'content-type': 'application/xml', ...headers }, body };
}

const VERSIONING_OFF = xml('<VersioningConfiguration/>');

function configuration(...parts: readonly string[]): WireAnswer {
  const all = parts.map((rule) => `<Rule><ID>id</ID><Status>Enabled</Status>${rule}</Rule>`).join('');
  return xml(`<LifecycleConfiguration>${all}</LifecycleConfiguration>`);
}

async function rules() {
  const { lifecycle: told } = await store.inspectBucket();
  assert.ok(told.isKnown);
  return told.value.map(({ prefixes, effect, text }) => [prefixes.join(), effect, text]);
}

describe('what S3 says of a bucket', () => {
  test('no lifecycle configuration is an error of S3, and means no rules', async () => {
    const none = s3Refusal(404, 'NoSuchLifecycleConfiguration', 'The lifecycle configuration does not exist');
    answers(xml('<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>'), none);
    const { versioning, lifecycle: told } = await store.inspectBucket();
    assert.deepEqual(versioning, { isKnown: true, value: 'on' });
    assert.deepEqual(told, { isKnown: true, value: [] });
  });

  test('a missing permission is an answer, and still tells the time', async () => {
    const date = 'Fri, 02 Jan 2026 03:04:05 GMT';
    const denied = s3Refusal(403, 'AccessDenied', 'Access Denied', '', { date });
    answers(denied, denied);
    assert.deepEqual(await store.inspectBucket(), {
      storeTimeMs: Date.UTC(2026, 0, 2, 3, 4, 5),
      versioning: { isKnown: false, why: 's3:GetBucketVersioning is not allowed' },
      lifecycle: { isKnown: false, why: 's3:GetLifecycleConfiguration is not allowed' },
    });
  });

  test('a store that does not have the requests says nothing', async () => {
    const missing = s3Refusal(501, 'NotImplemented', 'not implemented');
    answers(missing, missing);
    const { lifecycle: told } = await store.inspectBucket();
    assert.deepEqual(told, { isKnown: false, why: 'this store does not say it' });
    await refuseHarmfulLifecycle(store);
  });

  test('an outage is an error', async () => {
    answers(VERSIONING_OFF, s3Refusal(503, 'SlowDown', 'Please reduce your request rate'));
    await assert.rejects(store.inspectBucket(), { code: 'STORE_THROTTLED' });
  });

  test('expirations delete, archives archive, other classes are tiers', async () => {
    const filter = '<Filter><Prefix>cluster/wal/</Prefix></Filter>';
    answers(
      VERSIONING_OFF,
      configuration(
        `${filter}<Expiration><Days>7</Days></Expiration>`,
        `${filter}<Transition><Days>30</Days><StorageClass>STANDARD_IA</StorageClass></Transition>` +
          '<Transition><Days>90</Days><StorageClass>DEEP_ARCHIVE</StorageClass></Transition>',
        '<Prefix>old/</Prefix><Expiration><Days>1</Days></Expiration>',
        '<Filter><And><Prefix>and/</Prefix><ObjectSizeGreaterThan>1</ObjectSizeGreaterThan></And></Filter>' +
          '<Expiration><Days>2</Days></Expiration>',
      ),
    );
    assert.deepEqual(await rules(), [
      ['cluster/wal/', 'deletes', 'after 7 days'],
      ['cluster/wal/', 'tiers', 'after 30 days to STANDARD_IA'],
      ['cluster/wal/', 'archives', 'after 90 days to DEEP_ARCHIVE'],
      ['old/', 'deletes', 'after 1 days'],
      ['and/', 'deletes', 'after 2 days'],
    ]);
    await assert.rejects(refuseHarmfulLifecycle(store), { code: 'LIFECYCLE_EATS_LOG' });
  });

  test('disabled rules, rules by tag, and rules for old versions and unfinished uploads concern nothing of ours', async () => {
    const rest = '<Filter/><AbortIncompleteMultipartUpload><DaysAfterInitiation>1</DaysAfterInitiation>';
    answers(
      VERSIONING_OFF,
      configuration(
        '<Filter><Tag><Key>k</Key><Value>v</Value></Tag></Filter><Expiration><Days>1</Days></Expiration>',
        '<Filter/><NoncurrentVersionExpiration><NoncurrentDays>1</NoncurrentDays></NoncurrentVersionExpiration>',
        '<Filter/><Expiration><ExpiredObjectDeleteMarker>true</ExpiredObjectDeleteMarker></Expiration>',
        `${rest}</AbortIncompleteMultipartUpload>`,
      ),
    );
    assert.deepEqual(await rules(), []);
    const off = xml(
      '<LifecycleConfiguration><Rule><Status>Disabled</Status><Filter/><Expiration><Days>1</Days></Expiration></Rule></LifecycleConfiguration>',
    );
    answers(VERSIONING_OFF, off);
    assert.deepEqual(await rules(), []);
    await refuseHarmfulLifecycle(store);
  });
});

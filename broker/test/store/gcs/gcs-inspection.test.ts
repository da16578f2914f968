import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { refuseHarmfulLifecycle } from '../../../src/store/index.ts';
import { GcsStore } from '../../../src/store/gcs/gcs-store.ts';
import { FAKE_BUCKET, FakeGcs, gcsRefusal } from '../fakes/fake-gcs.ts';
import { gcsConfig, gcsOptions } from './support.ts';

const fake = new FakeGcs();
let store: GcsStore;

before(async () => {
  await fake.listen();
  store = new GcsStore(gcsConfig(fake.endpoint), gcsOptions());
});
after(async () => {
  await store.close();
  await fake.close();
});

function bucket(resource: object): void {
  fake.gate = ({ path }) =>
    path === `/storage/v1/b/${FAKE_BUCKET}`
      ? { status: 200, headers: { date: 'Fri, 02 Jan 2026 03:04:05 GMT' }, body: JSON.stringify(resource) }
      : undefined;
}

function withRule(action: object, condition: object): void {
  bucket({ kind: 'storage#bucket', lifecycle: { rule: [{ action, condition }] } });
}

describe('what Google says of a bucket', () => {
  test('versioning, rules and the time', async () => {
    bucket({
      kind: 'storage#bucket',
      versioning: { enabled: true },
      lifecycle: {
        rule: [
          { action: { type: 'Delete' }, condition: { age: 30, matchesPrefix: ['wal/', 'x/'] } },
          { action: { type: 'SetStorageClass', storageClass: 'ARCHIVE' }, condition: { age: 9 } },
        ],
      },
    });
    const { storeTimeMs, versioning, lifecycle } = await store.inspectBucket();
    assert.equal(storeTimeMs, Date.UTC(2026, 0, 2, 3, 4, 5));
    assert.deepEqual(versioning, { isKnown: true, value: 'on' });
    assert.ok(lifecycle.isKnown);
    assert.deepEqual(
      lifecycle.value.map(({ id, prefixes, effect }) => [id, prefixes, effect]),
      [
        ['rule 1', ['wal/', 'x/'], 'deletes'],
        ['rule 2', [], 'tiers'],
      ],
    );
    await assert.rejects(refuseHarmfulLifecycle(store), { code: 'LIFECYCLE_EATS_LOG' });
  });

  test('rules for old versions and unfinished uploads concern nothing of ours', async () => {
    for (const condition of [{ isLive: false }, { numNewerVersions: 1 }, { daysSinceNoncurrentTime: 3 }]) {
      withRule({ type: 'Delete' }, condition);
      await refuseHarmfulLifecycle(store);
    }
    withRule({ type: 'AbortIncompleteMultipartUpload' }, { age: 1 });
    await refuseHarmfulLifecycle(store);
    withRule({ type: 'Delete' }, { age: 1 });
    await assert.rejects(refuseHarmfulLifecycle(store), { code: 'LIFECYCLE_EATS_LOG' });
  });

  test('a missing permission is an answer, an outage is not', async () => {
    fake.gate = () => gcsRefusal(403, 'forbidden', 'no storage.buckets.get access');
    const { lifecycle } = await store.inspectBucket();
    assert.deepEqual(lifecycle, { isKnown: false, why: 'storage.buckets.get is not allowed' });
    fake.gate = () => gcsRefusal(503, 'backendError', 'Backend Error');
    await assert.rejects(store.inspectBucket(), { code: 'STORE_UNAVAILABLE' });
  });
});

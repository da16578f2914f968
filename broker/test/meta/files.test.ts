import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  CLUSTER_FILE_KEY,
  createClusterFile,
  decodeClusterFile,
  encodeClusterFile,
  readClusterFile,
} from '../../src/meta/files/cluster-file.ts';
import type { ClusterFile } from '../../src/meta/files/cluster-file.ts';
import { encodeJsonFile } from '../../src/meta/files/json-file.ts';
import {
  createTimelineFile,
  decodeTimelineFile,
  encodeTimelineFile,
  readTimelineFiles,
  timelineFileKey,
} from '../../src/meta/files/timeline-file.ts';
import type { TimelineFile } from '../../src/meta/files/timeline-file.ts';
import { LINEAGE, TIMELINE } from './support/history.ts';
import { patientMemoryStore } from './support/stores.ts';

const corrupt = { code: 'METADATA_CORRUPT' };
const cluster: ClusterFile = { lineage: LINEAGE, createdAtMs: 1_700_000_000_000, rootTimeline: TIMELINE };
const root: TimelineFile = {
  timeline: TIMELINE,
  parent: undefined,
  cut: undefined,
  reason: 'root',
  planId: undefined,
  store: { provider: 's3', endpoint: 's3.example', bucket: 'records', prefix: 'a/b' },
  createdAtMs: 1,
};
const child: TimelineFile = {
  ...root,
  timeline: '0000000002-00ff00ff',
  parent: TIMELINE,
  cut: {
    metadata: { epoch: 3, slot: 77 },
    hlc: { ms: 123, counter: 4 },
    streams: [{ timeline: TIMELINE, broker: 0, epoch: 5, through: 9, hash: Buffer.alloc(32, 7) }],
  },
  reason: 'point in time',
  planId: 'plan "7"',
};

describe('cluster.json', () => {
  test('decodes to what was encoded, and people can read it', () => {
    const bytes = encodeClusterFile(cluster);
    assert.deepEqual(decodeClusterFile(bytes), cluster);
    assert.match(bytes.toString(), new RegExp(`"lineage": "${LINEAGE}"`));
  });

  test('a changed bit at any byte is noticed', () => {
    const bytes = encodeClusterFile(cluster);
    // The last byte is a line feed, which means nothing.
    for (let at = 0; at < bytes.length - 1; at += 1) {
      const damaged = Buffer.from(bytes);
      damaged[at] = (damaged[at] ?? 0) ^ 1;
      // White space between fields is not part of what is checked.
      if (damaged[at] === 0x21 || damaged[at] === 0x0b) continue;
      assert.throws(() => decodeClusterFile(damaged), corrupt, `byte ${at}`);
    }
  });

  test('a later format is refused as such', () => {
    const later = encodeJsonFile({ formatVersion: 2, somethingElse: true });
    assert.throws(() => decodeClusterFile(later), { code: 'FORMAT_TOO_NEW' });
  });

  test('missing, wrong and surplus fields are refused', () => {
    for (const fields of [
      { lineage: LINEAGE, createdAtMs: 1 },
      { ...cluster, lineage: 'short' },
      { ...cluster, createdAtMs: -1 },
      { ...cluster, createdAtMs: 2 ** 53 },
      { ...cluster, rootTimeline: 'one' },
      { ...cluster, extra: 1 },
    ]) {
      assert.throws(() => decodeClusterFile(encodeJsonFile(fields)), corrupt);
    }
    assert.throws(() => decodeClusterFile(Buffer.from('[]')), corrupt);
    assert.throws(() => decodeClusterFile(Buffer.from('')), corrupt);
  });

  test('rule-23 of two first boots one wins and the other gets its file', async () => {
    const store = patientMemoryStore();
    assert.equal(await readClusterFile(store), undefined);
    const other = { ...cluster, lineage: 'another000000000000000' };
    const [first, second] = await Promise.all([createClusterFile(store, cluster), createClusterFile(store, other)]);
    assert.deepEqual([first.outcome, second.outcome], ['created', 'exists']);
    assert.deepEqual(second.file, cluster);
    assert.deepEqual(await readClusterFile(store), cluster);
  });

  test('damage in the bucket is an error, never absence', async () => {
    const store = patientMemoryStore();
    const damaged = encodeClusterFile(cluster).subarray(0, 50);
    await store.createResolved({ key: CLUSTER_FILE_KEY, body: [damaged], recognise: () => 'other' });
    await assert.rejects(readClusterFile(store), corrupt);
  });
});

describe('timeline files', () => {
  test('decode to what was encoded', () => {
    for (const file of [root, child]) {
      assert.deepEqual(decodeTimelineFile(encodeTimelineFile(file), timelineFileKey(file.timeline)), file);
    }
  });

  test('a file under the name of another timeline is refused', () => {
    assert.throws(() => decodeTimelineFile(encodeTimelineFile(root), timelineFileKey(child.timeline)), corrupt);
  });

  test('all of a store are read; one that is none of ours is an error', async () => {
    const store = patientMemoryStore();
    await createTimelineFile(store, child);
    await createTimelineFile(store, root);
    assert.equal((await createTimelineFile(store, { ...child, createdAtMs: 9 })).file.createdAtMs, 1);
    assert.deepEqual(await readTimelineFiles(store), [root, child]);
    await store.createResolved({ key: 'timelines/x', body: [Buffer.from('{}')], recognise: () => 'other' });
    await assert.rejects(readTimelineFiles(store), corrupt);
  });
});

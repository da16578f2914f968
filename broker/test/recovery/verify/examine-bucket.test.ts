import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { hasCode } from '../../../src/edge/index.ts';
import { MemoryStore } from '../../../src/store/index.ts';
import type { Examination } from '../../../src/recovery/index.ts';
import {
  Lives,
  ORDERS,
  copyOf,
  dataKey,
  examine,
  flipBit,
  metadataKey,
  replace,
  threeLives,
  timelineOf,
} from './bucket.ts';

let clean: MemoryStore;

before(async () => {
  clean = await threeLives();
});

/** Class and object of every problem, sorted. */
function found({ problems }: Examination): readonly string[] {
  return problems.map((problem) => `${problem.class} ${problem.what}`).toSorted();
}

async function damaged(damage: (bucket: MemoryStore) => Promise<unknown>, deep = false): Promise<readonly string[]> {
  const bucket = await copyOf(clean);
  await damage(bucket);
  return found(await examine(bucket, { deep }));
}

for (const deep of [false, true]) {
  test(`a bucket that two crashes and a clean stop left is clean${deep ? ', every byte of it' : ''}`, async () => {
    const examination = await examine(clean, { deep });
    assert.deepEqual(examination.problems, []);
    assert.deepEqual(examination.remarks, []);
    const { data, partitions } = examination.history ?? assert.fail();
    assert.deepEqual(
      data.streams.map(({ epoch, end, batches }) => [epoch, end.kind, batches]),
      [
        [1, 'sealed', 6],
        [2, 'sealed', 2],
        [3, 'open', 1],
      ],
    );
    const shown = partitions?.map(({ topic, partition, endOffset }) => `${topic.name}-${partition.index}:${endOffset}`);
    assert.deepEqual(shown?.toSorted(), ['__consumer_offsets-0:2', 'orders-0:10', 'orders-1:2']);
  });
}

test('it reads and never writes', async () => {
  const bucket = await copyOf(clean);
  const original = [...bucket.contents()].map(([key, body]) => [key, body.toString('base64')]);
  bucket.create = () => Promise.reject(new Error('written'));
  bucket.delete = () => Promise.reject(new Error('deleted'));
  await examine(bucket, { deep: true });
  assert.deepEqual(
    [...bucket.contents()].map(([key, body]) => [key, body.toString('base64')]),
    original,
  );
});

test('a slot deleted in the middle of a stream is missing, and its offsets are a gap', async () => {
  const key = dataKey(clean, 1, 3);
  assert.deepEqual(await damaged((bucket) => bucket.delete([key])), ['gap orders-0', `missing ${key}`]);
});

test('several slots in a row are one range', async () => {
  const bucket = await copyOf(clean);
  await bucket.delete([dataKey(clean, 1, 2), dataKey(clean, 1, 3)]);
  const { problems } = await examine(bucket);
  assert.deepEqual(
    problems.map(({ class: problemClass, detail }) => [problemClass, detail]),
    [
      ['missing', 'slots 2..3 were committed and are not there'],
      ['gap', 'offsets 2..5 lie in no object'],
    ],
  );
});

test('the last slots below a seal are missing, though nothing above them says so but the metadata', async () => {
  const keys = [dataKey(clean, 2, 2), dataKey(clean, 2, 3)];
  assert.deepEqual(await damaged((bucket) => bucket.delete(keys)), [
    'gap orders-1',
    `missing ${keys[0]}`,
    `missing-seal ${keys[1]}`,
  ]);
});

test('a stream whose objects are all gone is missing from its claim on', async () => {
  const keys = Array.from({ length: 8 }, (_, slot) => dataKey(clean, 1, slot));
  assert.deepEqual(await damaged((bucket) => bucket.delete(keys)), [
    'gap __consumer_offsets-0',
    'gap orders-0',
    'gap orders-1',
    `missing ${keys[0]}`,
    `missing-seal ${keys[7]}`,
  ]);
});

test('a claim that is gone is missing; what follows it is read', async () => {
  const key = dataKey(clean, 1, 0);
  assert.deepEqual(await damaged((bucket) => bucket.delete([key])), [`missing ${key}`]);
  const open = dataKey(clean, 3, 0);
  assert.deepEqual(await damaged((bucket) => bucket.delete([open])), [`missing ${open}`]);
});

test('an epoch that is over and has no seal', async () => {
  const first = dataKey(clean, 1, 7);
  assert.deepEqual(await damaged((bucket) => bucket.delete([first])), [`missing-seal ${first}`]);
  const controller = sealOf(clean, 1);
  assert.deepEqual(await damaged((bucket) => bucket.delete([controller])), [`missing-seal ${controller}`]);
});

/** The last object of a metadata epoch. */
function sealOf(bucket: MemoryStore, epoch: number): string {
  const prefix = metadataKey(bucket, epoch, 0).slice(0, -24);
  const keys = [...bucket.contents().keys()].filter((key) => key.startsWith(prefix));
  return keys.toSorted().at(-1) ?? assert.fail();
}

test('a bit that flipped in a trailer or in a footer, is found by the tails alone', async () => {
  const key = dataKey(clean, 1, 2);
  for (const at of [-1, -60, -90]) {
    assert.deepEqual(await damaged((bucket) => replace(bucket, key, flipBit(at))), ['gap orders-0', `mismatch ${key}`]);
  }
});

test('a bit that flipped in a record of a large slot is found by a deep look only, which names the offsets', async () => {
  const bucket = await copyOf(clean);
  const key = dataKey(clean, 1, 2);
  await replace(bucket, key, flipBit(70));
  assert.deepEqual(found(await examine(bucket)), []);
  const { problems } = await examine(bucket, { deep: true });
  assert.deepEqual(
    problems.map((problem) => `${problem.class} ${problem.what}`),
    [`mismatch ${key}`, `mismatch ${key}`],
  );
  assert.match(problems[1]?.detail ?? '', /offsets 2\.\.3 of orders-0 does not match its CRC/);
});

test('a bit that flipped in a record of a small slot is found at once, as the tail is all of it', async () => {
  const key = dataKey(clean, 1, 3);
  const twice = [`mismatch ${key}`, `mismatch ${key}`];
  assert.deepEqual(await damaged((bucket) => replace(bucket, key, flipBit(70))), twice);
});

test('a truncated slot is a mismatch', async () => {
  const key = dataKey(clean, 2, 1);
  for (const bytes of [0, 50, 200]) {
    const reported = await damaged((bucket) => replace(bucket, key, (whole) => whole.subarray(0, bytes)));
    assert.deepEqual(reported, ['gap orders-0', `mismatch ${key}`]);
  }
});

test('a seal that cannot be read is a mismatch and not also missing', async () => {
  for (const key of [dataKey(clean, 1, 7), sealOf(clean, 1)]) {
    assert.deepEqual(await damaged((bucket) => replace(bucket, key, flipBit(-1))), [`mismatch ${key}`]);
  }
});

test('an intact slot that does not follow the one before it breaks the chain', async () => {
  const other = await threeLives();
  const key = dataKey(clean, 1, 3);
  const foreign = await other.get(dataKey(other, 1, 3));
  assert.ok(foreign !== undefined);
  // Another cluster's slot under this name.
  assert.deepEqual(await damaged((bucket) => replace(bucket, key, () => foreign)), [
    'alien-epoch ' + key,
    'gap orders-0',
  ]);
  // Our own slot under another's name.
  const misplaced = await clean.get(dataKey(clean, 1, 4));
  assert.ok(misplaced !== undefined);
  assert.deepEqual(await damaged((bucket) => replace(bucket, key, () => misplaced)), [
    'gap orders-0',
    `mismatch ${key}`,
  ]);
});

test('rule-09: the last slot of the newest metadata epoch is missing, though only the data say that it was there', async () => {
  const lives = await Lives.begin();
  try {
    await lives.start();
    await lives.createTopic(ORDERS, 1);
    await lives.append(0, 'a');
    const bucket = await copyOf(lives.objects);
    const slots = [...bucket.contents().keys()].filter((key) => key.startsWith('metadata-wal/'));
    const last = slots.toSorted().at(-1) ?? assert.fail();
    assert.deepEqual(found(await examine(bucket)), []);
    await bucket.delete([last]);
    assert.ok(found(await examine(bucket)).includes(`missing ${last}`));
  } finally {
    await lives.end();
  }
});

test('a metadata slot that is gone is missing; the snapshot behind it gives the state back', async () => {
  const key = metadataKey(clean, 1, 2);
  assert.deepEqual(await damaged((bucket) => bucket.delete([key])), [`missing ${key}`]);
});

test('without a snapshot behind the damage the partitions are not judged, and that is said', async () => {
  const bucket = await copyOf(clean);
  const snapshots = [...bucket.contents().keys()].filter((key) => key.startsWith('metadata-snapshots/'));
  const key = metadataKey(clean, 1, 2);
  await bucket.delete([...snapshots, key]);
  const { problems, remarks } = await examine(bucket);
  assert.deepEqual(
    problems.map((problem) => `${problem.class} ${problem.what}`),
    [`missing ${key}`],
  );
  assert.match(remarks.join(), /partitions were not checked/);
});

test('a snapshot with a flipped bit, or half of one, is a mismatch', async () => {
  const key = [...clean.contents().keys()].find((name) => name.startsWith('metadata-snapshots/')) ?? assert.fail();
  assert.deepEqual(await damaged((bucket) => replace(bucket, key, flipBit(30))), [`mismatch ${key}`]);
  assert.deepEqual(await damaged((bucket) => replace(bucket, key, (bytes) => bytes.subarray(0, 100))), [
    `mismatch ${key}`,
  ]);
});

test('a snapshot of another state than its place in the log is a mismatch', async () => {
  const key = [...clean.contents().keys()].find((name) => name.startsWith('metadata-snapshots/')) ?? assert.fail();
  const body = (await clean.get(key)) ?? assert.fail();
  const elsewhere = key.replace(/-\d{10}-\d{20}-(\d+)\.snapshot$/, '-0000000001-00000000000000000001-$1.snapshot');
  assert.deepEqual(await damaged((bucket) => bucket.create(elsewhere, [body])), [`mismatch ${elsewhere}`]);
});

test('foreign objects are orphans; our own scratch and salvage are not', async () => {
  const reported = await damaged(async (bucket) => {
    await bucket.create('photos/1.jpg', [Buffer.from('x')]);
    await bucket.create(`wal/${timelineOf(bucket)}/0/1/99.wal`, [Buffer.from('x')]);
    await bucket.create('probe/0a1b/1', [Buffer.from('x')]);
    await bucket.create(`salvage/${timelineOf(bucket)}/0000000000/0000000001/0a/1.log`, [Buffer.from('x')]);
  });
  assert.deepEqual(reported, ['orphan photos/1.jpg', `orphan wal/${timelineOf(clean)}/0/1/99.wal`]);
});

test('objects of epochs that nobody claimed, and of other timelines, are alien', async () => {
  const data = dataKey(clean, 9, 4);
  const metadata = metadataKey(clean, 77, 1);
  const timeline = data.replace(timelineOf(clean), '0000000002-ffffffff');
  const reported = await damaged(async (bucket) => {
    for (const key of [data, metadata, timeline]) await bucket.create(key, [Buffer.from('x')]);
  });
  assert.deepEqual(reported, [`alien-epoch ${metadata}`, `alien-epoch ${timeline}`, `alien-epoch ${data}`].toSorted());
});

test('what lies above a seal, or in flight above a gap of an open stream, is nobody’s loss', async () => {
  const inFlight = (await clean.get(dataKey(clean, 3, 1))) ?? assert.fail();
  const reported = await damaged(async (bucket) => {
    await bucket.create(dataKey(clean, 1, 9), [inFlight]);
    await bucket.delete([dataKey(clean, 3, 1)]);
    await bucket.create(dataKey(clean, 3, 2), [inFlight]);
  });
  assert.deepEqual(reported, []);
});

test('a slot, or the seal of an overtaken controller, that comes while the bucket is read is no problem', async () => {
  for (const key of [dataKey(clean, 1, 3), sealOf(clean, 1)]) await comesLate(key);
});

async function comesLate(key: string): Promise<void> {
  const bucket = await copyOf(clean);
  const body = (await bucket.get(key)) ?? assert.fail();
  await bucket.delete([key]);
  const list = bucket.list.bind(bucket);
  bucket.list = async (...args) => {
    const page = await list(...args);
    await bucket.create(key, [body]);
    return page;
  };
  assert.deepEqual(found(await examine(bucket)), []);
}

test('cluster.json: damaged or missing is reported, and the rest is not judged', async () => {
  const bucket = await copyOf(clean);
  await replace(bucket, 'cluster.json', flipBit(40));
  const broken = await examine(bucket);
  assert.deepEqual(found(broken), ['mismatch cluster.json']);
  assert.equal(broken.history, undefined);
  await bucket.delete(['cluster.json']);
  assert.deepEqual(found(await examine(bucket)), ['missing cluster.json']);
});

test('a timeline: damaged, missing, or one too many', async () => {
  const key = `timelines/${timelineOf(clean)}.json`;
  assert.deepEqual(await damaged((bucket) => replace(bucket, key, flipBit(40))), [`mismatch ${key}`]);
  assert.deepEqual(await damaged((bucket) => bucket.delete([key])), [`missing ${key}`]);
});

test('an empty bucket is not called clean', async () => {
  await assert.rejects(examine(new MemoryStore()), (error) => hasCode(error, 'BUCKET_EMPTY'));
});

test('a copy elsewhere is verified like the original, and is called a copy', async () => {
  const copy = new MemoryStore('elsewhere');
  for (const [key, body] of clean.contents()) await copy.create(key, [body]);
  const { problems, remarks } = await examine(copy);
  assert.deepEqual(problems, []);
  assert.match(remarks.join(), /copy/);
});

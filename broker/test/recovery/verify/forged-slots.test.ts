import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { buildBatch, setBaseOffset, setPartitionLeaderEpoch } from '../../../src/kafka/index.ts';
import { readSlot } from '../../../src/log/index.ts';
import type { BatchBytes, ReadSlot, SlotContent, StreamId } from '../../../src/log/index.ts';
import type { MemoryStore } from '../../../src/store/index.ts';
import { batch, forge } from '../../log/support.ts';
import { ORDERS, contextOf, copyOf, dataKey, examine, threeLives, timelineOf } from './bucket.ts';

let clean: MemoryStore;

before(async () => {
  clean = await threeLives();
});

function stream(epoch: number): StreamId {
  return { log: 'data', timeline: timelineOf(clean), broker: 0, epoch };
}

async function slotOf(epoch: number, slot: number): Promise<ReadSlot> {
  return (await readSlot(contextOf(clean), stream(epoch), slot, 'whole')) ?? assert.fail();
}

/** A batch of one record for orders-0, complete and with a right CRC. */
function ordersBatch(bucket: MemoryStore, baseOffset: number, leaderEpoch: number): BatchBytes {
  const timestampMs = 1_767_225_600_000;
  const bytes = Buffer.from(buildBatch({ records: [{ key: null, value: Buffer.from('forged'), timestampMs }] }));
  setBaseOffset(bytes, 0, baseOffset);
  setPartitionLeaderEpoch(bytes, 0, leaderEpoch);
  return batch(contextOf(bucket), bytes, {
    topicId: ORDERS.id,
    baseOffset,
    lastOffset: baseOffset,
    leaderEpoch,
    maxTimestamp: timestampMs,
  });
}

/** What is found when a slot that holds this batch follows the last one of the open stream. */
async function appended(make: (bucket: MemoryStore, leaderEpoch: number) => BatchBytes): Promise<readonly string[]> {
  const bucket = await copyOf(clean);
  const last = await slotOf(3, 1);
  const [entry] = last.entries;
  assert.ok(entry?.kind === 'batch');
  const content: SlotContent = { kind: 'batches', batches: [make(bucket, entry.leaderEpoch)], closes: [] };
  await forge(contextOf(bucket), stream(3), { slot: 2, previousHash: last.hash, committedThrough: 1, content });
  const { problems } = await examine(bucket, { deep: true });
  return problems.map(({ class: problemClass, what, detail }) => `${problemClass} ${what}: ${detail}`);
}

test('the next offset in the next slot is in order', async () => {
  assert.deepEqual(await appended((bucket, leaderEpoch) => ordersBatch(bucket, 10, leaderEpoch)), []);
});

test('two batches that claim the same offset overlap', async () => {
  const found = await appended((bucket, leaderEpoch) => ordersBatch(bucket, 9, leaderEpoch));
  assert.deepEqual(found, ['overlap orders-0: offsets 9..9 are claimed by two batches']);
});

test('a hole between two batches is a gap', async () => {
  const found = await appended((bucket, leaderEpoch) => ordersBatch(bucket, 15, leaderEpoch));
  assert.deepEqual(found, ['gap orders-0: offsets 10..14 lie in no object']);
});

test('rule-17: a batch of a leadership that the metadata do not know is outside its interval', async () => {
  const found = await appended((bucket, leaderEpoch) => ordersBatch(bucket, 10, leaderEpoch + 1));
  assert.deepEqual(found, [
    'outside-interval orders-0: 1 batches, the first at offset 10, of a stream that did not lead it then',
  ]);
});

test('a batch that is not the one that the footer describes is a mismatch', async () => {
  const found = await appended((bucket, leaderEpoch) => ({ ...ordersBatch(bucket, 10, leaderEpoch), recordCount: 2 }));
  assert.deepEqual(found, [
    `mismatch ${dataKey(clean, 3, 2)}: the batch with offsets 10..10 of orders-0 is not the one that the footer describes`,
  ]);
});

test('an intact slot that does not follow the one before it breaks the chain', async () => {
  const bucket = await copyOf(clean);
  const content: SlotContent = { kind: 'heartbeat' };
  await forge(contextOf(bucket), stream(3), {
    slot: 2,
    previousHash: Buffer.alloc(32, 7),
    committedThrough: 1,
    content,
  });
  const { problems } = await examine(bucket);
  assert.deepEqual(
    problems.map((problem) => `${problem.class} ${problem.what}`),
    [`chain-break ${dataKey(clean, 3, 2)}`],
  );
});

test('a slot that was marked lost stays reported, with the offsets that it cost', async () => {
  const bucket = await copyOf(clean);
  await bucket.delete([dataKey(clean, 1, 3)]);
  const part = { kind: 'lost', reason: 'a test', markedBy: 0, metadataEpoch: 2 } as const;
  await forge(contextOf(bucket), stream(1), { slot: 3, part, previousHash: undefined, committedThrough: 3 });
  const { problems } = await examine(bucket);
  assert.deepEqual(
    problems.map((problem) => `${problem.class} ${problem.what}`),
    [`lost ${dataKey(clean, 1, 3)}`, 'gap orders-0'],
  );
});

test('rule-09: data of an epoch that was never registered are alien', async () => {
  const bucket = await copyOf(clean);
  const context = contextOf(bucket);
  const claim = await slotOf(3, 0);
  await forge(context, stream(4), { slot: 0, part: claim.header.part, previousHash: undefined, committedThrough: -1 });
  const first = (await readSlot(context, stream(4), 0, 'tails')) ?? assert.fail();
  const content: SlotContent = { kind: 'batches', batches: [ordersBatch(bucket, 10, 3)], closes: [] };
  await forge(context, stream(4), { slot: 1, previousHash: first.hash, committedThrough: 0, content });
  const { problems } = await examine(bucket);
  assert.deepEqual(
    problems.map((problem) => `${problem.class} ${problem.what}`),
    [`alien-epoch ${dataKey(clean, 4, 0)}`],
  );
});

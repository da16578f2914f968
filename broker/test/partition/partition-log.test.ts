import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { baseOffsetOf, buildBatch, partitionLeaderEpochOf } from '../../src/kafka/index.ts';
import { FencedError } from '../../src/log/index.ts';
import { type AckWaiter, type PartitionLog, findByTimestamp, findMaxTimestamp } from '../../src/partition/index.ts';
import { TOPIC_ID, batchOf, harness, partitionView, readAll, stream, topicView } from './harness.ts';
import type { Harness } from './harness.ts';

function opened(options: Parameters<typeof harness>[0] = {}): Harness & { readonly log: PartitionLog } {
  const made = harness(options);
  made.manager.sync(topicView());
  made.manager.open(made.sink);
  return { ...made, log: made.manager.topic('orders')?.logs[0] as PartitionLog };
}

class Answers implements AckWaiter {
  readonly heard: string[] = [];
  committed(tag: number): void {
    this.heard.push(`committed ${tag}`);
  }
  failed(tag: number, error: Error & { code?: string }): void {
    this.heard.push(`failed ${tag} ${error.code ?? ''}`);
  }
}

test('hole-29 the high watermark moves only when the bucket has the batch', async () => {
  const { log, sink } = opened();
  const answers = new Answers();
  log.append(batchOf(3));
  log.append(batchOf(2));
  log.whenCommitted(2, answers, 1);
  log.whenCommitted(4, answers, 2);
  assert.equal(log.logEndOffset, 5);
  assert.equal(log.highWatermark, 0);
  assert.deepEqual(log.read({ offset: 0, maxBytes: 1e6, minOneBatch: true }), {
    kind: 'batches',
    batches: [],
    sizeBytes: 0,
  });
  sink.commit(1);
  await Promise.resolve();
  assert.equal(log.highWatermark, 3);
  assert.deepEqual(answers.heard, ['committed 1']);
  sink.commit(1);
  await Promise.resolve();
  assert.deepEqual(answers.heard, ['committed 1', 'committed 2']);
});

test('a batch gets its base offset and leader epoch in place', () => {
  const { manager, sink } = harness();
  manager.sync(topicView(partitionView({ leaderEpoch: 6, logStartOffset: 2 ** 40 })));
  manager.open(sink);
  const bytes = batchOf(2);
  const result = manager.topic('orders')?.logs[0]?.append(bytes);
  assert.deepEqual(result, { kind: 'appended', baseOffset: 2 ** 40, lastOffset: 2 ** 40 + 1 });
  assert.equal(baseOffsetOf(bytes), 2 ** 40);
  assert.equal(partitionLeaderEpochOf(bytes), 6);
  assert.equal(sink.pending[0]?.bytes, bytes);
});

test('a fetch in the middle of a batch gets the whole batch, and at least one', () => {
  const { log, sink } = opened();
  const first = batchOf(5);
  const second = batchOf(5);
  log.append(first);
  log.append(second);
  sink.commit();
  const middle = log.read({ offset: 3, maxBytes: 1, minOneBatch: true });
  assert.deepEqual(middle, { kind: 'batches', batches: [first], sizeBytes: first.length });
  const both = log.read({ offset: 0, maxBytes: first.length * 2, minOneBatch: false });
  assert.deepEqual(both, { kind: 'batches', batches: [first, second], sizeBytes: first.length * 2 });
  const none = log.read({ offset: 0, maxBytes: first.length - 1, minOneBatch: false });
  assert.deepEqual(none, { kind: 'batches', batches: [], sizeBytes: 0 });
  assert.equal((log.read({ offset: 11, maxBytes: 1, minOneBatch: true }) as { kind: string }).kind, 'out-of-range');
});

test('a duplicate of an uncommitted batch is answered when the original commits', async () => {
  const { log, sink } = opened();
  const answers = new Answers();
  log.append(batchOf(2, { producerId: 5, producerEpoch: 0, baseSequence: 0 }));
  log.append(batchOf(2, { producerId: 5, producerEpoch: 0, baseSequence: 2 }));
  log.whenCommitted(3, answers, 9);
  const again = log.append(batchOf(2, { producerId: 5, producerEpoch: 0, baseSequence: 0 }));
  assert.deepEqual(again, { kind: 'duplicate', baseOffset: 0, lastOffset: 1, maxTimestamp: 1001 });
  log.whenCommitted(1, answers, 1);
  assert.equal(sink.pending.length, 2);
  assert.deepEqual(answers.heard, []);
  sink.commit(1);
  await Promise.resolve();
  assert.deepEqual(answers.heard, ['committed 1']);
});

test('one slot commit wakes each watcher once', async () => {
  const { log, sink } = opened();
  let woken = 0;
  log.watch({ highWatermarkMoved: () => woken++ });
  for (let i = 0; i < 10; i++) log.append(batchOf(1));
  sink.commit();
  await Promise.resolve();
  assert.equal(woken, 1);
});

test('who waits for a commit hurries the stream, acknowledgement or fetch; an append alone does not', () => {
  const { log, sink } = opened();
  log.append(batchOf(1));
  assert.equal(sink.hurries, 0);
  log.whenCommitted(0, new Answers(), 1);
  assert.equal(sink.hurries, 1);
  sink.commit();
  log.whenCommitted(0, new Answers(), 2);
  assert.equal(sink.hurries, 1);
  log.watch({ highWatermarkMoved: () => undefined });
  assert.equal(sink.hurries, 1);
  log.append(batchOf(1));
  assert.equal(sink.hurries, 2);
  log.watch({ highWatermarkMoved: () => undefined });
  assert.equal(sink.hurries, 3, 'what was appended before it began to wait');
});

test('a fenced stream answers what is committed and fails the rest', async () => {
  const { log, sink, counted } = opened();
  const answers = new Answers();
  log.append(batchOf(1));
  log.append(batchOf(1));
  log.whenCommitted(0, answers, 0);
  log.whenCommitted(1, answers, 1);
  sink.commit(1);
  const [lost] = sink.pending.splice(0);
  assert.ok(lost !== undefined);
  lost.owner.failed(lost, new FencedError(stream, 2, 'seal'));
  await Promise.resolve();
  assert.deepEqual(answers.heard, ['committed 0', 'failed 1 PARTITION_NOT_LEADER']);
  assert.equal(log.append(batchOf(1)).kind, 'closed');
  assert.equal(counted.uncommittedBytes, 0);
});

test('what lies before a batch that is lost may still commit, and is answered then', async () => {
  const { log, sink } = opened();
  const answers = new Answers();
  for (const offset of [0, 1, 2]) {
    log.append(batchOf(1));
    log.whenCommitted(offset, answers, offset);
  }
  // The highest slot fails first, whatever is under way below it.
  for (const lost of [sink.pending.pop(), sink.pending.pop()]) {
    assert.ok(lost !== undefined);
    lost.owner.failed(lost, new FencedError(stream, 2, 'seal'));
  }
  assert.deepEqual(answers.heard, ['failed 2 PARTITION_NOT_LEADER', 'failed 1 PARTITION_NOT_LEADER']);
  log.whenCommitted(1, answers, 10);
  log.whenCommitted(0, answers, 11);
  assert.equal(log.append(batchOf(1)).kind, 'closed');
  sink.commit(1);
  await Promise.resolve();
  assert.deepEqual(answers.heard.slice(2), ['failed 10 PARTITION_NOT_LEADER', 'committed 0', 'committed 11']);
  assert.equal(log.highWatermark, 1);
});

test('a deleted topic fails those who wait on it', () => {
  const { log, manager } = opened();
  const answers = new Answers();
  log.append(batchOf(1));
  log.whenCommitted(0, answers, 0);
  manager.drop(TOPIC_ID);
  assert.deepEqual(answers.heard, ['failed 0 PARTITION_DELETED']);
  assert.equal(manager.topic('orders'), undefined);
});

test('appends, commits, evictions and reads agree with a model', async () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant('append' as const), count: fc.integer({ min: 1, max: 4 }) }),
    fc.record({ kind: fc.constant('commit' as const), count: fc.integer({ min: 1, max: 3 }) }),
    fc.record({ kind: fc.constant('start' as const), by: fc.integer({ min: 1, max: 5 }) }),
    fc.record({ kind: fc.constant('read' as const), at: fc.integer({ min: 0, max: 60 }), max: fc.nat(600) }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), fc.constantFrom(0, 200, 1 << 20), async (steps, tailBytes) => {
      const { log, sink, context, counted, manager } = opened({ tailBytes });
      const model: { base: number; last: number; bytes: Buffer }[] = [];
      let end = 0;
      let committed = 0;
      let start = 0;
      for (const s of steps) {
        if (s.kind === 'append') {
          const bytes = batchOf(s.count);
          log.append(bytes);
          model.push({ base: end, last: end + s.count - 1, bytes });
          end += s.count;
        } else if (s.kind === 'commit') {
          committed = Math.min(model.length, committed + s.count);
          sink.commit(s.count);
        } else if (s.kind === 'start') {
          const highWatermark = committed === 0 ? 0 : (model[committed - 1]?.last ?? 0) + 1;
          start = Math.min(highWatermark, start + s.by);
          manager.sync(topicView(partitionView({ logStartOffset: start })));
        } else {
          const outcome = await readAll(log, s.at, s.max);
          if (s.at < start || s.at > end) {
            assert.equal(outcome.kind, 'out-of-range');
            continue;
          }
          assert.ok(outcome.kind === 'batches');
          const readable = model.slice(0, committed).filter(({ last }) => last >= s.at);
          if (readable.length > 0) assert.ok(outcome.batches.length > 0);
          let sizeBytes = 0;
          for (const [i, batch] of outcome.batches.entries()) {
            assert.deepEqual(batch, readable[i]?.bytes);
            sizeBytes += batch.length;
          }
          assert.ok(outcome.batches.length <= 1 || sizeBytes <= s.max);
          assert.equal(outcome.sizeBytes, sizeBytes);
        }
      }
      assert.equal(log.logEndOffset, end);
      assert.equal(log.highWatermark, committed === 0 ? 0 : (model[committed - 1]?.last ?? 0) + 1);
      const uncommittedBytes = model.slice(committed).reduce((sum, { bytes }) => sum + bytes.length, 0);
      assert.equal(counted.uncommittedBytes, uncommittedBytes);
      assert.ok(context.tail.usedBytes <= Math.max(tailBytes, uncommittedBytes));
    }),
    { numRuns: 200 },
  );
});

test('a record is found by its time, in a batch that is only in the bucket', async () => {
  const { log, sink } = opened({ tailBytes: 0 });
  log.append(batchOf(3, { timestampMs: 100 }));
  log.append(batchOf(3, { timestampMs: 200 }));
  log.append(batchOf(1, { timestampMs: 150 }));
  assert.equal(await findByTimestamp(log, 100), undefined);
  sink.commit();
  assert.deepEqual(await findByTimestamp(log, 102), { offset: 2, timestampMs: 102, leaderEpoch: 0 });
  assert.deepEqual(await findByTimestamp(log, 103), { offset: 3, timestampMs: 200, leaderEpoch: 0 });
  assert.equal(await findByTimestamp(log, 203), undefined);
  assert.deepEqual(await findMaxTimestamp(log), { offset: 5, timestampMs: 202, leaderEpoch: 0 });
  assert.ok(sink.coldReads > 0);
});

/** A batch with a record at each of these times. */
function batchAt(...timesMs: readonly number[]): Buffer {
  return buildBatch({ records: timesMs.map((timestampMs) => ({ key: null, value: Buffer.from('v'), timestampMs })) });
}

test('a record is found by its time behind a batch whose record of that time was deleted', async () => {
  const { log, sink, manager } = opened();
  log.append(batchAt(900, 100, 200));
  log.append(batchAt(300));
  log.append(batchAt(500, 400));
  sink.commit();
  manager.sync(topicView(partitionView({ logStartOffset: 1 })));
  assert.deepEqual(await findByTimestamp(log, 150), { offset: 2, timestampMs: 200, leaderEpoch: 0 });
  assert.deepEqual(await findByTimestamp(log, 250), { offset: 3, timestampMs: 300, leaderEpoch: 0 });
  assert.deepEqual(await findByTimestamp(log, 450), { offset: 4, timestampMs: 500, leaderEpoch: 0 });
  assert.equal(await findByTimestamp(log, 600), undefined);
});

test('the newest record is found although a newer one was deleted', async () => {
  const { log, sink, manager } = opened();
  log.append(batchAt(900, 350, 200));
  log.append(batchAt(300));
  sink.commit();
  manager.sync(topicView(partitionView({ logStartOffset: 1 })));
  assert.deepEqual(await findMaxTimestamp(log), { offset: 1, timestampMs: 350, leaderEpoch: 0 });
  log.append(batchAt(300, 400));
  sink.commit();
  assert.deepEqual(await findMaxTimestamp(log), { offset: 5, timestampMs: 400, leaderEpoch: 0 });
  manager.sync(topicView(partitionView({ logStartOffset: 2 })));
  assert.deepEqual(await findMaxTimestamp(log), { offset: 5, timestampMs: 400, leaderEpoch: 0 });
});

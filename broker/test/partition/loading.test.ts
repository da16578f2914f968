import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FooterBatch, StreamId } from '../../src/log/index.ts';
import { TOPIC_ID, batchOf, harness, partitionView, readAll, stream, topicView } from './harness.ts';

function footer(baseOffset: number, count: number, more: Partial<FooterBatch> = {}): FooterBatch {
  return {
    kind: 'batch',
    topicId: TOPIC_ID,
    partition: 0,
    baseOffset,
    lastOffset: baseOffset + count - 1,
    leaderEpoch: 0,
    producerId: -1,
    producerEpoch: -1,
    baseSequence: -1,
    recordCount: count,
    attributes: 0,
    baseTimestamp: 0,
    maxTimestamp: 0,
    hlc: { ms: 1_000_000, counter: 0 },
    position: 10,
    length: 100,
    ...more,
  };
}

const at = (slot: number, of: StreamId = stream) => ({ stream: of, slot, position: 10, length: 100 });

test('loaded batches are committed, and appending goes on behind them', () => {
  const { manager, sink } = harness();
  manager.sync(topicView());
  assert.equal(manager.loadBatch(footer(5, 5), at(2)), 'kept');
  assert.equal(manager.loadBatch(footer(0, 5), at(1)), 'kept');
  assert.equal(manager.finishLoading().anomalies.size, 0);
  manager.open(sink);
  const log = manager.topic('orders')?.logs[0];
  assert.equal(log?.highWatermark, 10);
  assert.deepEqual(log?.append(batchOf(1)), { kind: 'appended', baseOffset: 10, lastOffset: 10 });
});

test('rule-17 batches outside the interval of their stream are ignored', () => {
  const { manager } = harness();
  const second: StreamId = { ...stream, epoch: 2 };
  const view = partitionView({
    leaderEpoch: 1,
    history: [
      { leaderEpoch: 0, stream: { timeline: stream.timeline, broker: 0, epoch: 1 }, startOffset: 0, endOffset: 4 },
      {
        leaderEpoch: 1,
        stream: { timeline: stream.timeline, broker: 0, epoch: 2 },
        startOffset: 4,
        endOffset: undefined,
      },
    ],
  });
  manager.sync(topicView(view));
  assert.equal(manager.loadBatch(footer(0, 4), at(1)), 'kept');
  assert.equal(manager.loadBatch(footer(4, 2), at(2)), 'ignored');
  assert.equal(manager.loadBatch(footer(4, 3, { leaderEpoch: 1 }), at(1, second)), 'kept');
  assert.equal(manager.loadBatch(footer(7, 3, { leaderEpoch: 0 }), at(2, second)), 'ignored');
  assert.equal(manager.loadBatch(footer(0, 1, { topicId: 'AAAAAAAAAAAAAAAAAAAAAA' }), at(3)), 'ignored');
  const report = manager.finishLoading();
  assert.equal(report.unknownTopicBatches, 1);
  assert.deepEqual(report.anomalies.get('orders-0'), { lost: [], ignoredBatches: 2 });
  assert.equal(manager.topic('orders')?.logs[0]?.logEndOffset, 7);
});

test('hole-13 a lost slot is an error for its offsets, not a silent gap', async () => {
  const { manager, sink } = harness();
  sink.bucket.push(batchOf(1), batchOf(1), batchOf(1));
  manager.sync(topicView());
  manager.loadBatch(footer(0, 5), at(0));
  manager.loadBatch(footer(10, 5), at(2));
  assert.deepEqual(manager.finishLoading().anomalies.get('orders-0')?.lost, [{ from: 5, to: 10 }]);
  manager.open(sink);
  const log = manager.topic('orders')?.logs[0];
  assert.ok(log !== undefined);
  const before = await readAll(log, 0, 1e6);
  assert.ok(before.kind === 'batches');
  assert.equal(before.batches.length, 1, 'an answer must not reach across the loss');
  assert.deepEqual(await readAll(log, 7, 1e6), {
    kind: 'lost',
    range: { from: 5, to: 10 },
  });
  const behind = await readAll(log, 10, 1e6);
  assert.ok(behind.kind === 'batches' && behind.batches.length === 1);
});

test('offsets that leadership promises and no object holds are lost, and never used again', () => {
  const { manager, sink } = harness();
  const history = [
    {
      leaderEpoch: 0,
      stream: { timeline: stream.timeline, broker: 0, epoch: 1 },
      startOffset: 8,
      endOffset: undefined,
    },
  ];
  manager.sync(topicView(partitionView({ logStartOffset: 3, history })));
  assert.deepEqual(manager.finishLoading().anomalies.get('orders-0')?.lost, [{ from: 3, to: 8 }]);
  manager.open(sink);
  assert.deepEqual(manager.topic('orders')?.logs[0]?.append(batchOf(1)), {
    kind: 'appended',
    baseOffset: 8,
    lastOffset: 8,
  });
});

test('two batches that claim one offset stop the boot', () => {
  const { manager } = harness();
  manager.sync(topicView());
  manager.loadBatch(footer(0, 5), at(1));
  manager.loadBatch(footer(4, 2), at(2));
  assert.throws(() => manager.finishLoading(), { code: 'PARTITION_OVERLAP' });
});

test('producer state comes back with the footers', () => {
  const { manager, sink } = harness();
  manager.sync(topicView());
  manager.loadBatch(footer(0, 2, { producerId: 5, producerEpoch: 1, baseSequence: 10 }), at(1));
  manager.open(sink);
  const log = manager.topic('orders')?.logs[0];
  assert.equal(log?.append(batchOf(2, { producerId: 5, producerEpoch: 1, baseSequence: 10 })).kind, 'duplicate');
  assert.equal(log?.append(batchOf(1, { producerId: 5, producerEpoch: 0, baseSequence: 12 })).kind, 'stale-epoch');
  assert.equal(log?.append(batchOf(1, { producerId: 5, producerEpoch: 1, baseSequence: 12 })).kind, 'appended');
});

test('a batch that survived on the local disk keeps its offsets, or is refused', () => {
  const { manager, sink } = harness();
  manager.sync(topicView());
  manager.open(sink);
  const log = manager.topic('orders')?.logs[0];
  const surviving = batchOf(2);
  assert.deepEqual(log?.appendAgain(surviving), { kind: 'appended', baseOffset: 0, lastOffset: 1 });
  assert.throws(() => log?.appendAgain(batchOf(1)), { code: 'INVARIANT' });
});

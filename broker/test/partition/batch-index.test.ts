import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { BatchIndex } from '../../src/partition/batch-index.ts';

interface ModelBatch {
  baseOffset: number;
  lastOffset: number;
  maxTimestamp: number;
  slot: number;
}

const steps = fc.array(
  fc.oneof(
    fc.record({
      kind: fc.constant('add' as const),
      count: fc.integer({ min: 1, max: 5 }),
      ts: fc.integer({ min: 0, max: 30 }),
    }),
    fc.record({ kind: fc.constant('commit' as const) }),
    fc.record({ kind: fc.constant('drop' as const), upTo: fc.integer({ min: 0, max: 60 }) }),
  ),
  { maxLength: 120 },
);

test('every search in the index answers as a plain list would', () => {
  fc.assert(
    fc.property(steps, fc.nat(200), fc.nat(31), (history, offset, timestamp) => {
      const index = new BatchIndex();
      const model: ModelBatch[] = [];
      let next = 0;
      let committed = 0;
      let dropped = 0;
      for (const step of history) {
        if (step.kind === 'add') {
          const batch = { baseOffset: next, lastOffset: next + step.count - 1, maxTimestamp: step.ts };
          index.add({ ...batch, leaderEpoch: 3, sizeBytes: 100 });
          model.push({ ...batch, slot: -1 });
          next += step.count;
        } else if (step.kind === 'commit' && committed < model.length) {
          const batch = model[committed] as ModelBatch;
          batch.slot = committed + 7;
          index.commitNext(batch.baseOffset, { streamRef: 0, slot: batch.slot, position: 40 });
          committed++;
        } else if (step.kind === 'drop') {
          index.dropBelow(step.upTo);
          dropped = Math.max(dropped, Math.min(step.upTo, committed));
        }
      }
      const kept = model.slice(dropped);
      assert.equal(index.first, dropped);
      assert.equal(index.end, model.length);
      assert.equal(index.committedEnd, committed);
      assert.equal(index.sizeBytes, kept.length * 100);
      for (const [i, batch] of kept.entries()) {
        assert.equal(index.baseOffset(dropped + i), batch.baseOffset);
        assert.equal(index.lastOffset(dropped + i), batch.lastOffset);
        assert.equal(index.slot(dropped + i), batch.slot);
      }
      const at = kept.findIndex((batch) => batch.lastOffset >= offset);
      assert.equal(index.find(offset), at < 0 ? index.end : dropped + at);
      const visible = model.slice(dropped, committed);
      const byTime = visible.findIndex((batch) => batch.maxTimestamp >= timestamp);
      assert.equal(index.findTimestamp(timestamp, committed), byTime < 0 ? committed : dropped + byTime);
      const latest = Math.max(...visible.map((batch) => batch.maxTimestamp));
      const byMax = visible.findIndex((batch) => batch.maxTimestamp === latest);
      assert.equal(index.findMaxTimestamp(committed), byMax < 0 ? committed : dropped + byMax);
    }),
    { numRuns: 500 },
  );
});

test('batches loaded in any order end up in offset order', () => {
  fc.assert(
    fc.property(fc.shuffledSubarray(Array.from({ length: 40 }, (_, i) => i)), (order) => {
      const index = new BatchIndex();
      for (const i of order) {
        const batch = {
          baseOffset: i * 10,
          lastOffset: i * 10 + 9,
          leaderEpoch: i,
          maxTimestamp: 100 - i,
          sizeBytes: i,
        };
        index.load(batch, { streamRef: i, slot: i + 1, position: i * 2 });
      }
      index.finishLoading();
      const sorted = order.toSorted((a, b) => a - b);
      for (const [at, i] of sorted.entries()) {
        assert.equal(index.baseOffset(at), i * 10);
        assert.equal(index.leaderEpoch(at), i);
        assert.equal(index.streamRef(at), i);
        assert.equal(index.slot(at), i + 1);
        assert.equal(index.position(at), i * 2);
        assert.equal(index.sizeOf(at), i);
      }
      index.add({ baseOffset: 1000, lastOffset: 1000, leaderEpoch: 0, maxTimestamp: 0, sizeBytes: 1 });
      assert.equal(index.find(1000), order.length);
    }),
  );
});

test('a batch that was never appended cannot be committed', () => {
  const index = new BatchIndex();
  const location = { streamRef: 0, slot: 1, position: 0 };
  assert.throws(() => index.commitNext(0, location), { code: 'INVARIANT' });
  index.add({ baseOffset: 0, lastOffset: 4, leaderEpoch: 0, maxTimestamp: 0, sizeBytes: 1 });
  index.add({ baseOffset: 5, lastOffset: 5, leaderEpoch: 0, maxTimestamp: 0, sizeBytes: 1 });
  assert.throws(() => index.commitNext(5, location), { code: 'INVARIANT' });
});

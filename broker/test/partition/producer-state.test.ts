import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ProducerState } from '../../src/partition/producer-state.ts';

function append(state: ProducerState, baseSequence: number, recordCount: number, baseOffset: number, epoch = 0): void {
  const lastOffset = baseOffset + recordCount - 1;
  const batch = {
    producerId: 7,
    producerEpoch: epoch,
    baseSequence,
    recordCount,
    baseOffset,
    lastOffset,
    maxTimestamp: 9,
  };
  state.record(batch, 100);
}

test('a producer that is not known may start at any sequence', () => {
  const state = new ProducerState(1000);
  assert.deepEqual(state.check(7, 3, 42, 1), { kind: 'next' });
});

test('the five newest batches are recognised when they come again, older ones are out of order', () => {
  const state = new ProducerState(1000);
  for (let i = 0; i < 6; i++) append(state, i * 2, 2, i * 2);
  assert.deepEqual(state.check(7, 0, 2, 2), { kind: 'duplicate', baseOffset: 2, lastOffset: 3, maxTimestamp: 9 });
  assert.deepEqual(state.check(7, 0, 10, 2), { kind: 'duplicate', baseOffset: 10, lastOffset: 11, maxTimestamp: 9 });
  assert.deepEqual(state.check(7, 0, 0, 2), { kind: 'out-of-order', expectedSequence: 12 });
  assert.deepEqual(state.check(7, 0, 10, 1), { kind: 'out-of-order', expectedSequence: 12 });
});

test('a gap in the sequence is out of order', () => {
  const state = new ProducerState(1000);
  append(state, 0, 1, 0);
  assert.deepEqual(state.check(7, 0, 2, 1), { kind: 'out-of-order', expectedSequence: 1 });
  assert.deepEqual(state.check(7, 0, 1, 1), { kind: 'next' });
});

test('after sequence 2^31-1 comes 0, also inside a batch', () => {
  const state = new ProducerState(1000);
  append(state, 0x7fff_fffe, 2, 0);
  assert.deepEqual(state.check(7, 0, 0, 1), { kind: 'next' });
  append(state, 0, 1, 2);
  const wrapping = new ProducerState(1000);
  append(wrapping, 0x7fff_ffff, 3, 0);
  assert.deepEqual(wrapping.check(7, 0, 2, 1), { kind: 'next' });
  assert.equal(wrapping.check(7, 0, 0x7fff_ffff, 3).kind, 'duplicate');
});

test('a new epoch starts at sequence 0 and fences the old one', () => {
  const state = new ProducerState(1000);
  append(state, 0, 1, 0);
  assert.deepEqual(state.check(7, 1, 5, 1), { kind: 'out-of-order', expectedSequence: 0 });
  assert.deepEqual(state.check(7, 1, 0, 1), { kind: 'next' });
  append(state, 0, 1, 1, 1);
  assert.deepEqual(state.check(7, 0, 1, 1), { kind: 'stale-epoch', currentEpoch: 1 });
});

test('a silent producer is forgotten after the expiration', () => {
  const state = new ProducerState(1000);
  append(state, 0, 1, 0);
  state.expire(1099);
  assert.equal(state.size, 1);
  state.expire(1100);
  assert.equal(state.size, 0);
  assert.deepEqual(state.check(7, 0, 1, 1), { kind: 'next' });
});

test('batches that boot finds out of order give the same state as in order', () => {
  const state = new ProducerState(1000);
  for (const i of [3, 0, 5, 1, 4, 2]) append(state, i, 1, i);
  assert.deepEqual(state.check(7, 0, 6, 1), { kind: 'next' });
  assert.equal(state.check(7, 0, 1, 1).kind, 'duplicate');
  assert.equal(state.check(7, 0, 0, 1).kind, 'out-of-order');
});

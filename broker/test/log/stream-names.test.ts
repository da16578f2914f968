import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  listEpochs,
  newestEpoch,
  parseSlotKey,
  parseTimeline,
  slotKey,
  timelineName,
  brokersWithStreams,
} from '../../src/log/index.ts';
import type { StreamId } from '../../src/log/index.ts';
import { compareKeys } from '../../src/store/index.ts';
import { TIMELINE, dataStream, world } from './support.ts';

test('names are those of the key space, padded', () => {
  assert.equal(slotKey(dataStream(7, 2), 41), 'wal/0000000001-0a1b2c3d/0000000002/0000000007/00000000000000000041.wal');
  assert.equal(
    slotKey({ log: 'metadata', timeline: TIMELINE, broker: 9, epoch: 3 }, 5),
    'metadata-wal/__meta/0/0000000001-0a1b2c3d-0000000003-00000000000000000005.wal',
  );
  assert.equal(timelineName(1, '0a1b2c3d'), TIMELINE);
  assert.deepEqual(parseTimeline(TIMELINE), { number: 1, random: '0a1b2c3d' });
  assert.equal(parseTimeline('1-xyz'), undefined);
});

test('hole-24 names sort as their numbers do, across powers of ten, and are read back as numbers', () => {
  const number = fc.oneof(fc.nat(1100), fc.constantFrom(9, 10, 99, 100, 999_999_999, 1_000_000_000, 4_294_967_295));
  const slot = fc.oneof(fc.nat(1100), fc.constantFrom(9, 10, 9_999_999_999, 10_000_000_000, 2 ** 53 - 1));
  const name = fc.record({ log: fc.constantFrom('metadata' as const, 'data' as const), epoch: number, slot });
  fc.assert(
    fc.property(name, name, fc.nat(20), (a, b, broker) => {
      const stream = ({ log, epoch }: { log: 'metadata' | 'data'; epoch: number }): StreamId => ({
        log,
        timeline: TIMELINE,
        broker: log === 'metadata' ? 0 : broker,
        epoch,
      });
      const keyA = slotKey(stream(a), a.slot);
      assert.deepEqual(parseSlotKey(keyA), { stream: stream(a), slot: a.slot });
      if (a.log !== b.log) return;
      const byNumber = a.epoch - b.epoch || a.slot - b.slot;
      assert.equal(Math.sign(compareKeys(keyA, slotKey(stream(b), b.slot))), Math.sign(byNumber));
    }),
  );
});

test('a name that is not a slot is not read as one', () => {
  for (const key of ['wal/notes.txt', `wal/${TIMELINE}/1/2.wal`, `metadata-wal/__meta/0/${TIMELINE}-1.wal`, '']) {
    assert.equal(parseSlotKey(key), undefined);
  }
});

test('hole-24 the newest epoch is found across a power of ten, skipping from epoch to epoch', async () => {
  const { memory, process } = world();
  const context = process(1);
  for (const epoch of [1, 2, 9, 10, 99, 100]) {
    for (let slot = 0; slot < 20; slot += 1) await memory.create(slotKey(dataStream(epoch), slot), [Buffer.of(1)]);
    await memory.create(slotKey({ log: 'metadata', timeline: TIMELINE, broker: 0, epoch }, 0), [Buffer.of(1)]);
  }
  await memory.create(slotKey(dataStream(500, 2), 0), [Buffer.of(1)]);
  await memory.create(`wal/${TIMELINE}/0000000001/somebody's own file`, [Buffer.of(1)]);
  const data = { log: 'data', timeline: TIMELINE, broker: 1 } as const;
  assert.equal(await newestEpoch(context, data, 0), 100);
  assert.equal(await newestEpoch(context, data, 9), 100);
  assert.equal(await newestEpoch(context, data, 100), 100);
  assert.equal(await newestEpoch(context, { ...data, log: 'metadata' }, 1), 100);
  assert.equal(await newestEpoch(context, { ...data, broker: 3 }, 0), 0);
  assert.deepEqual(await listEpochs(context, data), [1, 2, 9, 10, 99, 100]);
  assert.deepEqual(await brokersWithStreams(context, TIMELINE), [1, 2]);
});

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { createHash } from 'node:crypto';
import { decodeSnapshot, encodeSnapshot } from '../../src/meta/snapshot/snapshot-file.ts';
import { comparePositions, parseSnapshotKey, snapshotKey } from '../../src/meta/snapshot/snapshot-name.ts';
import { encodeState } from '../../src/meta/snapshot/state-codec.ts';
import { TIMELINE, historyOf, imageOf, steps } from './support/history.ts';

const context = {
  slotHash: Buffer.alloc(32, 5),
  hlc: { ms: 1234, counter: 7 },
  previousSnapshotHash: Buffer.alloc(32, 6),
};

describe('snapshot files', () => {
  test('decode to the state that was encoded, and the log goes on from there to the same state', () => {
    fc.assert(
      fc.property(steps(60), fc.nat(60), (walk, cut) => {
        const events = historyOf(walk);
        const early = imageOf(events.slice(0, cut));
        const { bytes, hash } = encodeSnapshot(early, context);
        const decoded = decodeSnapshot(bytes, 'key');
        assert.deepEqual(decoded.hash, hash);
        assert.deepEqual(decoded.slotHash, context.slotHash);
        assert.deepEqual(decoded.previousSnapshotHash, context.previousSnapshotHash);
        assert.deepEqual(decoded.hlc, context.hlc);
        assert.deepEqual(decoded.image.position, early.position);
        assert.deepEqual(
          [...decoded.image.brokers()],
          [...early.brokers()].toSorted((a, b) => a.id - b.id),
        );
        const tail = imageOf(events.slice(cut), decoded.image, 2);
        const whole = imageOf(events, undefined, 2);
        assert.deepEqual(encodeState(tail), encodeState(whole));
        assert.equal(tail.partitionCount, whole.partitionCount);
        assert.equal(tail.eventCount, whole.eventCount);
      }),
      { numRuns: 150 },
    );
  });

  test('a changed bit at any byte, and a cut at any length, is noticed', () => {
    const walk = Array.from({ length: 30 }, (_, index) => ({
      choice: (index * 37) % 100,
      a: index * 7919,
      b: index * 104729,
    }));
    const { bytes } = encodeSnapshot(imageOf(historyOf(walk)), context);
    for (let at = 0; at < bytes.length; at += 1) {
      const damaged = Buffer.from(bytes);
      damaged[at] = (damaged[at] ?? 0) ^ (1 << (at % 8));
      assert.throws(() => decodeSnapshot(damaged, 'key'), { code: 'METADATA_CORRUPT' }, `byte ${at}`);
      assert.throws(() => decodeSnapshot(bytes.subarray(0, at), 'key'), { code: 'METADATA_CORRUPT' }, `length ${at}`);
    }
  });

  test('an undamaged snapshot of a later format is not taken for damage', () => {
    const { bytes } = encodeSnapshot(imageOf([]), context);
    const content = Buffer.from(bytes.subarray(0, -32));
    content.writeUInt32BE(2, 8);
    const later = Buffer.concat([content, createHash('sha256').update(content).digest()]);
    assert.throws(() => decodeSnapshot(later, 'key'), { code: 'METADATA_FORMAT_TOO_NEW' });
  });
});

describe('snapshot names', () => {
  test('hole-24 numbers are padded in names and compared as numbers across a power of ten', () => {
    const nine = snapshotKey(TIMELINE, { epoch: 9, slot: 9 }, 1);
    const ten = snapshotKey(TIMELINE, { epoch: 10, slot: 1 }, 1);
    assert.ok(nine < ten);
    const unpadded = parseSnapshotKey(`metadata-snapshots/${TIMELINE}-9-10-5.snapshot`);
    assert.deepEqual(unpadded?.position, { epoch: 9, slot: 10 });
    assert.ok(comparePositions({ epoch: 9, slot: 10 }, { epoch: 10, slot: 9 }) < 0);
    assert.ok(comparePositions({ epoch: 9, slot: 10 }, { epoch: 9, slot: 9 }) > 0);
  });

  test('parse back to what they were made of; anything else is not a snapshot', () => {
    const key = snapshotKey(TIMELINE, { epoch: 3, slot: 44 }, 1_700_000_000);
    assert.deepEqual(parseSnapshotKey(key), {
      key,
      timeline: TIMELINE,
      position: { epoch: 3, slot: 44 },
      unixSeconds: 1_700_000_000,
    });
    assert.equal(parseSnapshotKey('metadata-snapshots/latest.snapshot'), undefined);
    assert.equal(parseSnapshotKey(`${key}.tmp`), undefined);
  });
});

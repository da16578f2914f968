import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crc32c } from '@node-rs/crc32';
import fc from 'fast-check';
import {
  buildBatch,
  combineCrc32c,
  setBaseOffset,
  setPartitionLeaderEpoch,
  wholeBatchCrc,
} from '../../src/kafka/index.ts';

test('the CRC of two pieces is made of theirs, as if it had been taken over both', () => {
  const bytes = fc.uint8Array({ maxLength: 300 });
  fc.assert(
    fc.property(bytes, bytes, (a, b) => {
      assert.equal(combineCrc32c(crc32c(a), crc32c(b), b.length), crc32c(Buffer.concat([a, b])));
    }),
    { seed: 20_260_129, numRuns: 500 },
  );
});

test('whatever the length of the second piece', () => {
  const a = crc32c('first');
  for (const length of [0, 1, 7, 255, 256, 4096, 65_536, 1_048_576, 33_554_433]) {
    const zeros = Buffer.alloc(length);
    assert.equal(combineCrc32c(a, crc32c(zeros), length), crc32c(zeros, a), `${length} bytes`);
  }
});

test('the CRC over a whole batch covers base offset and leader epoch, which that inside leaves out', () => {
  const batch = buildBatch({ records: [{ key: null, value: Buffer.from('value'), timestampMs: 1 }] });
  const before = wholeBatchCrc(batch);
  assert.equal(before, crc32c(batch));
  setBaseOffset(batch, 0, 12_345);
  setPartitionLeaderEpoch(batch, 0, 7);
  assert.notEqual(wholeBatchCrc(batch), before);
  assert.equal(wholeBatchCrc(batch), crc32c(batch));
});

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { javaStringHash, partitionFor } from '../../src/coordinator/index.ts';

test('group ids hash as java.lang.String.hashCode does', () => {
  const vectors: readonly (readonly [string, number])[] = [
    ['', 0],
    ['a', 97],
    ['hello', 99_162_322],
    ['Aa', 2_112],
    ['BB', 2_112],
    ['polygenelubricants', -2_147_483_648],
    ['Hello, World!', 1_498_789_909],
    ['my-group', -1_906_497_762],
    ['console-consumer-91273', 165813013],
    // Surrogate pairs count as two units.
    ['😀', 1_772_899],
  ];
  for (const [text, hash] of vectors) assert.equal(javaStringHash(text), hash, text);
});

test('the partition is the absolute hash modulo the number of partitions, and 0 for the smallest integer', () => {
  assert.equal(partitionFor('hello', 50), 22);
  assert.equal(partitionFor('my-group', 50), 12);
  assert.equal(partitionFor('polygenelubricants', 50), 0);
  assert.equal(partitionFor('console-consumer-91273', 50), 13);
});

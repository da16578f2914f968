/** What LZ4 and snappy have in common when compressing: finding earlier bytes that come again. */

/** Shortest repetition worth a reference. */
export const MIN_MATCH_BYTES = 4;

const HASH_BITS = 13;
/** Farthest that two bytes of distance reach. */
const MAX_DISTANCE = 0xffff;

/** A repetition: literals from `literalFrom` to `matchAt`, then `length` bytes that also lie `distance` bytes earlier. */
export type OnMatch = (literalFrom: number, matchAt: number, distance: number, length: number) => void;

/**
 * Greedy search with one hash table: reports repetitions that begin at `lastMatchAt` or before and end at `limit` or
 * before. Returns where the literals behind the last one begin. Steps grow while nothing repeats, so bytes that cannot be compressed cost little.
 */
export function findMatches(input: Buffer, limit: number, lastMatchAt: number, onMatch: OnMatch): number {
  const table = new Int32Array(1 << HASH_BITS).fill(-1);
  let literalFrom = 0;
  let at = 0;
  let misses = 0;
  while (at <= lastMatchAt) {
    const word = input.readInt32LE(at);
    const slot = Math.imul(word, 0x9e37_79b1) >>> (32 - HASH_BITS);
    const candidate = table[slot] as number;
    table[slot] = at;
    if (candidate < 0 || at - candidate > MAX_DISTANCE || input.readInt32LE(candidate) !== word) {
      at += 1 + (misses++ >> 5);
      continue;
    }
    let end = at + MIN_MATCH_BYTES;
    while (end < limit && input[end] === input[end - at + candidate]) end++;
    onMatch(literalFrom, at, at - candidate, end - at);
    literalFrom = end;
    at = end;
    misses = 0;
  }
  return literalFrom;
}

/** CRC-32C's polynomial, bits reversed as in all tables of it; the highest bit stands for x^0. */
const POLYNOMIAL = 0x82f6_3b78;
const X_0 = 0x8000_0000 | 0;
const X_1 = 0x4000_0000;
/** Lengths are in bytes, exponents in bits. */
const BITS_OF_A_BYTE = 3;

/** x^(2^k) at position k. */
const powers = new Int32Array(31);
powers[0] = X_1;
for (let k = 1; k < powers.length; k++) powers[k] = multiply(powers[k - 1] as number, powers[k - 1] as number);

/** What was asked last is asked again: a producer's batches have one length, and each is added to a frame and to a slot. */
const MEMORY = 64;
const lengths = new Int32Array(MEMORY).fill(-1);
const shifts = new Int32Array(MEMORY);

/**
 * CRC-32C of A followed by B, from that of A, that of B and the length of B (below 2^28): a fraction of a microsecond instead
 * of another pass over B. As in zlib: a CRC is a remainder, so A's moves on by x^(8 · length).
 */
export function combineCrc32c(crcOfA: number, crcOfB: number, lengthOfB: number): number {
  return (multiply(shiftBy(lengthOfB), crcOfA | 0) ^ crcOfB) >>> 0;
}

function shiftBy(lengthBytes: number): number {
  const at = lengthBytes % MEMORY;
  if (lengths[at] === lengthBytes) return shifts[at] as number;
  let shift = X_0;
  for (let rest = lengthBytes, k = BITS_OF_A_BYTE; rest > 0; rest >>>= 1, k++) {
    if ((rest & 1) === 1) shift = multiply(powers[k] as number, shift);
  }
  lengths[at] = lengthBytes;
  shifts[at] = shift;
  return shift;
}

/** Product of two polynomials modulo CRC-32C's; `a` is not 0. */
function multiply(a: number, b: number): number {
  let product = 0;
  let rest = b;
  for (let mask = X_0; ; mask >>>= 1) {
    if ((a & mask) !== 0) {
      product ^= rest;
      if ((a & (mask - 1)) === 0) return product;
    }
    rest = (rest & 1) === 0 ? rest >>> 1 : (rest >>> 1) ^ POLYNOMIAL;
  }
}

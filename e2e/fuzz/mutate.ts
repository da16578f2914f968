import type { GoldenFrame } from './golden.ts';
import type { FuzzRandom } from './random.ts';

const SIZE_BYTES = 4;
/** Numbers at the edges of types, where lengths and counts go wrong. */
const EDGES = [0, 1, -1, 2, 0x7f, 0x80, 0xff, 0x7fff, -0x8000, 0xffff, 0x7fff_ffff, -0x8000_0000, 100_000_000] as const;
/** What else may arrive at a port. */
const STRANGERS = [
  Buffer.from('GET / HTTP/1.1\r\nHost: broker\r\n\r\n'),
  Buffer.from('1603010200010001fc0303', 'hex'),
  Buffer.from('SSH-2.0-OpenSSH_9.9\r\n'),
  Buffer.alloc(64, 0xff),
  Buffer.alloc(64),
];

type Mutation = (frame: Buffer, random: FuzzRandom, others: readonly GoldenFrame[]) => Buffer;

const mutations: readonly Mutation[] = [
  (frame, random) => {
    const copy = Buffer.from(frame);
    for (let flips = 1 + random.below(8); flips > 0; flips -= 1) {
      const at = SIZE_BYTES + random.below(copy.length - SIZE_BYTES);
      copy[at] = (copy[at] ?? 0) ^ (1 << random.below(8));
    }
    return copy;
  },
  (frame, random) => {
    const copy = Buffer.from(frame);
    const width = random.oneOf([1, 2, 4] as const);
    const at = SIZE_BYTES + random.below(Math.max(1, copy.length - SIZE_BYTES - width));
    copy.writeIntBE(fit(random.oneOf(EDGES), width), at, width);
    return copy;
  },
  (frame, random) => sized(frame.subarray(0, SIZE_BYTES + random.below(frame.length - SIZE_BYTES))),
  (frame, random) => frame.subarray(0, 1 + random.below(frame.length - 1)),
  (frame, random) => sized(spliced(frame, random.bytes(1 + random.below(40)), random)),
  (frame, random) => {
    const from = SIZE_BYTES + random.below(frame.length - SIZE_BYTES);
    return sized(spliced(frame, frame.subarray(from, from + 1 + random.below(60)), random));
  },
  (frame, random) => {
    const copy = Buffer.from(frame);
    const size = random.chance(0.5) ? random.oneOf(EDGES) : copy.readInt32BE(0) + random.below(200) - 100;
    copy.writeInt32BE(fit(size, 4), 0);
    return copy;
  },
  (frame, random) => {
    const copy = Buffer.from(frame);
    copy.writeInt16BE(fit(random.oneOf(EDGES) + random.below(100), 2), random.oneOf([4, 6] as const));
    return copy;
  },
  (frame, random, others) => {
    const other = random.oneOf(others).bytes;
    const at = SIZE_BYTES + random.below(frame.length - SIZE_BYTES);
    return sized(Buffer.concat([frame.subarray(0, at), other.subarray(Math.min(at, other.length - 1))]));
  },
  (_frame, random) => (random.chance(0.5) ? random.oneOf(STRANGERS) : random.bytes(1 + random.below(300))),
];

/** The frame with something wrong in it, decided by `random` alone. */
export function mutate(frame: Buffer, random: FuzzRandom, others: readonly GoldenFrame[]): Buffer {
  let mutated = frame;
  for (let rounds = random.chance(0.2) ? 2 : 1; rounds > 0; rounds -= 1) {
    // A mutation may have left less than a header.
    if (mutated.length > SIZE_BYTES + 8) mutated = random.oneOf(mutations)(mutated, random, others);
  }
  return mutated;
}

/** The same bytes, with a size that is true. */
function sized(frame: Buffer): Buffer {
  const copy = Buffer.from(frame);
  if (copy.length >= SIZE_BYTES) copy.writeInt32BE(copy.length - SIZE_BYTES, 0);
  return copy;
}

function spliced(frame: Buffer, piece: Buffer, random: FuzzRandom): Buffer {
  const at = SIZE_BYTES + random.below(frame.length - SIZE_BYTES);
  return Buffer.concat([frame.subarray(0, at), piece, frame.subarray(at)]);
}

/** The number as a signed one of so many bytes. */
function fit(value: number, width: number): number {
  const bits = width * 8;
  return Number(BigInt.asIntN(bits, BigInt(value)));
}

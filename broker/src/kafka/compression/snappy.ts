import { KafkaCodecError } from '../codec/codec-error.ts';
import { MIN_MATCH_BYTES, findMatches } from './matches.ts';
import { Output, copyRun } from './output.ts';

/**
 * Snappy, in the two shapes that clients send:
 *
 *     raw    = size(uvarint) element*
 *     xerial = magic(8) version(int32) compatible(int32) (blockSize(int32) raw)*       Java, and what is written here
 *
 * An element is a literal or a copy, told apart by the two low bits of its first byte.
 */

const XERIAL_MAGIC = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00]);
const XERIAL_HEADER_BYTES = 16;
const XERIAL_VERSION = 1;
/** What the Java library puts into one block. A copy can then reach back with two bytes. */
const BLOCK_BYTES = 32 * 1024;

/** Throws KafkaCodecError for damaged input or more than `maxBytes` of output. */
export function snappyDecompress(input: Buffer, maxBytes: number): Buffer {
  const isXerial = input.length >= XERIAL_HEADER_BYTES && input.subarray(0, 8).equals(XERIAL_MAGIC);
  if (!isXerial) {
    const output = new Output(rawSizeBytes(input, 0, input.length, maxBytes).sizeBytes, maxBytes);
    decompressRaw(input, 0, input.length, output, maxBytes);
    return output.finish();
  }
  const output = new Output(Math.min(input.length * 4, maxBytes), maxBytes);
  let at = XERIAL_HEADER_BYTES;
  while (at < input.length) {
    if (input.length - at < 4) throw damaged(at);
    const blockBytes = input.readInt32BE(at);
    at += 4;
    if (blockBytes < 0 || blockBytes > input.length - at) throw damaged(at);
    decompressRaw(input, at, at + blockBytes, output, maxBytes);
    at += blockBytes;
  }
  return output.finish();
}

/** Reads the size in front of a raw block, and where its elements begin. */
function rawSizeBytes(
  input: Buffer,
  start: number,
  end: number,
  maxBytes: number,
): { readonly sizeBytes: number; readonly at: number } {
  let sizeBytes = 0;
  for (let i = 0; i < 5 && start + i < end; i++) {
    const byte = input[start + i] as number;
    sizeBytes += (byte & 0x7f) * 2 ** (7 * i);
    if (byte >= 0x80) continue;
    if (sizeBytes <= maxBytes) return { sizeBytes, at: start + i + 1 };
    throw new KafkaCodecError('KAFKA_DECOMPRESSION', `Snappy records of ${sizeBytes} bytes; ${maxBytes} are allowed.`);
  }
  throw damaged(start);
}

function decompressRaw(input: Buffer, start: number, end: number, output: Output, maxBytes: number): void {
  const size = rawSizeBytes(input, start, end, maxBytes);
  const floor = output.length;
  const outputEnd = floor + size.sizeBytes;
  let { at } = size;
  while (at < end) {
    const tag = input[at++] as number;
    const kind = tag & 3;
    if (kind === 0) {
      let count = (tag >> 2) + 1;
      if (count > 60) {
        const countBytes = count - 60;
        if (countBytes > end - at) throw damaged(at);
        count = input.readUIntLE(at, countBytes) + 1;
        at += countBytes;
      }
      if (count > end - at || output.length + count > outputEnd) throw damaged(at);
      output.copyFrom(input, at, count);
      at += count;
      continue;
    }
    const distanceBytes = kind === 3 ? 4 : kind;
    if (distanceBytes > end - at) throw damaged(at);
    const count = kind === 1 ? ((tag >> 2) & 7) + 4 : (tag >> 2) + 1;
    const low = distanceBytes === 4 ? input.readUInt32LE(at) : shortAt(input, at, distanceBytes);
    const distance = kind === 1 ? ((tag >> 5) << 8) | low : low;
    at += distanceBytes;
    if (output.length + count > outputEnd) throw damaged(at);
    output.repeat(distance, count, floor);
  }
  if (output.length !== outputEnd) throw damaged(end);
}

/** One or two bytes, the low one first. */
function shortAt(input: Buffer, at: number, countBytes: number): number {
  const low = input[at] as number;
  return countBytes === 1 ? low : low | ((input[at + 1] as number) << 8);
}

/** Compresses with the xerial framing. */
export function snappyCompress(input: Buffer): Buffer {
  const header = Buffer.alloc(XERIAL_HEADER_BYTES);
  XERIAL_MAGIC.copy(header);
  header.writeInt32BE(XERIAL_VERSION, 8);
  header.writeInt32BE(XERIAL_VERSION, 12);
  const chunks: Buffer[] = [header];
  for (let start = 0; start < input.length; start += BLOCK_BYTES) {
    const block = compressRaw(input.subarray(start, start + BLOCK_BYTES));
    const blockSize = Buffer.allocUnsafe(4);
    blockSize.writeInt32BE(block.length);
    chunks.push(blockSize, block);
  }
  return Buffer.concat(chunks);
}

const LONGEST_COPY = 64;

/** One raw block of at most BLOCK_BYTES. */
function compressRaw(block: Buffer): Buffer {
  // At worst: the size, and three bytes more than the input for each literal between two matches.
  const output = Buffer.allocUnsafe(8 + block.length + Math.ceil(block.length / MIN_MATCH_BYTES) * 3);
  let at = 0;
  let rest = block.length;
  while (rest > 0x7f) {
    output[at++] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
  output[at++] = rest;
  const literalTo = (from: number, to: number): void => {
    const last = to - from - 1;
    if (last < 0) return;
    if (last < 60) {
      output[at++] = last << 2;
    } else {
      output[at++] = 61 << 2;
      output.writeUInt16LE(last, at);
      at += 2;
    }
    at = copyRun(block, from, to, output, at);
  };
  const literalFrom = findMatches(
    block,
    block.length,
    block.length - MIN_MATCH_BYTES,
    (from, matchAt, distance, length) => {
      literalTo(from, matchAt);
      for (let left = length; left > 0; left -= LONGEST_COPY) {
        const count = Math.min(left, LONGEST_COPY);
        output[at++] = ((count - 1) << 2) | 2;
        output.writeUInt16LE(distance, at);
        at += 2;
      }
    },
  );
  literalTo(literalFrom, block.length);
  return output.subarray(0, at);
}

function damaged(at: number): KafkaCodecError {
  return new KafkaCodecError('KAFKA_DECOMPRESSION', `The snappy records are damaged at byte ${at}.`);
}

import { KafkaCodecError } from '../codec/codec-error.ts';
import { findMatches } from './matches.ts';
import { Output, copyRun } from './output.ts';

/**
 * The LZ4 frame format.
 *
 *     frame    = magic(4) flags(1) blockMax(1) [contentSize(8)] [dictionary(4)] headerCheck(1) block* 0(4) [contentCheck(4)]
 *     block    = size(4, top bit: stored) bytes [blockCheck(4)]
 *     sequence = token(1) [literalCount] literal* distance(2) [matchCount]
 *
 * Checksums in the frame are not looked at: the CRC-32C of the batch covers the same bytes.
 */

const FRAME_MAGIC = 0x184d_2204;
const SKIPPABLE_MAGIC = 0x184d_2a50;
const SKIPPABLE_MASK = 0xffff_fff0;

const FLAG_INDEPENDENT = 0x20;
const FLAG_BLOCK_CHECK = 0x10;
const FLAG_CONTENT_SIZE = 0x08;
const FLAG_CONTENT_CHECK = 0x04;
const FLAG_DICTIONARY = 0x01;
const STORED_BIT = 0x8000_0000;

/** Blocks are independent and at most 64 KiB, no checksums; the last byte is the check of the two before. */
const FRAME_HEADER = Buffer.from([0x04, 0x22, 0x4d, 0x18, 0x60, 0x40, 0x82]);
const BLOCK_BYTES = 64 * 1024;

/** The last bytes of a block are always literals, so that decoders may copy in large steps. */
const LAST_LITERALS = 5;
/** No match may begin this close to the end. */
const NO_MATCH_WITHIN = 12;

/** Throws KafkaCodecError for damaged input or more than `maxBytes` of output. */
export function lz4Decompress(input: Buffer, maxBytes: number): Buffer {
  const output = new Output(Math.max(input.length * 4, 64), maxBytes);
  let at = 0;
  if (input.length === 0) throw damaged(0);
  while (at < input.length) {
    if (input.length - at < 8) throw damaged(at);
    const magic = input.readUInt32LE(at);
    if (magic === FRAME_MAGIC) {
      at = decompressFrame(input, at + 4, output);
    } else if ((magic & SKIPPABLE_MASK) >>> 0 === SKIPPABLE_MAGIC) {
      at += 8 + input.readUInt32LE(at + 4);
      if (at > input.length) throw damaged(input.length);
    } else {
      throw damaged(at);
    }
  }
  return output.finish();
}

/** Reads a frame behind its magic number; returns where it ends. */
function decompressFrame(input: Buffer, start: number, output: Output): number {
  const flags = input[start] as number;
  if (flags >> 6 !== 1 || (flags & FLAG_DICTIONARY) !== 0) throw damaged(start);
  const blockCheckBytes = (flags & FLAG_BLOCK_CHECK) === 0 ? 0 : 4;
  let at = start + 3 + ((flags & FLAG_CONTENT_SIZE) === 0 ? 0 : 8);
  const frameFloor = output.length;
  for (;;) {
    if (input.length - at < 4) throw damaged(at);
    const field = input.readUInt32LE(at);
    at += 4;
    if (field === 0) break;
    const sizeBytes = field % STORED_BIT;
    if (sizeBytes + blockCheckBytes > input.length - at) throw damaged(at);
    if (field >= STORED_BIT) {
      output.copyFrom(input, at, sizeBytes);
    } else {
      const floor = (flags & FLAG_INDEPENDENT) === 0 ? frameFloor : output.length;
      decompressBlock(input, at, at + sizeBytes, output, floor);
    }
    at += sizeBytes + blockCheckBytes;
  }
  if ((flags & FLAG_CONTENT_CHECK) !== 0) at += 4;
  if (at > input.length) throw damaged(input.length);
  return at;
}

function decompressBlock(input: Buffer, start: number, end: number, output: Output, floor: number): void {
  let at = start;
  /** A count of 15 goes on in the following bytes, each of which adds up to 255. */
  const count = (nibble: number): number => {
    if (nibble < 15) return nibble;
    let total = nibble;
    for (;;) {
      if (at >= end) throw damaged(at);
      const byte = input[at++] as number;
      total += byte;
      if (byte < 255) return total;
    }
  };
  while (at < end) {
    const token = input[at++] as number;
    const literals = count(token >> 4);
    if (literals > end - at) throw damaged(at);
    output.copyFrom(input, at, literals);
    at += literals;
    if (at === end) return;
    if (end - at < 2) throw damaged(at);
    const distance = input.readUInt16LE(at);
    at += 2;
    output.repeat(distance, count(token & 15) + 4, floor);
  }
  throw damaged(at);
}

/** Compresses into one frame of independent blocks. */
export function lz4Compress(input: Buffer): Buffer {
  const chunks: Buffer[] = [FRAME_HEADER];
  for (let start = 0; start < input.length; start += BLOCK_BYTES) {
    const block = input.subarray(start, start + BLOCK_BYTES);
    const compressed = compressBlock(block);
    const stored = compressed.length >= block.length;
    const size = Buffer.allocUnsafe(4);
    size.writeUInt32LE(stored ? block.length + STORED_BIT : compressed.length);
    chunks.push(size, stored ? block : compressed);
  }
  chunks.push(Buffer.alloc(4));
  return Buffer.concat(chunks);
}

function compressBlock(block: Buffer): Buffer {
  const output = Buffer.allocUnsafe(block.length + Math.ceil(block.length / 255) + 16);
  let at = 0;
  const countBehind = (value: number): void => {
    let rest = value - 15;
    while (rest >= 255) {
      output[at++] = 255;
      rest -= 255;
    }
    output[at++] = rest;
  };
  const literals = (from: number, to: number, matchNibble: number): void => {
    const count = to - from;
    output[at++] = (Math.min(count, 15) << 4) | matchNibble;
    if (count >= 15) countBehind(count);
    at = copyRun(block, from, to, output, at);
  };
  const limit = block.length - LAST_LITERALS;
  const lastMatchAt = block.length - NO_MATCH_WITHIN;
  const literalFrom = findMatches(block, limit, lastMatchAt, (from, matchAt, distance, length) => {
    const extra = length - 4;
    literals(from, matchAt, Math.min(extra, 15));
    output.writeUInt16LE(distance, at);
    at += 2;
    if (extra >= 15) countBehind(extra);
  });
  literals(literalFrom, block.length, 0);
  return output.subarray(0, at);
}

function damaged(at: number): KafkaCodecError {
  return new KafkaCodecError('KAFKA_DECOMPRESSION', `The LZ4 records are damaged at byte ${at}.`);
}

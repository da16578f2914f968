import { KafkaCodecError } from '../codec/codec-error.ts';

/** Zigzag variable-length integers, as records use them: 0, -1, 1, -2, ... become 0, 1, 2, 3, ... in 7-bit groups. */

/** Bytes that `value`, a safe integer, takes. */
export function varintSizeBytes(value: number): number {
  let rest = value < 0 ? -value * 2 - 1 : value * 2;
  let sizeBytes = 1;
  while (rest >= 0x80) {
    rest = Math.floor(rest / 0x80);
    sizeBytes++;
  }
  return sizeBytes;
}

/** Writes `value`, an integer of less than 52 bits, and returns the offset behind it. */
export function writeVarint(buffer: Buffer, at: number, value: number): number {
  let rest = value < 0 ? -value * 2 - 1 : value * 2;
  let next = at;
  while (rest >= 0x80) {
    buffer[next++] = (rest % 0x80) | 0x80;
    rest = Math.floor(rest / 0x80);
  }
  buffer[next++] = rest;
  return next;
}

/** A place in a buffer that moves forward as integers are read. */
export interface VarintPosition {
  at: number;
  readonly end: number;
}

/** Reads up to 32 bits. Throws KafkaCodecError when the bytes end or the number is longer. */
export function readVarint(buffer: Buffer, position: VarintPosition): number {
  let raw = 0;
  for (let shift = 0; shift < 35; shift += 7) {
    if (position.at >= position.end) throw recordTruncated(position);
    const byte = buffer[position.at++] as number;
    raw |= (byte & 0x7f) << shift;
    if (byte < 0x80) return (raw >>> 1) ^ -(raw & 1);
  }
  throw new KafkaCodecError('KAFKA_MALFORMED', `The variable-length integer before byte ${position.at} is too long.`);
}

/** Reads up to 64 bits; beyond 2^53 the nearest double. */
export function readVarlong(buffer: Buffer, position: VarintPosition): number {
  let raw = 0;
  let scale = 1;
  for (let i = 0; i < 10; i++) {
    if (position.at >= position.end) throw recordTruncated(position);
    const byte = buffer[position.at++] as number;
    raw += (byte & 0x7f) * scale;
    scale *= 0x80;
    if (byte < 0x80) return raw % 2 === 0 ? raw / 2 : -(raw + 1) / 2;
  }
  throw new KafkaCodecError('KAFKA_MALFORMED', `The variable-length integer before byte ${position.at} is too long.`);
}

function recordTruncated(position: VarintPosition): KafkaCodecError {
  return new KafkaCodecError('KAFKA_TRUNCATED', `The record ends at byte ${position.end}, before it is complete.`);
}

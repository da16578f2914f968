import { KafkaCodecError } from './codec-error.ts';

/** Kafka's "no id": 16 zero bytes. */
export const ZERO_UUID = 'AAAAAAAAAAAAAAAAAAAAAA';

const TWO_32 = 0x1_0000_0000;

/**
 * More array elements than this in one message is an attack or a mistake: an element may take one byte on the wire but
 * dozens in memory.
 */
export const MAX_ELEMENTS = 1 << 20;

/**
 * Reads Kafka's primitive types from a buffer, front to back. Every read checks the bytes that are left first, so
 * malformed input ends in a KafkaCodecError and never in a large allocation. Byte runs are views, not copies.
 */
export class Reader {
  readonly buffer: Buffer;
  /** Offset of the next byte in `buffer`. */
  position: number;
  /** Offset behind the last readable byte. */
  #end: number;
  #elementsLeft: number;

  constructor(buffer: Buffer, start = 0, end = buffer.length, maxElements = MAX_ELEMENTS) {
    this.buffer = buffer;
    this.position = start;
    this.#end = end;
    this.#elementsLeft = maxElements;
  }

  get remaining(): number {
    return this.#end - this.position;
  }

  /** Moves over `count` bytes and returns the offset of the first. */
  take(count: number): number {
    const at = this.position;
    if (count > this.#end - at) throw this.#truncated(count);
    this.position = at + count;
    return at;
  }

  bool(): boolean {
    return this.buffer[this.take(1)] !== 0;
  }

  int8(): number {
    return (this.#byte(this.take(1)) << 24) >> 24;
  }

  int16(): number {
    const at = this.take(2);
    return (((this.#byte(at) << 8) | this.#byte(at + 1)) << 16) >> 16;
  }

  uint16(): number {
    const at = this.take(2);
    return (this.#byte(at) << 8) | this.#byte(at + 1);
  }

  int32(): number {
    return this.#word(this.take(4));
  }

  uint32(): number {
    return this.#word(this.take(4)) >>> 0;
  }

  /** A 64-bit integer as a number; one outside ±(2^53 - 1) is an error. */
  int64(): number {
    const at = this.take(8);
    const value = this.#word(at) * TWO_32 + (this.#word(at + 4) >>> 0);
    if (!Number.isSafeInteger(value)) {
      throw new KafkaCodecError('KAFKA_MALFORMED', `The 64-bit integer at byte ${at} is outside ±(2^53 - 1).`);
    }
    return value;
  }

  /** A 64-bit integer as a number, saturated at ±(2^53 - 1). */
  clamp64(): number {
    const at = this.take(8);
    const value = this.#word(at) * TWO_32 + (this.#word(at + 4) >>> 0);
    if (value > Number.MAX_SAFE_INTEGER) return Number.MAX_SAFE_INTEGER;
    return value < Number.MIN_SAFE_INTEGER ? Number.MIN_SAFE_INTEGER : value;
  }

  big64(): bigint {
    return this.buffer.readBigInt64BE(this.take(8));
  }

  float64(): number {
    return this.buffer.readDoubleBE(this.take(8));
  }

  /** Unsigned LEB128 of at most 32 bits (KIP-482). */
  uvarint(): number {
    // Nearly always one byte.
    const at = this.position;
    const first = at < this.#end ? this.#byte(at) : 0x80;
    if (first < 0x80) {
      this.position = at + 1;
      return first;
    }
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.#byte(this.take(1));
      if (shift === 28 && byte > 0x0f) break;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value >>> 0;
    }
    throw new KafkaCodecError(
      'KAFKA_MALFORMED',
      `The variable-length integer before byte ${this.position} is too long.`,
    );
  }

  uuid(): string {
    const at = this.take(16);
    const { buffer } = this;
    for (let i = at; i < at + 16; i++) {
      if (buffer[i] !== 0) return buffer.toString('base64url', at, at + 16);
    }
    return ZERO_UUID;
  }

  /** `length` bytes of UTF-8. */
  utf8(length: number): string {
    const at = this.take(length);
    return length === 0 ? '' : this.buffer.toString('utf8', at, at + length);
  }

  /** A view of the next `length` bytes. */
  view(length: number): Buffer {
    const at = this.take(length);
    return this.buffer.subarray(at, at + length);
  }

  /** Checks that `count` elements of at least `minSizeBytes` each can follow, before room is made for them. */
  expectElements(count: number, minSizeBytes: number): void {
    if (count * minSizeBytes > this.remaining) throw this.#truncated(count * minSizeBytes);
    this.#elementsLeft -= count;
    if (this.#elementsLeft < 0) {
      throw new KafkaCodecError('KAFKA_MALFORMED', `The message has too many array elements at byte ${this.position}.`);
    }
  }

  /** Narrows the readable part to the next `sizeBytes`; returns the old end for `leave`. */
  enter(sizeBytes: number): number {
    if (sizeBytes > this.remaining) throw this.#truncated(sizeBytes);
    const outerEnd = this.#end;
    this.#end = this.position + sizeBytes;
    return outerEnd;
  }

  /** Ends what `enter` began; all of its bytes must have been read. */
  leave(outerEnd: number): void {
    if (this.position !== this.#end) {
      throw new KafkaCodecError('KAFKA_MALFORMED', `A tagged field ends at byte ${this.#end} but has unread bytes.`);
    }
    this.#end = outerEnd;
  }

  /** Skips a tagged-field section of which nothing is known. */
  skipTaggedFields(): void {
    for (let left = this.uvarint(); left > 0; left--) {
      this.uvarint();
      this.take(this.uvarint());
    }
  }

  #byte(at: number): number {
    return this.buffer[at] as number;
  }

  #word(at: number): number {
    const { buffer } = this;
    return (
      ((buffer[at] as number) << 24) |
      ((buffer[at + 1] as number) << 16) |
      ((buffer[at + 2] as number) << 8) |
      (buffer[at + 3] as number)
    );
  }

  #truncated(needed: number): KafkaCodecError {
    return new KafkaCodecError(
      'KAFKA_TRUNCATED',
      `The message needs ${needed} bytes at byte ${this.position}, but only ${this.remaining} are left.`,
    );
  }
}

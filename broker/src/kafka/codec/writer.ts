import { ZERO_UUID } from './reader.ts';

const TWO_32 = 0x1_0000_0000;
const FIRST_CHUNK_BYTES = 512;
const MAX_CHUNK_BYTES = 64 * 1024;
/** Byte runs up to this size are copied into the current chunk: cheaper than one more chunk for the socket. */
const COPY_UP_TO_BYTES = 256;
/** Up to here a loop beats the call into native code. */
const SHORT_STRING = 24;

/**
 * Writes Kafka's primitive types into a growing list of chunks. Record batches become chunks of their own, by reference.
 * Values must fit their type: the compiled encoders check that.
 */
export class Writer {
  readonly #chunks: Buffer[] = [];
  #current: Buffer;
  #start = 0;
  #at = 0;
  #chunkedBytes = 0;

  constructor(firstChunkBytes = FIRST_CHUNK_BYTES) {
    this.#current = Buffer.allocUnsafe(firstChunkBytes);
  }

  /** Bytes written so far. */
  get size(): number {
    return this.#chunkedBytes + this.#at - this.#start;
  }

  /** The chunks, in order. The writer must not be used afterwards. */
  finish(): Buffer[] {
    this.#cut();
    return this.#chunks;
  }

  /** The whole as one buffer: for small things such as coordinator records. */
  finishOne(): Buffer {
    const chunks = this.finish();
    const [only] = chunks;
    return chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks);
  }

  bool(value: boolean): void {
    const at = this.#room(1);
    this.#current[at] = value ? 1 : 0;
  }

  int8(value: number): void {
    const at = this.#room(1);
    this.#current[at] = value;
  }

  int16(value: number): void {
    const at = this.#room(2);
    const buffer = this.#current;
    buffer[at] = value >> 8;
    buffer[at + 1] = value;
  }

  int32(value: number): void {
    this.#word(this.#room(4), value);
  }

  /** A safe-integer number as 64 bits. */
  int64(value: number): void {
    const at = this.#room(8);
    const high = Math.floor(value / TWO_32);
    this.#word(at, high);
    this.#word(at + 4, value - high * TWO_32);
  }

  big64(value: bigint): void {
    const at = this.#room(8);
    this.#current.writeBigInt64BE(value, at);
  }

  float64(value: number): void {
    const at = this.#room(8);
    this.#current.writeDoubleBE(value, at);
  }

  /** Unsigned LEB128; `value` below 2^32. */
  uvarint(value: number): void {
    let at = this.#room(5);
    const buffer = this.#current;
    let rest = value >>> 0;
    while (rest > 0x7f) {
      buffer[at++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    buffer[at++] = rest;
    this.#at = at;
  }

  uuid(value: string): void {
    const at = this.#room(16);
    if (value === ZERO_UUID) this.#current.fill(0, at, at + 16);
    else this.#current.write(value, at, 16, 'base64url');
  }

  /** The bytes of a string of which the caller has written the length; `byteLength` as of Buffer.byteLength. */
  utf8(value: string, byteLength: number): void {
    const at = this.#room(byteLength);
    const buffer = this.#current;
    if (byteLength !== value.length) {
      buffer.write(value, at, byteLength, 'utf8');
    } else if (byteLength > SHORT_STRING) {
      buffer.write(value, at, byteLength, 'latin1');
    } else {
      for (let i = 0; i < byteLength; i++) buffer[at + i] = value.charCodeAt(i);
    }
  }

  /** Bytes that are copied when they are few. */
  bytes(value: Buffer): void {
    if (value.length > COPY_UP_TO_BYTES) {
      this.reference(value);
      return;
    }
    const at = this.#room(value.length);
    value.copy(this.#current, at);
  }

  /** Bytes that become a chunk of their own. They must not change until the chunks are sent. */
  reference(value: Buffer): void {
    if (value.length === 0) return;
    this.#cut();
    this.#chunks.push(value);
    this.#chunkedBytes += value.length;
  }

  /** Everything that another writer holds; that one must not be used afterwards. */
  append(other: Writer): void {
    for (const chunk of other.finish()) this.bytes(chunk);
  }

  #word(at: number, value: number): void {
    const buffer = this.#current;
    buffer[at] = value >>> 24;
    buffer[at + 1] = value >>> 16;
    buffer[at + 2] = value >>> 8;
    buffer[at + 3] = value;
  }

  /** Makes room for `count` bytes, moves behind them and returns where they begin. */
  #room(count: number): number {
    let at = this.#at;
    if (at + count > this.#current.length) {
      this.#cut();
      const doubled = Math.min(this.#current.length * 2, MAX_CHUNK_BYTES);
      this.#current = Buffer.allocUnsafe(Math.max(doubled, count));
      this.#start = 0;
      at = 0;
    }
    this.#at = at + count;
    return at;
  }

  /** Closes the run of bytes written since the last chunk; what follows goes behind it in the same buffer. */
  #cut(): void {
    const { length } = this.#chunks;
    if (this.#at > this.#start) {
      this.#chunks[length] = this.#current.subarray(this.#start, this.#at);
      this.#chunkedBytes += this.#at - this.#start;
      this.#start = this.#at;
    }
  }
}

import { KafkaCodecError } from '../codec/codec-error.ts';

/** Up to here a loop beats the call into native code. */
const SHORT_RUN = 40;

/** Copies `source` from `from` to `to` into `target` and returns the offset behind the copy there. */
export function copyRun(source: Buffer, from: number, to: number, target: Buffer, at: number): number {
  const count = to - from;
  if (count > SHORT_RUN) source.copy(target, at, from, to);
  else for (let i = 0; i < count; i++) target[at + i] = source[from + i] as number;
  return at + count;
}

/** Where a decompressor puts its bytes: grows as needed, but never beyond a limit. */
export class Output {
  #bytes: Buffer;
  #at = 0;
  readonly #maxBytes: number;

  constructor(expectedBytes: number, maxBytes: number) {
    this.#bytes = Buffer.allocUnsafe(Math.min(expectedBytes, maxBytes));
    this.#maxBytes = maxBytes;
  }

  get length(): number {
    return this.#at;
  }

  finish(): Buffer {
    return this.#bytes.subarray(0, this.#at);
  }

  /** Appends a part of `source`, which the caller has checked to be there. */
  copyFrom(source: Buffer, start: number, count: number): void {
    this.#reserve(count);
    this.#at = copyRun(source, start, start + count, this.#bytes, this.#at);
  }

  /** Repeats `count` bytes from `distance` bytes back, which must lie behind `floor`; they may overlap with their copy. */
  repeat(distance: number, count: number, floor: number): void {
    const from = this.#at - distance;
    if (distance === 0 || from < floor) {
      throw new KafkaCodecError(
        'KAFKA_DECOMPRESSION',
        `Compressed records refer ${distance} bytes back at ${this.#at}.`,
      );
    }
    this.#reserve(count);
    const bytes = this.#bytes;
    if (distance >= count && count > SHORT_RUN) {
      bytes.copyWithin(this.#at, from, from + count);
    } else {
      const end = this.#at + count;
      for (let to = this.#at, read = from; to < end; to++, read++) bytes[to] = bytes[read] as number;
    }
    this.#at += count;
  }

  #reserve(count: number): void {
    const needed = this.#at + count;
    if (needed <= this.#bytes.length) return;
    if (needed > this.#maxBytes) {
      throw new KafkaCodecError('KAFKA_DECOMPRESSION', `Compressed records hold more than ${this.#maxBytes} bytes.`);
    }
    const grown = Buffer.allocUnsafe(Math.min(Math.max(needed, this.#bytes.length * 2), this.#maxBytes));
    this.#bytes.copy(grown, 0, 0, this.#at);
    this.#bytes = grown;
  }
}

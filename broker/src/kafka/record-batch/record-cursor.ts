import { KafkaCodecError } from '../codec/codec-error.ts';
import { DEFAULT_MAX_DECOMPRESSED_BYTES, decompress } from '../compression/compression.ts';
import {
  BATCH_HEADER_BYTES,
  baseOffsetOf,
  baseTimestampMsOf,
  batchSizeBytes,
  compressionOf,
  maxTimestampMsOf,
  recordCountOf,
  timestampTypeOf,
} from './header.ts';
import { type VarintPosition, readVarint, readVarlong } from './varint.ts';

/** A record's header: a name and a value for the application. */
export interface RecordHeader {
  readonly key: string;
  readonly value: Buffer | null;
}

/** The records of a batch as they lie in it, decompressed. Throws KafkaCodecError. */
export function recordBytes(batch: Buffer, at = 0, maxBytes = DEFAULT_MAX_DECOMPRESSED_BYTES): Buffer {
  const sizeBytes = batchSizeBytes(batch, at);
  if (sizeBytes < BATCH_HEADER_BYTES || at + sizeBytes > batch.length) {
    throw new KafkaCodecError('KAFKA_CORRUPT_BATCH', `The batch at byte ${at} claims a size of ${sizeBytes} bytes.`);
  }
  const stored = batch.subarray(at + BATCH_HEADER_BYTES, at + sizeBytes);
  return decompress(compressionOf(batch, at), stored, maxBytes);
}

/**
 * Walks over the records of one batch without making an object for each: after `next()` the fields speak of the current
 * record. Keys, values and header values are views of the decompressed bytes.
 *
 *     record = length attributes(1) timestampDelta offsetDelta key value headerCount header*
 *     header = key value                        each with its length in front; numbers are zigzag varints
 */
export class RecordCursor {
  /** The decompressed records. */
  readonly bytes: Buffer;
  /** Offset in `bytes` at which the current record, its length included, begins and behind which it ends. */
  startsAt = 0;
  endsAt = 0;
  offsetDelta = 0;
  timestampDeltaMs = 0;

  readonly #baseOffset: number;
  readonly #baseTimestampMs: number;
  /** The time of all records when the broker set it. */
  readonly #appendTimeMs: number | undefined;
  readonly #count: number;
  #seen = 0;
  #keyAt = 0;
  #keyBytes = -1;
  #valueAt = 0;
  #valueBytes = -1;
  #headersAt = 0;

  /** Throws KafkaCodecError when the records cannot be decompressed to at most `maxBytes`. */
  constructor(batch: Buffer, at = 0, maxBytes = DEFAULT_MAX_DECOMPRESSED_BYTES) {
    this.bytes = recordBytes(batch, at, maxBytes);
    this.#baseOffset = baseOffsetOf(batch, at);
    this.#baseTimestampMs = baseTimestampMsOf(batch, at);
    this.#appendTimeMs = timestampTypeOf(batch, at) === 'append' ? maxTimestampMsOf(batch, at) : undefined;
    this.#count = recordCountOf(batch, at);
  }

  /** Moves to the next record; false after the last. Throws KafkaCodecError when the records do not add up. */
  next(): boolean {
    const { bytes } = this;
    if (this.#seen === this.#count) {
      if (this.endsAt === bytes.length) return false;
      throw corrupt(`has ${bytes.length - this.endsAt} bytes behind its ${this.#count} records`);
    }
    const position: VarintPosition = { at: this.endsAt, end: bytes.length };
    const sizeBytes = readVarint(bytes, position);
    const end = position.at + sizeBytes;
    if (sizeBytes < 0 || end > bytes.length) throw corrupt(`has a record of ${sizeBytes} bytes`);
    const inside: VarintPosition = { at: position.at + 1, end };
    this.timestampDeltaMs = readVarlong(bytes, inside);
    this.offsetDelta = readVarint(bytes, inside);
    this.#keyBytes = readVarint(bytes, inside);
    this.#keyAt = inside.at;
    skip(inside, this.#keyBytes);
    this.#valueBytes = readVarint(bytes, inside);
    this.#valueAt = inside.at;
    skip(inside, this.#valueBytes);
    this.#headersAt = inside.at;
    this.startsAt = this.endsAt;
    this.endsAt = end;
    this.#seen++;
    return true;
  }

  get offset(): number {
    return this.#baseOffset + this.offsetDelta;
  }

  /** Milliseconds since 1970. */
  get timestampMs(): number {
    return this.#appendTimeMs ?? this.#baseTimestampMs + this.timestampDeltaMs;
  }

  get hasKey(): boolean {
    return this.#keyBytes >= 0;
  }

  /** A record without value is a tombstone in a compacted topic. */
  get hasValue(): boolean {
    return this.#valueBytes >= 0;
  }

  get key(): Buffer | null {
    return this.hasKey ? this.bytes.subarray(this.#keyAt, this.#keyAt + this.#keyBytes) : null;
  }

  get value(): Buffer | null {
    return this.hasValue ? this.bytes.subarray(this.#valueAt, this.#valueAt + this.#valueBytes) : null;
  }

  /** The headers, in order. Throws KafkaCodecError when they do not add up. */
  headers(): RecordHeader[] {
    const { bytes } = this;
    const position: VarintPosition = { at: this.#headersAt, end: this.endsAt };
    const count = readVarint(bytes, position);
    // A header takes two bytes or more.
    if (count < 0 || count * 2 > this.endsAt - position.at) throw corrupt(`has a record with ${count} headers`);
    const headers: RecordHeader[] = [];
    for (let i = 0; i < count; i++) {
      const keyBytes = readVarint(bytes, position);
      if (keyBytes < 0) throw corrupt('has a record header without a name');
      const keyAt = position.at;
      skip(position, keyBytes);
      const valueBytes = readVarint(bytes, position);
      const valueAt = position.at;
      skip(position, valueBytes);
      headers.push({
        key: bytes.toString('utf8', keyAt, keyAt + keyBytes),
        value: valueBytes < 0 ? null : bytes.subarray(valueAt, valueAt + valueBytes),
      });
    }
    if (position.at !== this.endsAt) throw corrupt('has a record whose headers end before it does');
    return headers;
  }
}

/** Moves over `count` bytes; a negative count stands for null. */
function skip(position: VarintPosition, count: number): void {
  if (count < -1 || count > position.end - position.at) throw corrupt(`has a field of ${count} bytes`);
  if (count > 0) position.at += count;
}

function corrupt(what: string): KafkaCodecError {
  return new KafkaCodecError('KAFKA_CORRUPT_BATCH', `The batch ${what}.`);
}

import { KafkaCodecError } from '../codec/codec-error.ts';
import { int32At, int64At, writeInt64At } from './integers.ts';

/**
 * The header of a record batch (magic 2), read and changed in place.
 *
 *      0 baseOffset int64        21 attributes int16        43 producerId int64
 *      8 batchLength int32       23 lastOffsetDelta int32   51 producerEpoch int16
 *     12 leaderEpoch int32       27 baseTimestamp int64     53 baseSequence int32
 *     16 magic int8              35 maxTimestamp int64      57 recordCount int32
 *     17 crc uint32                                         61 records
 *
 * `batchLength` counts from byte 12; the CRC-32C covers byte 21 to the end, so base offset and leader epoch can be
 * assigned without touching it. All functions take the buffer and the offset of the batch in it; none allocates. 64-bit
 * values beyond 2^53, which only a broken client sends, lose their low bits.
 */

/** Bytes in front of the records. */
export const BATCH_HEADER_BYTES = 61;

/** Bytes that `batchLength` does not count. */
export const BATCH_LENGTH_OVERHEAD = 12;

/** The record format of Kafka 0.11 and later, the only one that is stored. */
export const MAGIC_2 = 2;

export const CRC_AT = 17;

/** First byte that the CRC covers. */
export const CRC_FROM = 21;

const COMPRESSION_BITS = 0x07;
const LOG_APPEND_TIME_BIT = 0x08;
const TRANSACTIONAL_BIT = 0x10;
const CONTROL_BIT = 0x20;
const DELETE_HORIZON_BIT = 0x40;

/** Compression codecs, at the position of their number in the attributes. */
export const compressionNames = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const;
export type Compression = (typeof compressionNames)[number];

/** Who set the timestamps: the producer, or the broker when it appended the batch. */
export type TimestampType = 'create' | 'append';

export function baseOffsetOf(buffer: Buffer, at = 0): number {
  return int64At(buffer, at);
}

/** Bytes of the whole batch, as its length field says. */
export function batchSizeBytes(buffer: Buffer, at = 0): number {
  return int32At(buffer, at + 8) + BATCH_LENGTH_OVERHEAD;
}

export function partitionLeaderEpochOf(buffer: Buffer, at = 0): number {
  return int32At(buffer, at + 12);
}

export function magicOf(buffer: Buffer, at = 0): number {
  return buffer.readInt8(at + 16);
}

export function batchCrcOf(buffer: Buffer, at = 0): number {
  return int32At(buffer, at + CRC_AT) >>> 0;
}

export function attributesOf(buffer: Buffer, at = 0): number {
  return ((buffer[at + 21] as number) << 8) | (buffer[at + 22] as number);
}

export function lastOffsetDeltaOf(buffer: Buffer, at = 0): number {
  return int32At(buffer, at + 23);
}

/** Offset of the last record, which compaction may have removed. */
export function lastOffsetOf(buffer: Buffer, at = 0): number {
  return int64At(buffer, at) + int32At(buffer, at + 23);
}

/** Milliseconds since 1970; with a delete horizon, that horizon. Record timestamps are relative to it. */
export function baseTimestampMsOf(buffer: Buffer, at = 0): number {
  return int64At(buffer, at + 27);
}

/** Milliseconds since 1970, or -1. */
export function maxTimestampMsOf(buffer: Buffer, at = 0): number {
  return int64At(buffer, at + 35);
}

/** -1 without idempotence. */
export function producerIdOf(buffer: Buffer, at = 0): number {
  return int64At(buffer, at + 43);
}

export function producerEpochOf(buffer: Buffer, at = 0): number {
  return buffer.readInt16BE(at + 51);
}

export function baseSequenceOf(buffer: Buffer, at = 0): number {
  return int32At(buffer, at + 53);
}

/** Sequence of the last record; sequences go round at 2^31 - 1. */
export function lastSequenceOf(buffer: Buffer, at = 0): number {
  const base = baseSequenceOf(buffer, at);
  return base < 0 ? base : addSequence(base, lastOffsetDeltaOf(buffer, at));
}

/** Sequence `count` records after `sequence`: after 2^31 - 1 comes 0. */
export function addSequence(sequence: number, count: number): number {
  return (sequence + count) % 0x8000_0000;
}

export function recordCountOf(buffer: Buffer, at = 0): number {
  return int32At(buffer, at + 57);
}

/** Throws KafkaCodecError for a codec that Kafka does not have. */
export function compressionOf(buffer: Buffer, at = 0): Compression {
  const code = attributesOf(buffer, at) & COMPRESSION_BITS;
  const name = compressionNames[code];
  if (name === undefined) throw new KafkaCodecError('KAFKA_CORRUPT_BATCH', `There is no compression codec ${code}.`);
  return name;
}

export function timestampTypeOf(buffer: Buffer, at = 0): TimestampType {
  return (attributesOf(buffer, at) & LOG_APPEND_TIME_BIT) === 0 ? 'create' : 'append';
}

export function isTransactionalBatch(buffer: Buffer, at = 0): boolean {
  return (attributesOf(buffer, at) & TRANSACTIONAL_BIT) !== 0;
}

/** A batch that holds a transaction marker or another record of the broker's own. */
export function isControlBatch(buffer: Buffer, at = 0): boolean {
  return (attributesOf(buffer, at) & CONTROL_BIT) !== 0;
}

/** Set by compaction: tombstones in this batch may go after `baseTimestampMs`. */
export function hasDeleteHorizon(buffer: Buffer, at = 0): boolean {
  return (attributesOf(buffer, at) & DELETE_HORIZON_BIT) !== 0;
}

/** Assigns the offset of the first record. `offset` is a safe integer. */
export function setBaseOffset(buffer: Buffer, at: number, offset: number): void {
  writeInt64At(buffer, at, offset);
}

export function setPartitionLeaderEpoch(buffer: Buffer, at: number, epoch: number): void {
  buffer.writeInt32BE(epoch, at + 12);
}

/** What the attributes say, as one number. */
export function packAttributes(options: {
  readonly compression: Compression;
  readonly timestampType: TimestampType;
  readonly isTransactional: boolean;
  readonly isControl: boolean;
  readonly hasDeleteHorizon: boolean;
}): number {
  return (
    compressionNames.indexOf(options.compression) |
    (options.timestampType === 'append' ? LOG_APPEND_TIME_BIT : 0) |
    (options.isTransactional ? TRANSACTIONAL_BIT : 0) |
    (options.isControl ? CONTROL_BIT : 0) |
    (options.hasDeleteHorizon ? DELETE_HORIZON_BIT : 0)
  );
}

/** All of a header as an object: for coordinators, tools and tests; hot paths take the single functions. */
export interface BatchHeader {
  readonly baseOffset: number;
  readonly sizeBytes: number;
  readonly partitionLeaderEpoch: number;
  readonly magic: number;
  readonly crc: number;
  readonly attributes: number;
  readonly lastOffsetDelta: number;
  readonly lastOffset: number;
  readonly baseTimestampMs: number;
  readonly maxTimestampMs: number;
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly baseSequence: number;
  readonly recordCount: number;
  readonly compression: Compression;
  readonly timestampType: TimestampType;
  readonly isTransactional: boolean;
  readonly isControl: boolean;
  readonly hasDeleteHorizon: boolean;
}

/** Throws KafkaCodecError when there are fewer bytes than a header has, or the compression codec does not exist. */
export function parseBatchHeader(buffer: Buffer, at = 0): BatchHeader {
  if (buffer.length - at < BATCH_HEADER_BYTES) {
    throw new KafkaCodecError(
      'KAFKA_TRUNCATED',
      `A batch header has ${BATCH_HEADER_BYTES} bytes, not ${buffer.length - at}.`,
    );
  }
  return {
    baseOffset: baseOffsetOf(buffer, at),
    sizeBytes: batchSizeBytes(buffer, at),
    partitionLeaderEpoch: partitionLeaderEpochOf(buffer, at),
    magic: magicOf(buffer, at),
    crc: batchCrcOf(buffer, at),
    attributes: attributesOf(buffer, at),
    lastOffsetDelta: lastOffsetDeltaOf(buffer, at),
    lastOffset: lastOffsetOf(buffer, at),
    baseTimestampMs: baseTimestampMsOf(buffer, at),
    maxTimestampMs: maxTimestampMsOf(buffer, at),
    producerId: producerIdOf(buffer, at),
    producerEpoch: producerEpochOf(buffer, at),
    baseSequence: baseSequenceOf(buffer, at),
    recordCount: recordCountOf(buffer, at),
    compression: compressionOf(buffer, at),
    timestampType: timestampTypeOf(buffer, at),
    isTransactional: isTransactionalBatch(buffer, at),
    isControl: isControlBatch(buffer, at),
    hasDeleteHorizon: hasDeleteHorizon(buffer, at),
  };
}

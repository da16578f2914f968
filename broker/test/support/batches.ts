import { crc32c } from '@node-rs/crc32';

/**
 * A second, independent implementation of Kafka's record batch (magic 2), so that tests do not check the broker's reading
 * with the broker's own writing.
 *
 *     baseOffset(8) length(4) leaderEpoch(4) magic(1) crc(4) | attributes(2) lastOffsetDelta(4) baseTimestamp(8)
 *     maxTimestamp(8) producerId(8) producerEpoch(2) baseSequence(4) recordCount(4) records
 *                                                     └ the crc covers everything from here
 */
export const BATCH_HEADER_BYTES = 61;
const LENGTH_AT = 8;
const LEADER_EPOCH_AT = 12;
const MAGIC_AT = 16;
const CRC_AT = 17;
const ATTRIBUTES_AT = 21;
const LAST_OFFSET_DELTA_AT = 23;
const BASE_TIMESTAMP_AT = 27;
const MAX_TIMESTAMP_AT = 35;
const PRODUCER_ID_AT = 43;
const PRODUCER_EPOCH_AT = 51;
const BASE_SEQUENCE_AT = 53;
const RECORD_COUNT_AT = 57;

export interface TestRecord {
  readonly key: Buffer | null;
  readonly value: Buffer | null;
}

export interface BatchToEncode {
  readonly records: readonly TestRecord[];
  readonly timestampMs: number;
  readonly baseOffset?: number;
  readonly leaderEpoch?: number;
  readonly producerId?: number;
  readonly producerEpoch?: number;
  readonly baseSequence?: number;
  readonly attributes?: number;
}

export interface DecodedBatch {
  readonly baseOffset: number;
  readonly lastOffset: number;
  readonly leaderEpoch: number;
  readonly crc: number;
  /** True if the stored crc fits the bytes. */
  readonly intact: boolean;
  readonly attributes: number;
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly baseSequence: number;
  readonly recordCount: number;
  readonly maxTimestamp: number;
  /** The whole batch, header included. */
  readonly bytes: Buffer;
}

function varintBytes(value: number): number[] {
  let rest = value < 0 ? -value * 2 - 1 : value * 2;
  const bytes: number[] = [];
  while (rest > 0x7f) {
    bytes.push((rest % 0x80) | 0x80);
    rest = Math.floor(rest / 0x80);
  }
  bytes.push(rest);
  return bytes;
}

function lengthPrefixed(value: Buffer | null): Buffer {
  return value === null ? Buffer.from([1]) : Buffer.concat([Buffer.from(varintBytes(value.length)), value]);
}

function encodeRecord(record: TestRecord, index: number): Buffer {
  const body = Buffer.concat([
    Buffer.from([0, ...varintBytes(0), ...varintBytes(index)]),
    lengthPrefixed(record.key),
    lengthPrefixed(record.value),
    Buffer.from([0]),
  ]);
  return Buffer.concat([Buffer.from(varintBytes(body.length)), body]);
}

export function encodeBatch(batch: BatchToEncode): Buffer {
  const records = Buffer.concat(batch.records.map(encodeRecord));
  const bytes = Buffer.alloc(BATCH_HEADER_BYTES + records.length);
  bytes.writeBigInt64BE(BigInt(batch.baseOffset ?? 0), 0);
  bytes.writeInt32BE(bytes.length - LEADER_EPOCH_AT, LENGTH_AT);
  bytes.writeInt32BE(batch.leaderEpoch ?? -1, LEADER_EPOCH_AT);
  bytes.writeInt8(2, MAGIC_AT);
  bytes.writeInt16BE(batch.attributes ?? 0, ATTRIBUTES_AT);
  bytes.writeInt32BE(batch.records.length - 1, LAST_OFFSET_DELTA_AT);
  bytes.writeBigInt64BE(BigInt(batch.timestampMs), BASE_TIMESTAMP_AT);
  bytes.writeBigInt64BE(BigInt(batch.timestampMs), MAX_TIMESTAMP_AT);
  bytes.writeBigInt64BE(BigInt(batch.producerId ?? -1), PRODUCER_ID_AT);
  bytes.writeInt16BE(batch.producerEpoch ?? -1, PRODUCER_EPOCH_AT);
  bytes.writeInt32BE(batch.baseSequence ?? -1, BASE_SEQUENCE_AT);
  bytes.writeInt32BE(batch.records.length, RECORD_COUNT_AT);
  records.copy(bytes, BATCH_HEADER_BYTES);
  bytes.writeUInt32BE(crc32c(bytes.subarray(ATTRIBUTES_AT)), CRC_AT);
  return bytes;
}

/** The crc of an encoded batch: it covers all but base offset and leader epoch, so it identifies what was sent. */
export function batchCrc(bytes: Buffer): number {
  return bytes.readUInt32BE(CRC_AT);
}

function decodeBatch(bytes: Buffer): DecodedBatch {
  const baseOffset = Number(bytes.readBigInt64BE(0));
  return {
    baseOffset,
    lastOffset: baseOffset + bytes.readInt32BE(LAST_OFFSET_DELTA_AT),
    leaderEpoch: bytes.readInt32BE(LEADER_EPOCH_AT),
    crc: batchCrc(bytes),
    intact: bytes.readInt8(MAGIC_AT) === 2 && batchCrc(bytes) === crc32c(bytes.subarray(ATTRIBUTES_AT)),
    attributes: bytes.readInt16BE(ATTRIBUTES_AT),
    producerId: Number(bytes.readBigInt64BE(PRODUCER_ID_AT)),
    producerEpoch: bytes.readInt16BE(PRODUCER_EPOCH_AT),
    baseSequence: bytes.readInt32BE(BASE_SEQUENCE_AT),
    recordCount: bytes.readInt32BE(RECORD_COUNT_AT),
    maxTimestamp: Number(bytes.readBigInt64BE(MAX_TIMESTAMP_AT)),
    bytes,
  };
}

/** The whole batches at the front of `bytes`; a last one that is cut short is left out. */
export function decodeBatches(bytes: Buffer): DecodedBatch[] {
  const batches: DecodedBatch[] = [];
  let position = 0;
  while (position + BATCH_HEADER_BYTES <= bytes.length) {
    const end = position + LEADER_EPOCH_AT + bytes.readInt32BE(position + LENGTH_AT);
    if (end > bytes.length) break;
    batches.push(decodeBatch(bytes.subarray(position, end)));
    position = end;
  }
  return batches;
}

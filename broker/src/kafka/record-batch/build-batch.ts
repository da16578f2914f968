import { KafkaCodecError } from '../codec/codec-error.ts';
import { compress } from '../compression/compression.ts';
import { updateBatchCrc } from './crc.ts';
import {
  BATCH_HEADER_BYTES,
  BATCH_LENGTH_OVERHEAD,
  type Compression,
  MAGIC_2,
  type TimestampType,
  packAttributes,
} from './header.ts';
import { writeInt64At } from './integers.ts';
import type { RecordHeader } from './record-cursor.ts';
import { varintSizeBytes, writeVarint } from './varint.ts';

/** A record to put into a batch. */
export interface RecordToBuild {
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  /** Milliseconds since 1970. */
  readonly timestampMs: number;
  readonly headers?: readonly RecordHeader[];
  /** Distance from the base offset; the position in the list unless given (compaction leaves gaps). */
  readonly offsetDelta?: number;
}

export interface BatchToBuild {
  readonly records: readonly RecordToBuild[];
  readonly baseOffset?: number;
  readonly partitionLeaderEpoch?: number;
  readonly compression?: Compression;
  readonly timestampType?: TimestampType;
  readonly producerId?: number;
  readonly producerEpoch?: number;
  readonly baseSequence?: number;
  readonly isTransactional?: boolean;
  readonly isControl?: boolean;
  /** That of the last record unless given; compaction keeps it though the last record may be gone. */
  readonly lastOffsetDelta?: number;
  /** The latest of the records unless given; with `timestampType` append, the broker's time. -1 for no records. */
  readonly maxTimestampMs?: number;
  /** Time after which tombstones may go; the record timestamps are then stored relative to it. */
  readonly deleteHorizonMs?: number;
}

/** Builds a complete batch with its CRC. Throws KafkaCodecError for a value that does not fit. */
export function buildBatch(batch: BatchToBuild): Buffer {
  const baseTimestampMs = batch.deleteHorizonMs ?? batch.records[0]?.timestampMs ?? -1;
  const records = encodeRecords(batch.records, baseTimestampMs);
  // Nothing to compress: some decompressors refuse an empty stream.
  const compression = records.length === 0 ? 'none' : (batch.compression ?? 'none');
  const payload = compress(compression, records);
  const buffer = Buffer.allocUnsafe(BATCH_HEADER_BYTES + payload.length);
  const attributes = packAttributes({
    compression,
    timestampType: batch.timestampType ?? 'create',
    isTransactional: batch.isTransactional ?? false,
    isControl: batch.isControl ?? false,
    hasDeleteHorizon: batch.deleteHorizonMs !== undefined,
  });
  writeInt64At(buffer, 0, batch.baseOffset ?? 0);
  buffer.writeInt32BE(buffer.length - BATCH_LENGTH_OVERHEAD, 8);
  buffer.writeInt32BE(batch.partitionLeaderEpoch ?? -1, 12);
  buffer.writeInt8(MAGIC_2, 16);
  buffer.writeInt16BE(attributes, 21);
  buffer.writeInt32BE(batch.lastOffsetDelta ?? lastDelta(batch.records), 23);
  writeInt64At(buffer, 27, baseTimestampMs);
  writeInt64At(buffer, 35, batch.maxTimestampMs ?? latest(batch.records));
  writeInt64At(buffer, 43, batch.producerId ?? -1);
  buffer.writeInt16BE(batch.producerEpoch ?? -1, 51);
  buffer.writeInt32BE(batch.baseSequence ?? -1, 53);
  buffer.writeInt32BE(batch.records.length, 57);
  payload.copy(buffer, BATCH_HEADER_BYTES);
  updateBatchCrc(buffer);
  return buffer;
}

function lastDelta(records: readonly RecordToBuild[]): number {
  const last = records.at(-1);
  return last === undefined ? 0 : (last.offsetDelta ?? records.length - 1);
}

function latest(records: readonly RecordToBuild[]): number {
  let latestMs = -1;
  for (const { timestampMs } of records) if (timestampMs > latestMs) latestMs = timestampMs;
  return latestMs;
}

function encodeRecords(records: readonly RecordToBuild[], baseTimestampMs: number): Buffer {
  const bodySizes = records.map((record, index) => bodySizeBytes(record, index, baseTimestampMs));
  let total = 0;
  for (const sizeBytes of bodySizes) total += varintSizeBytes(sizeBytes) + sizeBytes;
  const buffer = Buffer.allocUnsafe(total);
  let at = 0;
  for (const [index, record] of records.entries()) {
    at = writeVarint(buffer, at, bodySizes[index] as number);
    buffer[at++] = 0;
    at = writeVarint(buffer, at, record.timestampMs - baseTimestampMs);
    at = writeVarint(buffer, at, record.offsetDelta ?? index);
    at = writeBytes(buffer, at, record.key);
    at = writeBytes(buffer, at, record.value);
    const headers = record.headers ?? [];
    at = writeVarint(buffer, at, headers.length);
    for (const header of headers) {
      at = writeBytes(buffer, at, Buffer.from(header.key));
      at = writeBytes(buffer, at, header.value);
    }
  }
  return buffer;
}

/** What writeVarint can write. */
const MAX_VARLONG = 2 ** 52;
const MAX_OFFSET_DELTA = 0x7fff_ffff;

function bodySizeBytes(record: RecordToBuild, index: number, baseTimestampMs: number): number {
  const timestampDeltaMs = record.timestampMs - baseTimestampMs;
  const offsetDelta = record.offsetDelta ?? index;
  if (!(Math.abs(timestampDeltaMs) < MAX_VARLONG) || !(offsetDelta >= 0 && offsetDelta <= MAX_OFFSET_DELTA)) {
    throw new KafkaCodecError(
      'KAFKA_VALUE',
      `A record has timestamp ${record.timestampMs} and offset delta ${offsetDelta}.`,
    );
  }
  const headers = record.headers ?? [];
  let sizeBytes = 1 + varintSizeBytes(timestampDeltaMs) + varintSizeBytes(offsetDelta);
  sizeBytes += fieldSizeBytes(record.key?.length) + fieldSizeBytes(record.value?.length);
  sizeBytes += varintSizeBytes(headers.length);
  for (const header of headers) {
    sizeBytes += fieldSizeBytes(Buffer.byteLength(header.key)) + fieldSizeBytes(header.value?.length);
  }
  return sizeBytes;
}

function fieldSizeBytes(length: number | undefined): number {
  return length === undefined ? 1 : varintSizeBytes(length) + length;
}

function writeBytes(buffer: Buffer, at: number, bytes: Buffer | null): number {
  if (bytes === null) return writeVarint(buffer, at, -1);
  const start = writeVarint(buffer, at, bytes.length);
  bytes.copy(buffer, start);
  return start + bytes.length;
}

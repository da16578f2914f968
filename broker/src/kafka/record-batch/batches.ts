import { KafkaCodecError } from '../codec/codec-error.ts';
import { isBatchCrcValid } from './crc.ts';
import {
  BATCH_HEADER_BYTES,
  BATCH_LENGTH_OVERHEAD,
  MAGIC_2,
  attributesOf,
  batchSizeBytes,
  compressionNames,
  lastOffsetDeltaOf,
  magicOf,
  recordCountOf,
} from './header.ts';

/** Offset of the magic byte, the same in every message format that Kafka ever had. */
const MAGIC_AT = 16;

/**
 * Size of the batch at `at` if all of it lies before `end`; 0 if it is cut off there (the end of a fetch response, a torn
 * write). Throws KafkaCodecError for a length that no batch can have.
 */
export function completeBatchSizeBytes(buffer: Buffer, at = 0, end = buffer.length): number {
  if (end - at < BATCH_LENGTH_OVERHEAD) return 0;
  const sizeBytes = batchSizeBytes(buffer, at);
  if (sizeBytes <= MAGIC_AT) {
    throw new KafkaCodecError('KAFKA_CORRUPT_BATCH', `The batch at byte ${at} claims a size of ${sizeBytes} bytes.`);
  }
  return at + sizeBytes > end ? 0 : sizeBytes;
}

/** Why a batch must not be stored: `magic` is an older or unknown message format, the others are damage. */
export type BatchProblem = 'truncated' | 'magic' | 'length' | 'compression' | 'count' | 'crc';

/**
 * Checks the batch at `at`: complete before `end`, magic 2, at least a header long, a known codec, counts that make sense,
 * CRC. Undefined when all is well. Does not look into the records.
 */
export function batchProblem(buffer: Buffer, at = 0, end = buffer.length): BatchProblem | undefined {
  if (end - at < BATCH_LENGTH_OVERHEAD) return 'truncated';
  const sizeBytes = batchSizeBytes(buffer, at);
  if (sizeBytes <= MAGIC_AT) return 'length';
  if (at + sizeBytes > end) return 'truncated';
  if (magicOf(buffer, at) !== MAGIC_2) return 'magic';
  if (sizeBytes < BATCH_HEADER_BYTES) return 'length';
  if (!isBatchCrcValid(buffer, at)) return 'crc';
  if ((attributesOf(buffer, at) & 0x07) >= compressionNames.length) return 'compression';
  // A record takes 7 bytes or more, but compressed ones may take less than one.
  if (recordCountOf(buffer, at) < 0 || lastOffsetDeltaOf(buffer, at) < 0) return 'count';
  return undefined;
}

/** Offsets in `records` at which its batches begin. Throws KafkaCodecError when one is cut off or has no possible length. */
export function* batchPositions(records: Buffer): Generator<number, void, undefined> {
  let at = 0;
  while (at < records.length) {
    const sizeBytes = completeBatchSizeBytes(records, at);
    if (sizeBytes === 0) throw new KafkaCodecError('KAFKA_TRUNCATED', `The batch at byte ${at} is cut off.`);
    yield at;
    at += sizeBytes;
  }
}

/** The batches of `records` as views. Throws KafkaCodecError as `batchPositions` does. */
export function* batchesOf(records: Buffer): Generator<Buffer, void, undefined> {
  for (const at of batchPositions(records)) yield records.subarray(at, at + batchSizeBytes(records, at));
}

import { crc32c } from '@node-rs/crc32';
import { combineCrc32c } from './combine-crc.ts';
import {
  BATCH_HEADER_BYTES,
  CRC_AT,
  CRC_FROM,
  MAGIC_2,
  attributesOf,
  baseOffsetOf,
  batchCrcOf,
  batchSizeBytes,
  magicOf,
  partitionLeaderEpochOf,
} from './header.ts';
import { writeInt64At } from './integers.ts';

/** CRC-32C over the part of the batch that the CRC covers. The batch must be complete. */
export function computeBatchCrc(buffer: Buffer, at = 0): number {
  return crc32c(buffer.subarray(at + CRC_FROM, at + batchSizeBytes(buffer, at)));
}

/** Whether the stored CRC fits the bytes. The batch must be complete. */
export function isBatchCrcValid(buffer: Buffer, at = 0): boolean {
  return computeBatchCrc(buffer, at) === batchCrcOf(buffer, at);
}

/** CRC-32C over all bytes of the batch, given that the stored one fits: only what that does not cover is looked at. */
export function wholeBatchCrc(buffer: Buffer): number {
  return combineCrc32c(crc32c(buffer.subarray(0, CRC_FROM)), batchCrcOf(buffer), buffer.length - CRC_FROM);
}

/** Stores the CRC of the batch as it is now. */
export function updateBatchCrc(buffer: Buffer, at = 0): void {
  buffer.writeUInt32BE(computeBatchCrc(buffer, at), at + CRC_AT);
}

const LOG_APPEND_TIME_BIT = 0x08;

/**
 * Gives the batch, and with it every record in it, the broker's time (`message.timestamp.type=LogAppendTime`); the CRC
 * follows. `timestampMs` is in milliseconds since 1970.
 */
export function setMaxTimestampAndLogAppendTime(buffer: Buffer, at: number, timestampMs: number): void {
  buffer.writeUInt16BE(attributesOf(buffer, at) | LOG_APPEND_TIME_BIT, at + 21);
  writeInt64At(buffer, at + 35, timestampMs);
  updateBatchCrc(buffer, at);
}

/**
 * Whether the buffer is, whole and unharmed, the batch that was stored: of this length, with this base offset and leader epoch, which the
 * broker assigns and the checksum of the batch does not cover (one flipped bit there would move records to other offsets).
 */
export function isStoredBatch(
  buffer: Buffer,
  stored: { readonly length: number; readonly baseOffset: number; readonly leaderEpoch: number },
): boolean {
  return (
    buffer.length === stored.length &&
    stored.length >= BATCH_HEADER_BYTES &&
    batchSizeBytes(buffer) === stored.length &&
    magicOf(buffer) === MAGIC_2 &&
    baseOffsetOf(buffer) === stored.baseOffset &&
    partitionLeaderEpochOf(buffer) === stored.leaderEpoch &&
    isBatchCrcValid(buffer)
  );
}

import { DEFAULT_MAX_DECOMPRESSED_BYTES } from '../compression/compression.ts';
import { RecordCursor, type RecordHeader } from './record-cursor.ts';

/** A record as an object: for coordinators, tools and tests; hot paths walk with a RecordCursor. */
export interface KafkaRecord {
  readonly offset: number;
  /** Milliseconds since 1970. */
  readonly timestampMs: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: readonly RecordHeader[];
}

/** The records of the batch at `at`; keys and values are views. Throws KafkaCodecError. */
export function decodeRecords(batch: Buffer, at = 0, maxBytes = DEFAULT_MAX_DECOMPRESSED_BYTES): KafkaRecord[] {
  const cursor = new RecordCursor(batch, at, maxBytes);
  const records: KafkaRecord[] = [];
  while (cursor.next()) {
    const { offset, timestampMs, key, value } = cursor;
    records.push({ offset, timestampMs, key, value, headers: cursor.headers() });
  }
  return records;
}

import {
  type BatchProblem,
  KafkaCodecError,
  type KafkaErrorName,
  RecordCursor,
  baseSequenceOf,
  batchProblem,
  batchSizeBytes,
  isControlBatch,
  isTransactionalBatch,
  lastOffsetDeltaOf,
  maxTimestampMsOf,
  producerIdOf,
  recordCountOf,
  timestampTypeOf,
} from '../kafka/index.ts';
import type { TopicSettings } from './topic-settings.ts';

/** Why a batch is not appended. */
export interface Refusal {
  readonly error: KafkaErrorName;
  readonly message: string;
  /** Records that are at fault, by their position in the batch. */
  readonly records?: readonly number[];
}

const NO_TIMESTAMP = -1;

/**
 * Checks what a producer sent for one partition, by the header only where that is enough: one whole batch in the present
 * format whose CRC fits, and what the topic's settings demand. Undefined when all is well.
 */
export function validateBatch(records: Buffer | null, settings: TopicSettings, nowMs: number): Refusal | undefined {
  if (records === null || records.length === 0) {
    return { error: 'INVALID_RECORD', message: 'The request has no record batch for this partition.' };
  }
  const problem = batchProblem(records);
  if (problem !== undefined) return damaged[problem];
  const sizeBytes = batchSizeBytes(records);
  if (sizeBytes !== records.length) {
    return { error: 'INVALID_RECORD', message: 'A request must have exactly one record batch per partition.' };
  }
  if (sizeBytes > settings.maxMessageBytes) {
    const message = `The record batch has ${sizeBytes} bytes, max.message.bytes allows ${settings.maxMessageBytes}.`;
    return { error: 'MESSAGE_TOO_LARGE', message };
  }
  return (
    validateContent(records) ?? validateTime(records, settings, nowMs) ?? validateRecords(records, settings, nowMs)
  );
}

const damaged: Readonly<Record<BatchProblem, Refusal>> = {
  truncated: { error: 'CORRUPT_MESSAGE', message: 'The record batch is cut off.' },
  length: { error: 'CORRUPT_MESSAGE', message: 'The record batch has an impossible length.' },
  crc: { error: 'CORRUPT_MESSAGE', message: 'The CRC of the record batch does not fit its bytes.' },
  magic: { error: 'INVALID_RECORD', message: 'Only record batches of format 2 are accepted.' },
  compression: { error: 'UNSUPPORTED_COMPRESSION_TYPE', message: 'The compression codec is unknown.' },
  count: { error: 'INVALID_RECORD', message: 'The record batch has a negative record count or offset.' },
};

function validateContent(batch: Buffer): Refusal | undefined {
  const count = recordCountOf(batch);
  if (count === 0 || lastOffsetDeltaOf(batch) !== count - 1) {
    return { error: 'INVALID_RECORD', message: `The record count ${count} does not fit the offsets of the batch.` };
  }
  if (isControlBatch(batch)) return { error: 'INVALID_RECORD', message: 'Producers may not write control batches.' };
  if (isTransactionalBatch(batch)) {
    return { error: 'INVALID_TXN_STATE', message: 'Transactions are not served by this release.' };
  }
  if (producerIdOf(batch) >= 0 && baseSequenceOf(batch) < 0) {
    return { error: 'INVALID_RECORD', message: 'A batch with a producer id needs a sequence number.' };
  }
  return undefined;
}

function validateTime(batch: Buffer, settings: TopicSettings, nowMs: number): Refusal | undefined {
  if (settings.logAppendTime) return undefined;
  if (timestampTypeOf(batch) === 'append') {
    return { error: 'INVALID_TIMESTAMP', message: 'Producers may not set the timestamp type to LogAppendTime.' };
  }
  const latestMs = maxTimestampMsOf(batch);
  if (latestMs !== NO_TIMESTAMP && latestMs - nowMs > settings.timestampAfterMaxMs) {
    const message = `Timestamp ${latestMs} is further ahead of the broker's clock than message.timestamp.after.max.ms allows.`;
    return { error: 'INVALID_TIMESTAMP', message };
  }
  return undefined;
}

/** What only the records themselves can show; they are looked at, and decompressed, only where a setting asks for it. */
function validateRecords(batch: Buffer, settings: TopicSettings, nowMs: number): Refusal | undefined {
  const { compacted, logAppendTime, timestampBeforeMaxMs } = settings;
  const earliestMs = logAppendTime ? Number.NEGATIVE_INFINITY : nowMs - timestampBeforeMaxMs;
  // No time is that early: the setting's default allows every one.
  if (!compacted && earliestMs <= 0) return undefined;
  const keyless: number[] = [];
  const early: number[] = [];
  try {
    const cursor = new RecordCursor(batch);
    for (let i = 0; cursor.next(); i++) {
      if (compacted && !cursor.hasKey) keyless.push(i);
      if (cursor.timestampMs !== NO_TIMESTAMP && cursor.timestampMs < earliestMs) early.push(i);
    }
  } catch (error) {
    if (!(error instanceof KafkaCodecError)) throw error;
    return { error: 'INVALID_RECORD', message: error.message };
  }
  if (keyless.length > 0) {
    const message = 'A compacted topic does not accept records without a key.';
    return { error: 'INVALID_RECORD', message, records: keyless };
  }
  if (early.length === 0) return undefined;
  const message = `Records are further behind the broker's clock (${nowMs}) than message.timestamp.before.max.ms allows.`;
  return { error: 'INVALID_TIMESTAMP', message, records: early };
}

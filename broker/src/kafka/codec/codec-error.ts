import { ChronikError } from '../../edge/index.ts';

/**
 * - `KAFKA_TRUNCATED`: the bytes end before the message does.
 * - `KAFKA_MALFORMED`: a length, count, marker or number that the protocol does not allow at this place.
 * - `KAFKA_VALUE`: a value given for encoding does not fit its field.
 * - `KAFKA_UNKNOWN_API`: no such API key.
 * - `KAFKA_UNSUPPORTED_VERSION`: the message has no such version.
 * - `KAFKA_CORRUPT_BATCH`: a record batch contradicts itself.
 * - `KAFKA_DECOMPRESSION`: compressed records cannot be read, or are larger than allowed.
 */
export type KafkaCodecErrorCode =
  | 'KAFKA_TRUNCATED'
  | 'KAFKA_MALFORMED'
  | 'KAFKA_VALUE'
  | 'KAFKA_UNKNOWN_API'
  | 'KAFKA_UNSUPPORTED_VERSION'
  | 'KAFKA_CORRUPT_BATCH'
  | 'KAFKA_DECOMPRESSION';

/** Bytes that are not what they claim to be, or a value that has no bytes. */
export class KafkaCodecError extends ChronikError {
  constructor(code: KafkaCodecErrorCode, message: string, options: { readonly cause?: unknown } = {}) {
    super(code, message, { remedy: remedies[code], ...options });
  }
}

const senderAtFault = 'Check the client that sent these bytes; the connection is closed.';

const remedies: Readonly<Record<KafkaCodecErrorCode, string>> = {
  KAFKA_TRUNCATED: senderAtFault,
  KAFKA_MALFORMED: senderAtFault,
  KAFKA_VALUE: 'This is a bug in Chronik; report it.',
  KAFKA_UNKNOWN_API: 'Use a client that reads the ApiVersions response.',
  KAFKA_UNSUPPORTED_VERSION: 'Use a client that reads the ApiVersions response.',
  KAFKA_CORRUPT_BATCH: senderAtFault,
  KAFKA_DECOMPRESSION: 'Check the producer that compressed these records.',
};

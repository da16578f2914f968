/**
 * Kafka's wire format: bytes in, objects out, no input or output of its own.
 *
 *     schema/           every message of the protocol, field by field, in the notation of notation.ts
 *     types.ts          the TypeScript types of messages, inferred from the schema
 *     codec/            schema + version -> closures that read and write it, compiled once at first use
 *     apis.ts           API keys: versions, header versions, schema
 *     frames.ts         whole requests and responses, for both sides of a connection
 *     record-batch/     record batches, read and changed in place; records by a cursor
 *     compression/      gzip, snappy, LZ4 and zstd in the framings that clients use
 *     coordinator-records.ts, versioned.ts   what travels inside records and opaque fields
 *     errors.ts         error codes
 *
 * Offsets, timestamps and other 64-bit integers are safe-integer numbers (negative sentinels such as -1 included); the few
 * exceptions are marked in the schema. Byte runs are views of what was received and references to what is sent.
 */
export {
  type ApiDefinition,
  type ApiKey,
  type ApiKeyOf,
  type ApiName,
  type ApiNameOf,
  ApiKeys,
  type RequestInput,
  type RequestOf,
  type ResponseInput,
  type ResponseOf,
  apiNamed,
  apis,
  requestHeaderVersion,
  responseHeaderVersion,
} from './apis.ts';
export { compress, decompress } from './compression/compression.ts';
export { KafkaCodecError, type KafkaCodecErrorCode } from './codec/codec-error.ts';
export { type Codec, compile } from './codec/compile.ts';
export { Reader, ZERO_UUID } from './codec/reader.ts';
export { Writer } from './codec/writer.ts';
export {
  type EncodedCoordinatorRecord,
  type GroupRecord,
  type GroupRecordKey,
  type GroupRecordName,
  type GroupRecordValue,
  type GroupRecordValueInput,
  type TransactionRecord,
  type TransactionRecordKey,
  type TransactionRecordName,
  type TransactionRecordValue,
  type TransactionRecordValueInput,
  type UnknownCoordinatorRecord,
  decodeGroupRecord,
  decodeTransactionRecord,
  encodeGroupRecord,
  encodeTransactionRecord,
} from './coordinator-records.ts';
export { type KafkaErrorCode, type KafkaErrorName, KafkaErrors, isRetriable, kafkaErrorName } from './errors.ts';
export {
  type DecodedRequestHeader,
  decodeCorrelationId,
  decodeRequest,
  decodeRequestHeader,
  decodeResponse,
  encodeRequest,
  encodeResponse,
} from './frames.ts';
export type { Fields, Schema } from './notation.ts';
export {
  type BatchProblem,
  batchPositions,
  batchProblem,
  batchesOf,
  completeBatchSizeBytes,
} from './record-batch/batches.ts';
export { type BatchToBuild, type RecordToBuild, buildBatch } from './record-batch/build-batch.ts';
export {
  type ControlRecordType,
  type EndTxnMarkerToBuild,
  buildEndTxnMarker,
  controlRecordType,
  markerCoordinatorEpoch,
} from './record-batch/control-records.ts';
export { combineCrc32c } from './record-batch/combine-crc.ts';
export {
  isBatchCrcValid,
  isStoredBatch,
  setMaxTimestampAndLogAppendTime,
  updateBatchCrc,
  wholeBatchCrc,
} from './record-batch/crc.ts';
export {
  type BatchHeader,
  type Compression,
  type TimestampType,
  addSequence,
  attributesOf,
  baseOffsetOf,
  baseSequenceOf,
  baseTimestampMsOf,
  batchSizeBytes,
  compressionOf,
  isControlBatch,
  isTransactionalBatch,
  lastOffsetOf,
  lastOffsetDeltaOf,
  lastSequenceOf,
  maxTimestampMsOf,
  parseBatchHeader,
  partitionLeaderEpochOf,
  producerEpochOf,
  producerIdOf,
  recordCountOf,
  setBaseOffset,
  setPartitionLeaderEpoch,
  timestampTypeOf,
} from './record-batch/header.ts';
export { RecordCursor, type RecordHeader } from './record-batch/record-cursor.ts';
export { type KafkaRecord, decodeRecords } from './record-batch/records.ts';
export { ConsumerProtocolSubscription } from './schema/data.ts';
export type { Decoded, Input, InputOf, MessageOf, RecordsInput } from './types.ts';
export { decodeVersioned, encodeVersioned } from './versioned.ts';

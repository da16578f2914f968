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
export { KafkaCodecError, type KafkaCodecErrorCode } from './codec/codec-error.ts';
export { type Codec, compile } from './codec/compile.ts';
export { Reader, ZERO_UUID } from './codec/reader.ts';
export { Writer } from './codec/writer.ts';
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
export type { Decoded, Input, InputOf, MessageOf, RecordsInput } from './types.ts';

import {
  type ApiDefinition,
  type ApiKey,
  type ApiName,
  type ApiNameOf,
  type RequestInput,
  type RequestOf,
  type ResponseInput,
  type ResponseOf,
  apis,
  requestHeaderVersion,
  responseHeaderVersion,
} from './apis.ts';
import { KafkaCodecError } from './codec/codec-error.ts';
import { compile } from './codec/compile.ts';
import { Reader } from './codec/reader.ts';
import { Writer } from './codec/writer.ts';
import type { Schema } from './notation.ts';
import { RequestHeader, ResponseHeader } from './schema/headers.ts';

/**
 * Whole requests and responses.
 *
 *     frame   = size(int32) payload
 *     payload = header body
 *
 * Decoding takes the payload (a frame without its size, as the connection cut it out); encoding returns the frame with it.
 */

/** The part of a request header that every version has, and the reader that stands behind the header. */
export interface DecodedRequestHeader {
  readonly apiKey: number;
  readonly apiVersion: number;
  readonly correlationId: number;
  readonly clientId: string | null;
  /** Undefined when no such API or version exists: `reader` then stands behind the correlation id. */
  readonly api: ApiDefinition | undefined;
  /** Stands at the first byte of the body. */
  readonly reader: Reader;
}

/**
 * Reads a request's header. An unknown key or version is no error here: an unknown ApiVersions version must be answered,
 * with a version 0 body and UNSUPPORTED_VERSION (KIP-511), for which the correlation id is enough.
 * Throws KafkaCodecError when even that cannot be read.
 */
export function decodeRequestHeader(payload: Buffer): DecodedRequestHeader {
  const reader = new Reader(payload);
  const apiKey = reader.int16();
  const apiVersion = reader.int16();
  const correlationId = reader.int32();
  const api = apis.get(apiKey);
  if (api === undefined || apiVersion < 0 || apiVersion > api.maxVersion) {
    return { apiKey, apiVersion, correlationId, clientId: null, api: undefined, reader };
  }
  reader.position = 0;
  const { clientId } = compile(RequestHeader, requestHeaderVersion(api, apiVersion)).decode(reader);
  return { apiKey, apiVersion, correlationId, clientId, api, reader };
}

/** Reads a request's body. Byte runs are views of the payload. Throws KafkaCodecError, also for an unknown key or version. */
export function decodeRequest<K extends ApiKey>(apiKey: K, apiVersion: number, reader: Reader): RequestOf<ApiNameOf<K>>;
export function decodeRequest(apiKey: number, apiVersion: number, reader: Reader): RequestOf<ApiName>;
export function decodeRequest(apiKey: number, apiVersion: number, reader: Reader): RequestOf<ApiName> {
  const schema: Schema = apiOrThrow(apiKey).schema.request;
  return compile(schema, apiVersion).decode(reader);
}

/** The frame of a request, in chunks; record batches are among them by reference. Throws KafkaCodecError. */
export function encodeRequest<K extends ApiKey>(
  apiKey: K,
  apiVersion: number,
  correlationId: number,
  clientId: string | null,
  body: RequestInput<ApiNameOf<K>>,
): Buffer[] {
  const api = apiOrThrow(apiKey);
  const writer = new Writer();
  const header = { requestApiKey: apiKey, requestApiVersion: apiVersion, correlationId, clientId };
  writer.int32(0);
  compile(RequestHeader, requestHeaderVersion(api, apiVersion)).encode(writer, header);
  const schema: Schema = api.schema.request;
  compile(schema, apiVersion).encode(writer, body);
  return finishFrame(writer);
}

/** Reads the correlation id with which every response begins. */
export function decodeCorrelationId(payload: Buffer): number {
  return new Reader(payload).int32();
}

/** Reads a response to a request of this key and version. Byte runs are views of the payload. Throws KafkaCodecError. */
export function decodeResponse<K extends ApiKey>(
  apiKey: K,
  apiVersion: number,
  payload: Buffer,
): { readonly correlationId: number; readonly body: ResponseOf<ApiNameOf<K>> } {
  const api = apiOrThrow(apiKey);
  const reader = new Reader(payload);
  const { correlationId } = compile(ResponseHeader, responseHeaderVersion(api, apiVersion)).decode(reader);
  const schema: Schema = api.schema.response;
  return { correlationId, body: compile(schema, apiVersion).decode(reader) as ResponseOf<ApiNameOf<K>> };
}

/** The frame of a response, in chunks; record batches are among them by reference. Throws KafkaCodecError. */
export function encodeResponse<K extends ApiKey>(
  apiKey: K,
  apiVersion: number,
  correlationId: number,
  body: ResponseInput<ApiNameOf<K>>,
): Buffer[] {
  const api = apiOrThrow(apiKey);
  const writer = new Writer();
  writer.int32(0);
  compile(ResponseHeader, responseHeaderVersion(api, apiVersion)).encode(writer, { correlationId });
  const schema: Schema = api.schema.response;
  compile(schema, apiVersion).encode(writer, body);
  return finishFrame(writer);
}

function apiOrThrow(apiKey: number): ApiDefinition {
  const api = apis.get(apiKey);
  if (api === undefined) throw new KafkaCodecError('KAFKA_UNKNOWN_API', `There is no API with key ${apiKey}.`);
  return api;
}

const SIZE_BYTES = 4;

/** Fills in the size at the front of the first chunk. */
function finishFrame(writer: Writer): Buffer[] {
  const { size } = writer;
  const chunks = writer.finish();
  chunks[0]?.writeInt32BE(size - SIZE_BYTES, 0);
  return chunks;
}

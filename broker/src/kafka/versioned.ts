import { compile } from './codec/compile.ts';
import { Reader } from './codec/reader.ts';
import { parseVersions } from './codec/spec.ts';
import { Writer } from './codec/writer.ts';
import type { Fields, Schema } from './notation.ts';
import type { Decoded, Input } from './types.ts';

/**
 * Structures with their version in front, as clients put them into opaque byte fields:
 *
 *     subscription of a group member (ConsumerProtocolSubscription) = version(int16) fields
 */

/** Throws KafkaCodecError. */
export function encodeVersioned<F extends Fields>(schema: Schema<F>, version: number, value: Input<F>): Buffer {
  const writer = new Writer(256);
  writer.int16(version);
  compile(schema, version).encode(writer, value);
  return writer.finishOne();
}

/**
 * Reads such a structure and tells its version. One that is newer than known is read as the newest known, and bytes behind
 * it are left alone: newer versions only add fields at the end (the rule of Kafka's ConsumerProtocol). Throws
 * KafkaCodecError.
 */
export function decodeVersioned<F extends Fields>(
  schema: Schema<F>,
  bytes: Buffer,
): { readonly version: number; readonly value: Decoded<F> } {
  const reader = new Reader(bytes);
  const version = reader.int16();
  const newest = parseVersions(schema.versions).max;
  return { version, value: compile(schema, Math.min(version, newest)).decode(reader) };
}

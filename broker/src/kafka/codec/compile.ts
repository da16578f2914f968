import type { Fields, Schema } from '../notation.ts';
import type { Decoded, Input } from '../types.ts';
import { KafkaCodecError } from './codec-error.ts';
import { type CompileTarget, structDecoder } from './decode.ts';
import { structEncoder } from './encode.ts';
import type { Reader } from './reader.ts';
import { includes, parseVersions } from './spec.ts';
import type { Writer } from './writer.ts';

/** Reads and writes one version of one message. */
export interface Codec<F extends Fields> {
  /** Byte runs in the result are views of the reader's buffer. Throws KafkaCodecError. */
  readonly decode: (reader: Reader) => Decoded<F>;
  /** Byte runs go into the writer by reference. Throws KafkaCodecError. */
  readonly encode: (writer: Writer, value: Input<F>) => void;
}

const compiled = new WeakMap<Schema, Codec<Fields>[]>();

/** The codec of one version, compiled at first use. Throws KafkaCodecError for a version that the message does not have. */
export function compile<F extends Fields>(schema: Schema<F>, version: number): Codec<F> {
  let versions = compiled.get(schema);
  if (versions === undefined) {
    versions = [];
    compiled.set(schema, versions);
  }
  let codec = versions[version];
  if (codec === undefined) {
    codec = compileVersion(schema, version);
    versions[version] = codec;
  }
  // The cache holds codecs of every message; the key of this one is its schema, whose fields give the type.
  return codec as unknown as Codec<F>;
}

function compileVersion(schema: Schema, version: number): Codec<Fields> {
  if (!includes(parseVersions(schema.versions), version)) {
    throw new KafkaCodecError(
      'KAFKA_UNSUPPORTED_VERSION',
      `${schema.name} has no version ${version}; valid: ${schema.versions}.`,
    );
  }
  const flexibleVersions = parseVersions(schema.flexible);
  const target: CompileTarget = { version, flexible: includes(flexibleVersions, version) };
  const { read } = structDecoder(schema.fields, target);
  return {
    decode: read as (reader: Reader) => Decoded<Fields>,
    encode: structEncoder(schema.fields, target, `${schema.name} v${version}`),
  };
}

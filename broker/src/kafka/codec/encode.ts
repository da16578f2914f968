import type { Field, Fields, Kind } from '../notation.ts';
import { KafkaCodecError } from './codec-error.ts';
import type { CompileTarget } from './decode.ts';
import { type ParsedSpec, defaultOf, includes, parseField } from './spec.ts';
import { Writer } from './writer.ts';

/** Writes one value; throws KafkaCodecError (KAFKA_VALUE) for one that does not fit. */
type Encoder = (writer: Writer, value: unknown) => void;

type Struct = Readonly<Record<string, unknown>>;

interface FieldEncoder {
  readonly name: string;
  readonly fallback: unknown;
  readonly write: Encoder;
}

interface TaggedEncoder extends FieldEncoder {
  readonly tag: number;
  readonly isDefault: (value: unknown) => boolean;
}

/** Compiles the writer of a structure; `path` names it in errors. */
export function structEncoder(fields: Fields, target: CompileTarget, path: string): Encoder {
  const plain: FieldEncoder[] = [];
  const tagged: TaggedEncoder[] = [];
  for (const [name, field] of Object.entries(fields)) {
    const spec = parseField(field);
    if (!includes(spec.versions, target.version)) continue;
    const fieldPath = `${path}.${name}`;
    const base = { name, fallback: defaultOf(field, spec), write: fieldEncoder(field, spec, target, fieldPath) };
    if (spec.tag === undefined) plain.push(base);
    else tagged.push({ ...base, tag: spec.tag, isDefault: defaultTest(field, spec) });
  }
  tagged.sort((a, b) => a.tag - b.tag);
  return (writer, value) => {
    if (typeof value !== 'object' || value === null) throw mismatch(path, value, 'an object');
    const struct = value as Struct;
    for (const { name, fallback, write } of plain) {
      const member = struct[name];
      write(writer, member === undefined ? fallback : member);
    }
    if (target.flexible) writeTagged(writer, struct, tagged);
  };
}

/** The tagged-field section: only what differs from its default, in the order of the tags (KIP-482). */
function writeTagged(writer: Writer, struct: Struct, tagged: readonly TaggedEncoder[]): void {
  const present = tagged.length === 0 ? tagged : tagged.filter((field) => isPresent(field, struct));
  writer.uvarint(present.length);
  for (const { name, tag, write } of present) {
    const payload = new Writer(128);
    write(payload, struct[name]);
    writer.uvarint(tag);
    writer.uvarint(payload.size);
    writer.append(payload);
  }
}

function isPresent({ name, isDefault }: TaggedEncoder, struct: Struct): boolean {
  const value = struct[name];
  return value !== undefined && !isDefault(value);
}

/** Tells whether a tagged field may be left out. */
function defaultTest(field: Field, spec: ParsedSpec): (value: unknown) => boolean {
  const fallback = defaultOf(field, spec);
  if (fallback === null) return (value) => value === null;
  if (spec.isArray) return (value) => Array.isArray(value) && value.length === 0;
  if (typeof field === 'string') {
    if (spec.type !== 'bytes') return (value) => value === fallback;
    return (value) => Buffer.isBuffer(value) && value.length === 0;
  }
  const tests = Object.entries(field.fields).map(([name, member]) => ({
    name,
    isDefault: defaultTest(member, parseField(member)),
  }));
  return (value) => {
    if (value === null) return false;
    const struct = value as Struct;
    return tests.every(({ name, isDefault }) => struct[name] === undefined || isDefault(struct[name]));
  };
}

function fieldEncoder(field: Field, spec: ParsedSpec, target: CompileTarget, path: string): Encoder {
  const nullable = includes(spec.nullable, target.version);
  const flexible = target.flexible && spec.followsFlexible;
  if (spec.isArray) {
    const element =
      typeof field === 'string'
        ? leafEncoder(spec.type as Kind, false, flexible, path)
        : structEncoder(field.fields, target, path);
    return arrayEncoder(element, nullable, flexible, path);
  }
  if (typeof field === 'string') return leafEncoder(spec.type as Kind, nullable, flexible, path);
  const struct = structEncoder(field.fields, target, path);
  if (!nullable) return struct;
  return (writer, value) => {
    writer.int8(value === null ? -1 : 1);
    if (value !== null) struct(writer, value);
  };
}

function arrayEncoder(element: Encoder, nullable: boolean, flexible: boolean, path: string): Encoder {
  const writeLength = lengthWriter(flexible, 4);
  return (writer, value) => {
    if (value === null && nullable) {
      writeLength(writer, -1);
      return;
    }
    if (!Array.isArray(value)) throw mismatch(path, value, 'an array');
    writeLength(writer, value.length);
    for (const item of value) element(writer, item);
  };
}

function lengthWriter(flexible: boolean, widthBytes: 2 | 4): (writer: Writer, length: number) => void {
  if (flexible) return (writer, length) => writer.uvarint(length + 1);
  if (widthBytes === 2) return (writer, length) => writer.int16(length);
  return (writer, length) => writer.int32(length);
}

const MAX_STRING_BYTES = 0x7fff;

function leafEncoder(kind: Kind, nullable: boolean, flexible: boolean, path: string): Encoder {
  switch (kind) {
    case 'bool':
      return (writer, value) => {
        if (typeof value !== 'boolean') throw mismatch(path, value, 'a boolean');
        writer.bool(value);
      };
    case 'int8':
      return integerEncoder(path, kind, -0x80, 0x7f, (writer, value) => writer.int8(value));
    case 'int16':
      return integerEncoder(path, kind, -0x8000, 0x7fff, (writer, value) => writer.int16(value));
    case 'uint16':
      return integerEncoder(path, kind, 0, 0xffff, (writer, value) => writer.int16(value));
    case 'int32':
      return integerEncoder(path, kind, -0x8000_0000, 0x7fff_ffff, (writer, value) => writer.int32(value));
    case 'uint32':
      return integerEncoder(path, kind, 0, 0xffff_ffff, (writer, value) => writer.int32(value));
    case 'int64':
    case 'clamp64':
      return integerEncoder(path, kind, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER, (writer, value) =>
        writer.int64(value),
      );
    case 'big64':
      return (writer, value) => {
        if (typeof value !== 'bigint' || BigInt.asIntN(64, value) !== value) {
          throw mismatch(path, value, 'a 64-bit bigint');
        }
        writer.big64(value);
      };
    case 'float64':
      return (writer, value) => {
        if (typeof value !== 'number') throw mismatch(path, value, 'a number');
        writer.float64(value);
      };
    case 'uuid':
      return (writer, value) => {
        if (typeof value !== 'string' || !UUID.test(value)) throw mismatch(path, value, 'a base64url uuid');
        writer.uuid(value);
      };
    case 'string':
      return stringEncoder(nullable, flexible, path);
    case 'bytes':
    case 'records':
      return bytesEncoder(kind, nullable, flexible, path);
  }
}

/** 16 bytes in base64url without padding; the last character carries two bits. */
const UUID = /^[\w-]{21}[AQgw]$/;

function integerEncoder(
  path: string,
  kind: Kind,
  min: number,
  max: number,
  write: (writer: Writer, value: number) => void,
): Encoder {
  return (writer, value) => {
    if (typeof value !== 'number' || !(value >= min && value <= max) || !Number.isInteger(value)) {
      throw mismatch(path, value, kind);
    }
    write(writer, value);
  };
}

function stringEncoder(nullable: boolean, flexible: boolean, path: string): Encoder {
  const writeLength = lengthWriter(flexible, 2);
  return (writer, value) => {
    if (value === null && nullable) {
      writeLength(writer, -1);
      return;
    }
    if (typeof value !== 'string') throw mismatch(path, value, nullable ? 'a string or null' : 'a string');
    const byteLength = Buffer.byteLength(value);
    if (byteLength > MAX_STRING_BYTES) throw mismatch(path, `${byteLength} bytes`, `at most ${MAX_STRING_BYTES} bytes`);
    writeLength(writer, byteLength);
    writer.utf8(value, byteLength);
  };
}

function bytesEncoder(kind: 'bytes' | 'records', nullable: boolean, flexible: boolean, path: string): Encoder {
  const writeLength = lengthWriter(flexible, 4);
  return (writer, value) => {
    if (value === null && nullable) {
      writeLength(writer, -1);
    } else if (Buffer.isBuffer(value)) {
      writeLength(writer, value.length);
      if (kind === 'bytes') writer.bytes(value);
      else writer.reference(value);
    } else if (kind === 'records' && Array.isArray(value)) {
      const parts = value as readonly Buffer[];
      let sizeBytes = 0;
      for (const part of parts) sizeBytes += part.length;
      writeLength(writer, sizeBytes);
      for (const part of parts) writer.reference(part);
    } else {
      throw mismatch(path, value, kind);
    }
  };
}

function mismatch(path: string, value: unknown, wanted: string): KafkaCodecError {
  const shown = value === null || typeof value !== 'object' ? String(value) : typeof value;
  return new KafkaCodecError('KAFKA_VALUE', `${path} must be ${wanted}, but is ${shown}.`);
}

import type { Field, Fields, Kind } from '../notation.ts';
import { KafkaCodecError } from './codec-error.ts';
import type { Reader } from './reader.ts';
import { type ParsedSpec, defaultOf, includes, parseField } from './spec.ts';

/** Reads one value. `minSizeBytes` is the least it can take on the wire. */
interface Decoder {
  readonly read: (reader: Reader) => unknown;
  readonly minSizeBytes: number;
}

type Struct = Record<string, unknown>;

/** Which version is being compiled, and whether in the compact encoding. */
export interface CompileTarget {
  readonly version: number;
  readonly flexible: boolean;
}

/** Compiles the reader of a structure: one closure per field, chosen once; nothing of the schema is looked at later. */
export function structDecoder(fields: Fields, target: CompileTarget): Decoder {
  const defaults: Struct = {};
  const names: string[] = [];
  const reads: ((reader: Reader) => unknown)[] = [];
  const tagged = new Map<number, { readonly name: string; readonly read: (reader: Reader) => unknown }>();
  let minSizeBytes = target.flexible ? 1 : 0;
  for (const [name, field] of Object.entries(fields)) {
    const spec = parseField(field);
    defaults[name] = defaultOf(field, spec);
    if (!includes(spec.versions, target.version)) continue;
    const decoder = fieldDecoder(field, spec, target);
    if (spec.tag !== undefined) {
      tagged.set(spec.tag, { name, read: decoder.read });
    } else {
      names.push(name);
      reads.push(decoder.read);
      minSizeBytes += decoder.minSizeBytes;
    }
  }
  const count = reads.length;
  const read = (reader: Reader): Struct => {
    // Copying the defaults first gives every structure of this version the same hidden class; Object.assign does it twice as
    // fast as a spread, which cannot be specialized here because all messages share this line.
    const value: Struct = Object.assign({}, defaults);
    for (let i = 0; i < count; i++) value[names[i] as string] = (reads[i] as Decoder['read'])(reader);
    return value;
  };
  if (!target.flexible) return { read, minSizeBytes };
  if (tagged.size === 0) {
    const readAndSkip = (reader: Reader): Struct => {
      const value = read(reader);
      reader.skipTaggedFields();
      return value;
    };
    return { read: readAndSkip, minSizeBytes };
  }
  const readWithTags = (reader: Reader): Struct => {
    const value = read(reader);
    for (let left = reader.uvarint(); left > 0; left--) {
      const field = tagged.get(reader.uvarint());
      const sizeBytes = reader.uvarint();
      if (field === undefined) {
        reader.take(sizeBytes);
      } else {
        const outerEnd = reader.enter(sizeBytes);
        value[field.name] = field.read(reader);
        reader.leave(outerEnd);
      }
    }
    return value;
  };
  return { read: readWithTags, minSizeBytes };
}

function fieldDecoder(field: Field, spec: ParsedSpec, target: CompileTarget): Decoder {
  const nullable = includes(spec.nullable, target.version);
  const flexible = target.flexible && spec.followsFlexible;
  if (spec.isArray) {
    const element =
      typeof field === 'string' ? leafDecoder(spec.type as Kind, false, flexible) : structDecoder(field.fields, target);
    return arrayDecoder(element, nullable, flexible);
  }
  if (typeof field === 'string') return leafDecoder(spec.type as Kind, nullable, flexible);
  const struct = structDecoder(field.fields, target);
  return nullable ? nullableStructDecoder(struct) : struct;
}

/** A structure that may be null has one byte in front: -1 for null, otherwise 1. */
function nullableStructDecoder(struct: Decoder): Decoder {
  const read = (reader: Reader): unknown => (reader.int8() < 0 ? null : struct.read(reader));
  return { read, minSizeBytes: 1 };
}

function arrayDecoder(element: Decoder, nullable: boolean, flexible: boolean): Decoder {
  const readElement = element.read;
  const readLength = lengthReader(flexible, 4, nullable);
  const read = (reader: Reader): unknown => {
    const count = readLength(reader);
    if (count < 0) return null;
    reader.expectElements(count, element.minSizeBytes);
    const values: unknown[] = [];
    for (let i = 0; i < count; i++) values.push(readElement(reader));
    return values;
  };
  return { read, minSizeBytes: flexible ? 1 : 4 };
}

/** Reads a length: -1 stands for null and is refused unless the field is nullable. */
function lengthReader(flexible: boolean, widthBytes: 2 | 4, nullable: boolean): (reader: Reader) => number {
  const check = (length: number, reader: Reader): number => {
    if (length < (nullable ? -1 : 0)) {
      throw new KafkaCodecError('KAFKA_MALFORMED', `The length before byte ${reader.position} is ${length}.`);
    }
    return length;
  };
  if (flexible) return (reader) => check(reader.uvarint() - 1, reader);
  if (widthBytes === 2) return (reader) => check(reader.int16(), reader);
  return (reader) => check(reader.int32(), reader);
}

const fixed: Readonly<Partial<Record<Kind, Decoder>>> = {
  bool: { read: (reader) => reader.bool(), minSizeBytes: 1 },
  int8: { read: (reader) => reader.int8(), minSizeBytes: 1 },
  int16: { read: (reader) => reader.int16(), minSizeBytes: 2 },
  int32: { read: (reader) => reader.int32(), minSizeBytes: 4 },
  int64: { read: (reader) => reader.int64(), minSizeBytes: 8 },
  clamp64: { read: (reader) => reader.clamp64(), minSizeBytes: 8 },
  big64: { read: (reader) => reader.big64(), minSizeBytes: 8 },
  uint16: { read: (reader) => reader.uint16(), minSizeBytes: 2 },
  uint32: { read: (reader) => reader.uint32(), minSizeBytes: 4 },
  float64: { read: (reader) => reader.float64(), minSizeBytes: 8 },
  uuid: { read: (reader) => reader.uuid(), minSizeBytes: 16 },
};

const MAX_STRING_BYTES = 0x7fff;

function leafDecoder(kind: Kind, nullable: boolean, flexible: boolean): Decoder {
  const plain = fixed[kind];
  if (plain !== undefined) return plain;
  if (kind === 'string') {
    const readLength = lengthReader(flexible, 2, nullable);
    const read = (reader: Reader): string | null => {
      const length = readLength(reader);
      if (length < 0) return null;
      if (length > MAX_STRING_BYTES) {
        throw new KafkaCodecError('KAFKA_MALFORMED', `The string at byte ${reader.position} has ${length} bytes.`);
      }
      return reader.utf8(length);
    };
    return { read, minSizeBytes: flexible ? 1 : 2 };
  }
  const readLength = lengthReader(flexible, 4, nullable);
  const read = (reader: Reader): Buffer | null => {
    const length = readLength(reader);
    return length < 0 ? null : reader.view(length);
  };
  return { read, minSizeBytes: flexible ? 1 : 4 };
}

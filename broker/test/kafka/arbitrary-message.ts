import fc from 'fast-check';
import { type ParsedSpec, defaultOf, includes, parseField } from '../../src/kafka/codec/spec.ts';
import type { InputOf } from '../../src/kafka/index.ts';
import type { Field, Fields, Kind, Schema } from '../../src/kafka/notation.ts';

/** Any value that one version of a message can carry; fields that are not in that version hold their defaults. */
export function arbitraryMessage(schema: Schema, version: number): fc.Arbitrary<InputOf<Schema>> {
  // The members are made to fit the schema, which a type that is only known at run time cannot say.
  return arbitraryStruct(schema.fields, version) as fc.Arbitrary<InputOf<Schema>>;
}

function arbitraryStruct(fields: Fields, version: number): fc.Arbitrary<Record<string, unknown>> {
  const members: Record<string, fc.Arbitrary<unknown>> = {};
  for (const [name, field] of Object.entries(fields)) {
    const spec = parseField(field);
    members[name] = includes(spec.versions, version)
      ? arbitraryField(field, spec, version)
      : fc.constant(defaultOf(field, spec));
  }
  return fc.record(members, { noNullPrototype: true });
}

function arbitraryField(field: Field, spec: ParsedSpec, version: number): fc.Arbitrary<unknown> {
  const one = typeof field === 'string' ? kinds[spec.type as Kind] : arbitraryStruct(field.fields, version);
  const value = spec.isArray ? fc.array(one, { maxLength: 2 }) : one;
  const orNull = includes(spec.nullable, version) ? fc.option(value, { nil: null, freq: 3 }) : value;
  // A tagged field that holds its default is left out on the wire: make that likely.
  return spec.tag === undefined ? orNull : fc.oneof(fc.constant(defaultOf(field, spec)), orNull);
}

const bytes = fc.uint8Array({ maxLength: 20 }).map((array) => Buffer.from(array));
const longBytes = fc.integer({ min: 200, max: 2000 }).map((length) => Buffer.alloc(length, 7));
const someBytes = fc.oneof({ weight: 9, arbitrary: bytes }, { weight: 1, arbitrary: longBytes });

const kinds: Readonly<Record<Kind, fc.Arbitrary<unknown>>> = {
  bool: fc.boolean(),
  int8: fc.integer({ min: -0x80, max: 0x7f }),
  int16: fc.integer({ min: -0x8000, max: 0x7fff }),
  int32: fc.integer({ min: -0x8000_0000, max: 0x7fff_ffff }),
  int64: fc.maxSafeInteger(),
  clamp64: fc.maxSafeInteger(),
  big64: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  uint16: fc.integer({ min: 0, max: 0xffff }),
  uint32: fc.integer({ min: 0, max: 0xffff_ffff }),
  float64: fc.double({ noNaN: true }),
  string: fc.oneof(
    fc.string({ maxLength: 12 }),
    fc.string({ unit: 'grapheme', maxLength: 12 }),
    fc.string({ minLength: 25, maxLength: 300 }),
  ),
  uuid: fc.uint8Array({ minLength: 16, maxLength: 16 }).map((array) => Buffer.from(array).toString('base64url')),
  bytes: someBytes,
  records: someBytes,
};

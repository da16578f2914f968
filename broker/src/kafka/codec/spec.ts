import type { Field, Kind, Schema } from '../notation.ts';
import { ZERO_UUID } from './reader.ts';

/** A version range, both ends included; empty when `min > max`. */
export interface VersionRange {
  readonly min: number;
  readonly max: number;
}

const MAX_VERSION = 0x7fff;
const NO_VERSIONS: VersionRange = { min: 1, max: 0 };

/** What one field string says, see notation.ts. */
export interface ParsedSpec {
  /** The plain type, or Kafka's name of the structure. */
  readonly type: string;
  readonly isArray: boolean;
  readonly versions: VersionRange;
  readonly nullable: VersionRange;
  /** Undefined for a field that is not tagged. */
  readonly tag: number | undefined;
  /** Undefined when the field string names no default. */
  readonly defaultText: string | undefined;
  /** False for the one string that keeps its old encoding in flexible versions (RequestHeader's client id). */
  readonly followsFlexible: boolean;
}

/** `'3-13'`, `'9+'`, `'0'` or `'none'`. */
export function parseVersions(text: string): VersionRange {
  if (text === 'none') return NO_VERSIONS;
  const match = /^(\d+)(?:(\+)|-(\d+))?$/.exec(text);
  if (match === null) throw new TypeError(`"${text}" is no version range`);
  const min = Number(match[1]);
  if (match[2] !== undefined) return { min, max: MAX_VERSION };
  return { min, max: match[3] === undefined ? min : Number(match[3]) };
}

export function includes(range: VersionRange, version: number): boolean {
  return version >= range.min && version <= range.max;
}

export function parseField(field: Field): ParsedSpec {
  const spec = typeof field === 'string' ? field : field.spec;
  const [first = '', ...rest] = spec.split(' ');
  const isArray = typeof field === 'string' ? first.startsWith('[]') : field.shape === 'array';
  let versions = parseVersions('0+');
  let nullableText: string | undefined;
  let tag: number | undefined;
  let defaultText: string | undefined;
  let followsFlexible = true;
  for (const word of rest) {
    if (word.startsWith('?')) nullableText = word.slice(1);
    else if (word.startsWith('#')) tag = Number(word.slice(1));
    else if (word.startsWith('=')) defaultText = word.slice(1);
    else if (word === '!flexible') followsFlexible = false;
    else versions = parseVersions(word);
  }
  let nullable = NO_VERSIONS;
  if (nullableText !== undefined) nullable = nullableText === '' ? versions : parseVersions(nullableText);
  const type = typeof field === 'string' && isArray ? first.slice(2) : first;
  return { type, isArray, versions, nullable, tag, defaultText, followsFlexible };
}

const NO_BYTES = Buffer.alloc(0);
const NO_ELEMENTS: readonly never[] = Object.freeze([]);

/** The value of a field that is not on the wire: its own default, or Kafka's for the type. Never to be changed. */
export function defaultOf(field: Field, spec: ParsedSpec): unknown {
  if (spec.defaultText === 'null') return null;
  if (spec.isArray) return NO_ELEMENTS;
  if (typeof field !== 'string') return defaultsOf(field.fields);
  if (spec.type === 'records') return spec.nullable === NO_VERSIONS ? NO_BYTES : null;
  return defaultOfKind(spec.type as Kind, spec.defaultText);
}

/** A structure that consists of defaults. */
export function defaultsOf(fields: Schema['fields']): Readonly<Record<string, unknown>> {
  const values: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(fields)) values[name] = defaultOf(field, parseField(field));
  return Object.freeze(values);
}

function defaultOfKind(kind: Kind, text: string | undefined): unknown {
  switch (kind) {
    case 'bool':
      return text === 'true';
    case 'int8':
    case 'int16':
    case 'int32':
    case 'int64':
    case 'clamp64':
    case 'uint16':
    case 'uint32':
    case 'float64':
      return Number(text ?? 0);
    case 'big64':
      return BigInt(text ?? 0);
    case 'string':
      return text ?? '';
    case 'uuid':
      return ZERO_UUID;
    case 'bytes':
    case 'records':
      return NO_BYTES;
  }
}

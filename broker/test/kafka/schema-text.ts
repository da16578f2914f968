import { type ParsedSpec, parseField, parseVersions } from '../../src/kafka/codec/spec.ts';
import type { Field, Fields } from '../../src/kafka/notation.ts';

/** The reference data and our schema, both brought to one shape that can be compared with deepEqual. */

/** A field as the JSON data has it. */
export interface JsonField {
  readonly name: string;
  readonly type: string;
  readonly versions?: string;
  readonly nullableVersions?: string;
  readonly taggedVersions?: string;
  readonly flexibleVersions?: string;
  readonly tag?: number;
  readonly default?: string | number | boolean | null;
  readonly fields?: readonly JsonField[];
}

export interface JsonMessage {
  readonly name: string;
  readonly type: string;
  readonly apiKey?: number;
  readonly validVersions: string;
  readonly flexibleVersions?: string;
  readonly latestVersionUnstable?: boolean;
  readonly fields: readonly JsonField[];
  readonly commonStructs?: readonly { readonly name: string; readonly fields: readonly JsonField[] }[];
}

export interface ComparableField {
  readonly name: string;
  readonly type: string;
  readonly versions: string;
  readonly nullable: string;
  readonly tag: number | undefined;
  readonly defaultText: string | undefined;
  readonly followsFlexible: boolean;
  readonly fields: readonly ComparableField[] | undefined;
}

/** The data's view of a message. */
export function comparableFromJson(message: JsonMessage): readonly ComparableField[] {
  const structs = new Map(message.commonStructs?.map(({ name, fields }) => [name, fields]));
  const convert = (field: JsonField): ComparableField => {
    const members = field.fields ?? structs.get(field.type.replace('[]', ''));
    const versions = field.versions ?? field.taggedVersions ?? 'none';
    if (field.taggedVersions !== undefined && field.taggedVersions !== versions) {
      throw new Error(`${message.name}.${field.name} is tagged in other versions than it exists in`);
    }
    return {
      name: field.name.charAt(0).toLowerCase() + field.name.slice(1),
      type: field.type,
      versions: canonicalVersions(versions),
      nullable: canonicalVersions(field.nullableVersions ?? 'none'),
      tag: field.tag,
      defaultText: canonicalDefault(field.type, field.default),
      followsFlexible: field.flexibleVersions === undefined,
      fields: members?.map(convert),
    };
  };
  return message.fields.map(convert);
}

/** Our view of the same message. */
export function comparableFromSchema(fields: Fields): readonly ComparableField[] {
  return Object.entries(fields).map(([name, field]) => comparableField(name, field));
}

function comparableField(name: string, field: Field): ComparableField {
  const spec: ParsedSpec = parseField(field);
  const type = spec.type === 'clamp64' || spec.type === 'big64' ? 'int64' : spec.type;
  return {
    name,
    type: spec.isArray ? `[]${type}` : type,
    versions: `${spec.versions.min}-${spec.versions.max}`,
    nullable: `${spec.nullable.min}-${spec.nullable.max}`,
    tag: spec.tag,
    defaultText: spec.defaultText,
    followsFlexible: spec.followsFlexible,
    fields: typeof field === 'string' ? undefined : comparableFromSchema(field.fields),
  };
}

function canonicalVersions(text: string): string {
  const { min, max } = parseVersions(text);
  return `${min}-${max}`;
}

function canonicalDefault(type: string, value: JsonField['default']): string | undefined {
  if (value === undefined) return undefined;
  const text = String(value);
  return type.startsWith('int') && text.startsWith('0x') ? String(Number(text)) : text;
}

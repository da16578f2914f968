import { includes, parseVersions } from '../../src/kafka/codec/spec.ts';
import type { InputOf, Schema } from '../../src/kafka/index.ts';
import type { JsonField, JsonMessage } from './schema-text.ts';

/** 64-bit fields that are bigints here. */
const BIG_FIELDS = new Set(['FetchRequest.HighWatermark']);

/**
 * The values in vectors/messages.txt: the same rule as in vectors/make-messages.py. Fields are counted from 1 as they are
 * visited; the count decides the value.
 */
export function vectorValue(message: JsonMessage, version: number): InputOf<Schema> {
  const structs = new Map(message.commonStructs?.map(({ name, fields }) => [name, fields]));
  let n = 0;
  const inVersion = (text: string | undefined): boolean => text !== undefined && includes(parseVersions(text), version);

  const struct = (fields: readonly JsonField[]): Record<string, unknown> => {
    const value: Record<string, unknown> = {};
    for (const field of fields) {
      if (!inVersion(field.versions ?? field.taggedVersions)) continue;
      n++;
      const tagged = inVersion(field.taggedVersions);
      if (tagged && n % 2 === 0) continue;
      value[field.name.charAt(0).toLowerCase() + field.name.slice(1)] = fieldValue(field, tagged);
    }
    return value;
  };

  const fieldValue = (field: JsonField, tagged: boolean): unknown => {
    const at = n;
    if (!tagged && inVersion(field.nullableVersions) && at % 3 === 0) return null;
    const type = field.type.replace('[]', '');
    const members = field.fields ?? structs.get(type);
    const count = 1 + (at % 2);
    if (members !== undefined) {
      return type === field.type ? struct(members) : Array.from({ length: count }, () => struct(members));
    }
    if (type !== field.type) return Array.from({ length: count }, (_, i) => leaf(type, at + i));
    const value = leaf(type, at);
    return BIG_FIELDS.has(`${message.name}.${field.name}`) ? BigInt(value as number) : value;
  };
  return struct(message.fields) as InputOf<Schema>;
}

function leaf(kind: string, n: number): unknown {
  switch (kind) {
    case 'bool':
      return n % 2 === 1;
    case 'int8':
      return (n % 100) - 50;
    case 'int16':
      return 1000 + n;
    case 'uint16':
      return 60_000 + n;
    case 'int32':
      return -100_000 - n;
    case 'int64':
      return 2 ** 40 + n;
    case 'float64':
      return n + 0.5;
    case 'string':
      return `s${n}${n % 2 === 1 ? 'é' : ''}`;
    case 'uuid':
      return Buffer.alloc(16, (n % 255) + 1).toString('base64url');
    case 'bytes':
    case 'records':
      return Buffer.alloc(n % 4, n % 256);
    default:
      throw new Error(`no value for ${kind}`);
  }
}

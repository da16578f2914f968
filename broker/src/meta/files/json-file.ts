import { createHash } from 'node:crypto';
import { FormatTooNewError } from '../../log/index.ts';
import { MetadataCorruptError } from '../errors.ts';

// The few objects that people should be able to read are JSON. The last field is the SHA-256 of the object without it,
// written compactly in the order of the file; so it can be checked whatever the version and the white space.

export const JSON_FORMAT_VERSION = 1;

export type JsonFields = Readonly<Record<string, unknown>>;

/** The file's bytes; `formatVersion` comes first, the checksum last. */
export function encodeJsonFile(fields: JsonFields): Buffer {
  const versioned = { formatVersion: JSON_FORMAT_VERSION, ...fields };
  return Buffer.from(`${JSON.stringify({ ...versioned, sha256: checksumOf(versioned) }, undefined, 2)}\n`);
}

/**
 * The fields without version and checksum; `key` names the object in errors. Throws MetadataCorruptError if the bytes are
 * not what was written, FormatTooNewError if a later release wrote them.
 */
export function decodeJsonFile(bytes: Buffer, key: string): JsonFields {
  const { sha256, ...versioned } = parseObject(bytes, key);
  if (sha256 !== checksumOf(versioned)) throw new MetadataCorruptError(`${key} does not match its SHA-256`);
  const { formatVersion, ...fields } = versioned;
  if (typeof formatVersion !== 'number') throw new MetadataCorruptError(`${key} has no format version`);
  if (formatVersion > JSON_FORMAT_VERSION) throw new FormatTooNewError(key, `format version ${formatVersion}`);
  return fields;
}

function parseObject(bytes: Buffer, key: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString('utf8'));
  } catch (cause) {
    throw new MetadataCorruptError(`${key} is not JSON`, { cause });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new MetadataCorruptError(`${key} is not a JSON object`);
  }
  return { ...value };
}

function checksumOf(fields: JsonFields): string {
  return createHash('sha256').update(JSON.stringify(fields)).digest('hex');
}

/** Takes checked fields out of an object, and complains of those that nobody took. */
export class FieldReader {
  readonly #fields: JsonFields;
  readonly #key: string;
  readonly #taken = new Set<string>();

  constructor(fields: JsonFields, key: string) {
    this.#fields = fields;
    this.#key = key;
  }

  /** A string that matches `pattern`. */
  text(name: string, pattern: RegExp): string {
    const value = this.#take(name);
    if (typeof value !== 'string' || !pattern.test(value)) this.#refuse(name);
    return value;
  }

  /** A whole number from 0 to 2^53 - 1. */
  count(name: string): number {
    const value = this.#take(name);
    if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) this.#refuse(name);
    return value;
  }

  oneOf<T extends string>(name: string, values: readonly T[]): T {
    const value = this.#take(name);
    const known = values.find((candidate) => candidate === value);
    if (known === undefined) this.#refuse(name);
    return known;
  }

  /** What `read` makes of the object under `name`; undefined if it is null. */
  optional<T>(name: string, read: (fields: FieldReader) => T): T | undefined {
    return this.#fields[name] === null ? (this.#take(name), undefined) : this.object(name, read);
  }

  object<T>(name: string, read: (fields: FieldReader) => T): T {
    const value = this.#take(name);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) this.#refuse(name);
    const inner = new FieldReader({ ...value }, this.#key);
    const result = read(inner);
    inner.end();
    return result;
  }

  /** What `read` makes of each object of a list. */
  list<T>(name: string, read: (fields: FieldReader) => T): readonly T[] {
    const values = this.#take(name);
    if (!Array.isArray(values)) this.#refuse(name);
    return values.map((value: unknown) => new FieldReader({ item: value }, this.#key).object('item', read));
  }

  isNull(name: string): boolean {
    return this.#fields[name] === null;
  }

  /** A string that matches, or undefined if it is null. */
  optionalText(name: string, pattern: RegExp): string | undefined {
    return this.isNull(name) ? (this.#take(name), undefined) : this.text(name, pattern);
  }

  /** Throws if there was a field that nobody asked for. */
  end(): void {
    const extra = Object.keys(this.#fields).filter((name) => !this.#taken.has(name));
    if (extra.length > 0) throw new MetadataCorruptError(`${this.#key} has unexpected fields: ${extra.join(', ')}`);
  }

  #take(name: string): unknown {
    this.#taken.add(name);
    return this.#fields[name];
  }

  #refuse(name: string): never {
    throw new MetadataCorruptError(`${this.#key}: field '${name}' is missing or not what it should be`);
  }
}

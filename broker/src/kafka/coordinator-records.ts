import { KafkaCodecError } from './codec/codec-error.ts';
import { compile } from './codec/compile.ts';
import { Reader } from './codec/reader.ts';
import { parseVersions } from './codec/spec.ts';
import { Writer } from './codec/writer.ts';
import type { CoordinatorRecordSchema, Schema } from './notation.ts';
import { offsetsRecords } from './schema/records-offsets.ts';
import { shareRecords } from './schema/records-share.ts';
import { streamsRecords } from './schema/records-streams.ts';
import { transactionsRecords } from './schema/records-transactions.ts';
import type { InputOf, MessageOf } from './types.ts';
import { encodeVersioned } from './versioned.ts';

/**
 * The records of the coordinators' topics, byte for byte as Kafka writes them:
 *
 *     key   = type(int16) fields            type 1 of __consumer_offsets is a committed offset, and so on
 *     value = version(int16) fields         null, a tombstone, when the thing is gone
 */

const groupSchemas = { ...offsetsRecords, ...shareRecords, ...streamsRecords } as const;

type GroupSchemas = typeof groupSchemas;
type TransactionSchemas = typeof transactionsRecords;

/** Records of `__consumer_offsets`, by Kafka's name without "Key" and "Value", e.g. `'OffsetCommit'`. */
export type GroupRecordName = keyof GroupSchemas;
export type GroupRecordKey<N extends GroupRecordName> = InputOf<GroupSchemas[N]['key']>;
export type GroupRecordValue<N extends GroupRecordName> = MessageOf<GroupSchemas[N]['value']>;
export type GroupRecordValueInput<N extends GroupRecordName> = InputOf<GroupSchemas[N]['value']>;

/** Records of `__transaction_state`. */
export type TransactionRecordName = keyof TransactionSchemas;
export type TransactionRecordKey<N extends TransactionRecordName> = InputOf<TransactionSchemas[N]['key']>;
export type TransactionRecordValue<N extends TransactionRecordName> = MessageOf<TransactionSchemas[N]['value']>;
export type TransactionRecordValueInput<N extends TransactionRecordName> = InputOf<TransactionSchemas[N]['value']>;

/** A record of a type that this codec does not know, which a newer Kafka may have written. */
export interface UnknownCoordinatorRecord {
  readonly name: 'unknown';
  readonly type: number;
}

export type GroupRecord = {
  [N in GroupRecordName]: {
    readonly name: N;
    readonly key: MessageOf<GroupSchemas[N]['key']>;
    /** Null for a tombstone. */
    readonly value: GroupRecordValue<N> | null;
  };
}[GroupRecordName];

export type TransactionRecord = {
  [N in TransactionRecordName]: {
    readonly name: N;
    readonly key: MessageOf<TransactionSchemas[N]['key']>;
    /** Null for a tombstone. */
    readonly value: TransactionRecordValue<N> | null;
  };
}[TransactionRecordName];

/** Key and value of a record, ready for a batch. */
export interface EncodedCoordinatorRecord {
  readonly key: Buffer;
  readonly value: Buffer | null;
}

/** A record of `__consumer_offsets`; `value` null is a tombstone. `valueVersion` is the newest unless given. */
export function encodeGroupRecord<N extends GroupRecordName>(
  name: N,
  key: GroupRecordKey<N>,
  value: GroupRecordValueInput<N> | null,
  valueVersion?: number,
): EncodedCoordinatorRecord {
  return encodeRecord(groupSchemas[name], key, value, valueVersion);
}

/** A record of `__transaction_state`; `value` null is a tombstone. `valueVersion` is the newest unless given. */
export function encodeTransactionRecord<N extends TransactionRecordName>(
  name: N,
  key: TransactionRecordKey<N>,
  value: TransactionRecordValueInput<N> | null,
  valueVersion?: number,
): EncodedCoordinatorRecord {
  return encodeRecord(transactionsRecords[name], key, value, valueVersion);
}

const groupSchemaByType = byType(Object.values(groupSchemas));
const transactionSchemaByType = byType(Object.values(transactionsRecords));

/** Reads a record of `__consumer_offsets`. Throws KafkaCodecError, also for a value version that is not known. */
export function decodeGroupRecord(key: Buffer, value: Buffer | null): GroupRecord | UnknownCoordinatorRecord {
  return decodeRecord(groupSchemaByType, key, value) as GroupRecord | UnknownCoordinatorRecord;
}

/** Reads a record of `__transaction_state`. Throws KafkaCodecError, also for a value version that is not known. */
export function decodeTransactionRecord(
  key: Buffer,
  value: Buffer | null,
): TransactionRecord | UnknownCoordinatorRecord {
  return decodeRecord(transactionSchemaByType, key, value) as TransactionRecord | UnknownCoordinatorRecord;
}

function byType(schemas: readonly CoordinatorRecordSchema[]): ReadonlyMap<number, CoordinatorRecordSchema> {
  return new Map(schemas.map((schema) => [schema.type, schema]));
}

const KEY_VERSION = 0;

function encodeRecord(
  schema: CoordinatorRecordSchema,
  key: InputOf<Schema>,
  value: InputOf<Schema> | null,
  valueVersion = parseVersions(schema.value.versions).max,
): EncodedCoordinatorRecord {
  const writer = new Writer(256);
  writer.int16(schema.type);
  compile(schema.key, KEY_VERSION).encode(writer, key);
  const encodedKey = writer.finishOne();
  return { key: encodedKey, value: value === null ? null : encodeVersioned(schema.value, valueVersion, value) };
}

function decodeRecord(
  schemas: ReadonlyMap<number, CoordinatorRecordSchema>,
  key: Buffer,
  value: Buffer | null,
): UnknownCoordinatorRecord | { readonly name: string; readonly key: object; readonly value: object | null } {
  const keyReader = new Reader(key);
  const type = keyReader.int16();
  const schema = schemas.get(type);
  if (schema === undefined) return { name: 'unknown', type };
  return {
    name: schema.name,
    key: decodeAll(schema.key, KEY_VERSION, keyReader),
    value: value === null ? null : decodeValue(schema.value, value),
  };
}

function decodeValue(schema: Schema, value: Buffer): object {
  const reader = new Reader(value);
  return decodeAll(schema, reader.int16(), reader);
}

function decodeAll(schema: Schema, version: number, reader: Reader): object {
  const decoded = compile(schema, version).decode(reader);
  if (reader.remaining > 0) {
    throw new KafkaCodecError(
      'KAFKA_MALFORMED',
      `A ${schema.name} v${version} has ${reader.remaining} bytes too many.`,
    );
  }
  return decoded;
}

/**
 * The notation in which `schema/` writes Kafka's messages down.
 *
 * A field is one short string:
 *
 *     type versions ?nullable #tag =default
 *
 *     acks: 'int16'                       in every version, never null, no default
 *     transactionalId: 'string 3+ ? =null'  from version 3 on, nullable wherever it exists, null when left out
 *     responses: 'bytes 0+ ?2-7'          nullable only in versions 2 to 7 ('0+' may be left out, as it is the usual case)
 *     clusterId: 'string 12+ ? #0 =null'  tagged field with tag 0 (KIP-482)
 *     clientId: 'string 1+ ? !flexible'   keeps the old string encoding in flexible versions
 *     partitions: '[]int32 7+'            an array of a plain type
 *
 * Nested structures carry the same string in front of their fields: `array('Voter 2+', {...})`, `struct('Cursor ? =null',
 * {...})`, where the first word is Kafka's name of the structure.
 *
 * 64-bit integers come in three kinds. `int64` is a safe-integer number and anything beyond is a codec error, `clamp64`
 * is a number too but saturates at ±(2^53 - 1) when decoded (client-given limits and positions, where "beyond 2^53" means
 * "for ever" or "out of range" anyway), `big64` is a bigint (hashes, sentinels at the top of the range).
 */

/** A type of Kafka's protocol; see the note on 64-bit integers above. */
export type Kind =
  | 'bool'
  | 'int8'
  | 'int16'
  | 'int32'
  | 'int64'
  | 'clamp64'
  | 'big64'
  | 'uint16'
  | 'uint32'
  | 'float64'
  | 'string'
  | 'uuid'
  | 'bytes'
  | 'records';

export type LeafSpec = `${'[]' | ''}${Kind}${'' | ` ${string}`}`;

export interface StructField<S extends string = string, F extends Fields = Fields> {
  readonly shape: 'struct' | 'array';
  readonly spec: S;
  readonly fields: F;
}

export interface StructOne<S extends string = string, F extends Fields = Fields> extends StructField<S, F> {
  readonly shape: 'struct';
}

export interface StructArray<S extends string = string, F extends Fields = Fields> extends StructField<S, F> {
  readonly shape: 'array';
}

export type Field = LeafSpec | StructOne | StructArray;

/** Fields in wire order, under Kafka's names in camel case. */
export interface Fields {
  readonly [name: string]: Field;
}

/** One message: everything the codec needs to read and write any version of it. */
export interface Schema<F extends Fields = Fields> {
  readonly name: string;
  /** Valid versions: `'3-13'`, `'0'` or `'none'`. */
  readonly versions: string;
  /** Versions in the compact encoding with tagged fields (KIP-482): `'9+'` or `'none'`. */
  readonly flexible: string;
  readonly fields: F;
}

/** One key of the protocol: its request and its response, which always share their version ranges. */
export interface ApiSchema<
  N extends string = string,
  K extends number = number,
  Q extends Fields = Fields,
  R extends Fields = Fields,
> {
  readonly key: K;
  readonly name: N;
  /** Kafka does not offer the newest version outside its own tests. */
  readonly latestVersionUnstable: boolean;
  readonly request: Schema<Q>;
  readonly response: Schema<R>;
}

/** A record of a coordinator's topic: a key (always version 0, never flexible) and a value. */
export interface CoordinatorRecordSchema<
  N extends string = string,
  T extends number = number,
  K extends Fields = Fields,
  V extends Fields = Fields,
> {
  /** The int16 in front of the key, which tells record types apart. */
  readonly type: T;
  readonly name: N;
  readonly key: Schema<K>;
  readonly value: Schema<V>;
}

interface Versions {
  readonly versions: string;
  readonly flexible: string;
}

export function fields<const F extends Fields>(members: F): F {
  return members;
}

export function struct<const S extends string, const F extends Fields>(spec: S, members: F): StructOne<S, F> {
  return { shape: 'struct', spec, fields: members };
}

export function array<const S extends string, const F extends Fields>(spec: S, members: F): StructArray<S, F> {
  return { shape: 'array', spec, fields: members };
}

export function message<const F extends Fields>(meta: Versions & { readonly name: string }, members: F): Schema<F> {
  return { ...meta, fields: members };
}

export function api<const N extends string, const K extends number, const Q extends Fields, const R extends Fields>(
  meta: Versions & { readonly key: K; readonly name: N; readonly latestVersionUnstable?: boolean },
  request: Q,
  response: R,
): ApiSchema<N, K, Q, R> {
  const { key, name, versions, flexible } = meta;
  return {
    key,
    name,
    latestVersionUnstable: meta.latestVersionUnstable ?? false,
    request: { name: `${name}Request`, versions, flexible, fields: request },
    response: { name: `${name}Response`, versions, flexible, fields: response },
  };
}

export function coordinatorRecord<
  const N extends string,
  const T extends number,
  const K extends Fields,
  const V extends Fields,
>(meta: Versions & { readonly type: T; readonly name: N }, key: K, value: V): CoordinatorRecordSchema<N, T, K, V> {
  const { type, name, versions, flexible } = meta;
  return {
    type,
    name,
    key: { name: `${name}Key`, versions: '0', flexible: 'none', fields: key },
    value: { name: `${name}Value`, versions, flexible, fields: value },
  };
}

import type { Field, Fields, Schema, StructArray, StructOne } from './notation.ts';

/**
 * TypeScript types of messages, inferred from their schema: `MessageOf` is what decoding returns, `InputOf` what encoding
 * takes. A decoded message has every field; one that its version does not carry holds its default.
 */

/** Record batches to send: one run of bytes or several that follow each other, passed by reference, never copied. */
export type RecordsInput = Buffer | readonly Buffer[];

interface DecodedKinds {
  bool: boolean;
  int8: number;
  int16: number;
  int32: number;
  int64: number;
  clamp64: number;
  big64: bigint;
  uint16: number;
  uint32: number;
  float64: number;
  string: string;
  /** 22 characters of base64url; see ZERO_UUID. */
  uuid: string;
  /** A view of the frame, not a copy. */
  bytes: Buffer;
  /** A view of the frame, not a copy. */
  records: Buffer;
}

interface InputKinds extends Omit<DecodedKinds, 'records'> {
  records: RecordsInput;
}

type FirstWord<S extends string> = S extends `${infer W} ${string}` ? W : S;

type Leaf<W extends string, Kinds> = W extends `[]${infer K}`
  ? K extends keyof Kinds
    ? readonly Kinds[K][]
    : never
  : W extends keyof Kinds
    ? Kinds[W]
    : never;

type OrNull<S extends string, V> = S extends `${string} ?${string}` ? V | null : V;

type Digit = '0' | '1' | '2' | '3' | '4' | '5' | '6' | '7' | '8' | '9';

/** May be left out when encoding: has a default, is tagged, or is not in every version. */
type IsOptional<F extends Field> = (F extends string ? F : F extends { readonly spec: infer S } ? S : never) extends
  | `${string} =${string}`
  | `${string} #${string}`
  | `${string} ${Digit}${string}`
  ? true
  : false;

type DecodedField<F extends Field> = F extends string
  ? OrNull<F, Leaf<FirstWord<F>, DecodedKinds>>
  : F extends StructOne<infer S, infer M>
    ? OrNull<S, Decoded<M>>
    : F extends StructArray<infer S, infer M>
      ? OrNull<S, readonly Decoded<M>[]>
      : never;

type InputField<F extends Field> = F extends string
  ? OrNull<F, Leaf<FirstWord<F>, InputKinds>>
  : F extends StructOne<infer S, infer M>
    ? OrNull<S, Input<M>>
    : F extends StructArray<infer S, infer M>
      ? OrNull<S, readonly Input<M>[]>
      : never;

/** A structure as decoded: all fields present. */
export type Decoded<M extends Fields> = { readonly [N in keyof M]: DecodedField<M[N]> };

type OptionalNames<M extends Fields> = { [N in keyof M]: IsOptional<M[N]> extends true ? N : never }[keyof M];

/** A structure to encode: fields that have a default, are tagged, or are missing in some versions may be left out. */
export type Input<M extends Fields> = {
  readonly [N in Exclude<keyof M, OptionalNames<M>>]: InputField<M[N]>;
} & { readonly [N in OptionalNames<M>]?: InputField<M[N]> | undefined };

export type MessageOf<S extends Schema> = Decoded<S['fields']>;
export type InputOf<S extends Schema> = Input<S['fields']>;

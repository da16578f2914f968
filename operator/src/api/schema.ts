// A small language for the shape of a custom resource. From one table in it come the TypeScript types (`Infer`), the
// OpenAPI schema of the CRD (`openapi.ts`) and the reference (`reference.ts`), so that the three cannot disagree.

export type Json = string | number | boolean | readonly Json[] | { readonly [name: string]: Json };

/** A CEL rule; `id` names it in examples and tests. */
export interface Rule {
  readonly id: string;
  readonly rule: string;
  readonly message: string;
}

interface Common {
  readonly description: string;
  /** What the API server fills in when the field is absent. */
  readonly default?: Json;
  readonly rules?: readonly Rule[];
}

export interface StringSchema<Value extends string = string> extends Common {
  readonly kind: 'string';
  readonly values?: readonly Value[];
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly format?: 'date-time';
}

export interface IntegerSchema extends Common {
  readonly kind: 'integer';
  readonly min?: number;
  readonly max?: number;
  readonly unit?: string;
  readonly wide?: boolean;
}

export interface BooleanSchema extends Common {
  readonly kind: 'boolean';
}

/** A Kubernetes quantity or number: `500m`, `2Gi`, `1`. */
export interface QuantitySchema extends Common {
  readonly kind: 'quantity';
}

/** A structure of Kubernetes' own, handed through; Kubernetes checks it where it is used. */
export interface OpaqueSchema extends Common {
  readonly kind: 'opaque';
}

export interface ListSchema<Item extends Schema = Schema> extends Common {
  readonly kind: 'list';
  readonly items: Item;
  readonly minItems?: number;
  readonly maxItems?: number;
  /** Keys that make an item unique; the list merges by them. */
  readonly keys?: readonly string[];
}

export interface MapSchema<Value extends Schema = Schema> extends Common {
  readonly kind: 'map';
  readonly items: Value;
  readonly maxItems?: number;
}

export interface ObjectSchema<Fields extends Properties = Properties, Required extends string = string> extends Common {
  readonly kind: 'object';
  readonly properties: Fields;
  readonly required: readonly Required[];
}

export type Properties = { readonly [name: string]: Schema };

export type Schema =
  | StringSchema
  | IntegerSchema
  | BooleanSchema
  | QuantitySchema
  | OpaqueSchema
  | ListSchema
  | MapSchema
  | ObjectSchema;

type Settled = { readonly default: Json };

/** Fields that are there once the API server has admitted the object: required ones and those with a default. */
type Present<Fields extends Properties, Required extends string> = {
  [Name in keyof Fields]: Name extends Required ? Name : Fields[Name] extends Settled ? Name : never;
}[keyof Fields];

type Shape<P extends Properties, R extends string> = {
  readonly [Name in Present<P, R>]: Infer<P[Name]>;
} & {
  readonly [Name in Exclude<keyof P, Present<P, R>>]?: Infer<P[Name]>;
};

/** The TypeScript type of an admitted value. */
export type Infer<S> =
  S extends StringSchema<infer Value>
    ? Value
    : S extends { readonly kind: 'integer' }
      ? number
      : S extends { readonly kind: 'boolean' }
        ? boolean
        : S extends { readonly kind: 'quantity' }
          ? string | number
          : S extends { readonly kind: 'opaque' }
            ? { readonly [name: string]: unknown }
            : S extends { readonly kind: 'list'; readonly items: infer Item }
              ? readonly Infer<Item>[]
              : S extends { readonly kind: 'map'; readonly items: infer Item }
                ? { readonly [name: string]: Infer<Item> }
                : S extends {
                      readonly kind: 'object';
                      readonly properties: infer P extends Properties;
                      readonly required: readonly (infer R extends string)[];
                    }
                  ? Shape<P, R>
                  : never;

type Options<S extends Schema> = Omit<S, 'kind' | 'description' | 'items' | 'properties' | 'required'>;

export function text<const O extends Options<StringSchema>>(description: string, options: O = {} as O) {
  return { kind: 'string', description, ...options } as const;
}

interface Choice<Value extends string> {
  readonly kind: 'string';
  readonly description: string;
  readonly values: readonly Value[];
}

export function oneOf<const Value extends string>(values: readonly Value[], description: string): Choice<Value>;
export function oneOf<const Value extends string>(
  values: readonly Value[],
  description: string,
  options: { readonly default: NoInfer<Value> },
): Choice<Value> & { readonly default: Value };
export function oneOf(values: readonly string[], description: string, options: { readonly default?: string } = {}) {
  return { kind: 'string', description, values, ...options } as const;
}

export function integer<const O extends Options<IntegerSchema>>(description: string, options: O = {} as O) {
  return { kind: 'integer', description, ...options } as const;
}

export function flag<const O extends Options<BooleanSchema>>(description: string, options: O = {} as O) {
  return { kind: 'boolean', description, ...options } as const;
}

export function quantity(description: string) {
  return { kind: 'quantity', description } as const;
}

export function opaque(description: string) {
  return { kind: 'opaque', description } as const;
}

export function list<Item extends Schema, const O extends Options<ListSchema>>(
  items: Item,
  description: string,
  options: O = {} as O,
) {
  return { kind: 'list', description, items, ...options } as const;
}

export function map<Item extends Schema, const O extends Options<MapSchema>>(
  items: Item,
  description: string,
  options: O = {} as O,
) {
  return { kind: 'map', description, items, ...options } as const;
}

export function object<P extends Properties, const R extends keyof P & string, const O extends Options<ObjectSchema>>(
  description: string,
  properties: P,
  required: readonly R[],
  options: O = {} as O,
) {
  return { kind: 'object', description, properties, required, ...options } as const;
}

import type { Json, Rule, Schema } from './schema.ts';

export type OpenApi = { readonly [name: string]: Json };

/** The structural OpenAPI v3 schema of a CRD. */
export function openApiOf(schema: Schema): OpenApi {
  return { ...common(schema), ...shapeOf(schema) };
}

function common(schema: Schema): OpenApi {
  return {
    description: schema.description,
    ...(schema.default === undefined ? {} : { default: schema.default }),
    ...(schema.rules === undefined ? {} : { 'x-kubernetes-validations': schema.rules.map(validation) }),
  };
}

function validation({ rule, message }: Rule): OpenApi {
  return { rule, message };
}

function shapeOf(schema: Schema): OpenApi {
  switch (schema.kind) {
    case 'string':
      return defined({
        type: 'string',
        enum: schema.values,
        pattern: schema.pattern,
        minLength: schema.minLength,
        maxLength: schema.maxLength,
        format: schema.format,
      });
    case 'integer':
      return defined({
        type: 'integer',
        format: schema.wide === true ? 'int64' : 'int32',
        minimum: schema.min,
        maximum: schema.max,
      });
    case 'boolean':
      return { type: 'boolean' };
    case 'quantity':
      return { 'x-kubernetes-int-or-string': true, anyOf: [{ type: 'integer' }, { type: 'string' }] };
    case 'opaque':
      return { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
    case 'list':
      return defined({
        type: 'array',
        items: openApiOf(schema.items),
        minItems: schema.minItems,
        maxItems: schema.maxItems,
        'x-kubernetes-list-type': schema.keys === undefined ? 'atomic' : 'map',
        'x-kubernetes-list-map-keys': schema.keys,
      });
    case 'map':
      return defined({
        type: 'object',
        additionalProperties: openApiOf(schema.items),
        maxProperties: schema.maxItems,
      });
    case 'object':
      return defined({
        type: 'object',
        properties: Object.fromEntries(
          Object.entries(schema.properties).map(([name, property]) => [name, openApiOf(property)]),
        ),
        required: schema.required.length === 0 ? undefined : schema.required,
      });
  }
}

function defined(values: { readonly [name: string]: Json | undefined }): OpenApi {
  return Object.fromEntries(Object.entries(values).filter((entry): entry is [string, Json] => entry[1] !== undefined));
}

/** The same shape as JSON Schema (draft 7), for tools that know nothing of Kubernetes; CEL rules are left to the API server. */
export function jsonSchemaOf(schema: Schema): OpenApi {
  return strip(openApiOf(schema)) as OpenApi;
}

function strip(node: Json): Json {
  if (Array.isArray(node)) return node.map(strip);
  if (typeof node !== 'object') return node;
  const entries = Object.entries(node as OpenApi).filter(([name]) => !name.startsWith('x-kubernetes-'));
  const closed =
    node instanceof Object && 'properties' in node && 'type' in node ? { additionalProperties: false } : {};
  return { ...closed, ...Object.fromEntries(entries.map(([name, value]) => [name, strip(value)])) };
}

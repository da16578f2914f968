import { jsonSchemaOf } from './openapi.ts';
import type { Json } from './schema.ts';
import { specSchema } from './spec.ts';

/** charts/chronik-cluster/values.schema.json: its `spec` is the resource's. */
export function clusterChartSchema(): { readonly [name: string]: Json } {
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    type: 'object',
    additionalProperties: false,
    required: ['spec'],
    properties: {
      global: { type: 'object' },
      name: { type: 'string', maxLength: 40, pattern: '^([a-z]([-a-z0-9]*[a-z0-9])?)?$' },
      annotations: { type: 'object', additionalProperties: { type: 'string' } },
      spec: jsonSchemaOf(specSchema),
    },
  };
}

import { GROUP, KIND, VERSION } from './cluster.ts';
import { rootSchema } from './crd.ts';
import type { Schema } from './schema.ts';

/** docs/chronikcluster.md: every field, its type, default, limits and rules. */
export function referencePage(): string {
  const lines = [
    `# ${KIND}`,
    '',
    `\`${GROUP}/${VERSION}\`. This page is generated from the table that also makes the CRD and the types (operator/src/api).`,
    '',
    ...section('spec', rootSchema.properties.spec),
    ...section('status', rootSchema.properties.status),
    '## Rules',
    '',
    'Checked by the API server, beside the types and limits above.',
    '',
    '| about | rule |',
    '| --- | --- |',
    ...rulesOf('', rootSchema).map(
      ({ path, message }) => `| ${path === '' ? 'the resource' : `\`${path}\``} | ${message} |`,
    ),
    '',
  ];
  return lines.join('\n');
}

function section(name: string, schema: Schema): readonly string[] {
  return [
    `## ${name}`,
    '',
    '| field | type | default | meaning |',
    '| --- | --- | --- | --- |',
    ...rows(name, schema),
    '',
  ];
}

function rows(path: string, schema: Schema): readonly string[] {
  switch (schema.kind) {
    case 'object':
      return Object.entries(schema.properties).flatMap(([name, field]) => {
        const at = `${path}.${name}`;
        return [row(at, field, schema.required.includes(name)), ...rows(at, field)];
      });
    case 'list':
      return rows(`${path}[]`, schema.items);
    case 'map':
    case 'string':
    case 'integer':
    case 'boolean':
    case 'quantity':
    case 'opaque':
      return [];
  }
}

function row(path: string, schema: Schema, required: boolean): string {
  const preset = schema.default === undefined ? '' : `\`${JSON.stringify(schema.default)}\``;
  const cells = [`\`${path}\``, typeOf(schema), required ? 'required' : preset, schema.description];
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}

function typeOf(schema: Schema): string {
  switch (schema.kind) {
    case 'string':
      return schema.values === undefined ? 'string' : schema.values.map((value) => `\`${value}\``).join(', ');
    case 'integer': {
      const range = schema.min === undefined ? '' : ` ${schema.min}..${schema.max ?? ''}`;
      return `integer${range}${schema.unit === undefined ? '' : ` ${schema.unit}`}`;
    }
    case 'boolean':
    case 'quantity':
      return schema.kind;
    case 'opaque':
      return 'object';
    case 'list':
      return 'list';
    case 'map':
      return 'map';
    case 'object':
      return 'object';
  }
}

interface PlacedRule {
  readonly path: string;
  readonly id: string;
  readonly message: string;
}

/** Every CEL rule below a schema, with the path of what it is about. */
export function rulesOf(path: string, schema: Schema): readonly PlacedRule[] {
  const own = (schema.rules ?? []).map(({ id, message }) => ({ path, id, message }));
  switch (schema.kind) {
    case 'object': {
      const below = Object.entries(schema.properties);
      return [...own, ...below.flatMap(([name, field]) => rulesOf(path === '' ? name : `${path}.${name}`, field))];
    }
    case 'list':
      return [...own, ...rulesOf(`${path}[]`, schema.items)];
    case 'map':
      return [...own, ...rulesOf(`${path}.*`, schema.items)];
    case 'string':
    case 'integer':
    case 'boolean':
    case 'quantity':
    case 'opaque':
      return own;
  }
}

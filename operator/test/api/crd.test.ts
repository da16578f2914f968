import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { load, loadAll } from 'js-yaml';
import { customResourceDefinition, referencePage, rootSchema, rulesOf } from '../../src/api/index.ts';
import type { Json } from '../../src/api/index.ts';

const vectors = JSON.parse(readFileSync(join(import.meta.dirname, '../vectors/rules.json'), 'utf8')) as readonly {
  readonly rule: string;
  readonly accept: object;
  readonly reject: object;
}[];

test('every CEL rule has one accepted and one rejected example, and no example is of a rule that is gone', () => {
  const rules = rulesOf('', rootSchema).map(({ id }) => id);
  assert.equal(new Set(rules).size, rules.length, 'ids are unique');
  assert.deepEqual(vectors.map(({ rule }) => rule).toSorted(), rules.toSorted());
  for (const { rule, accept, reject } of vectors) assert.notDeepEqual(accept, reject, rule);
});

test('the CRD in crds/, its copy in the chart and the reference are what the table says', () => {
  const generator = join(import.meta.dirname, '../../tools/generate.ts');
  const result = spawnSync(process.execPath, [generator, '--check'], { encoding: 'utf8' });
  assert.equal(result.status, 0, result.stderr);
});

test('the CRD as YAML says all that the table says, rules and defaults among it', () => {
  const path = join(import.meta.dirname, '../../../crds/chronikclusters.chronik.stream.yaml');
  assert.deepEqual(load(readFileSync(path, 'utf8')), customResourceDefinition());
});

test('the manifest for those who have no Helm holds the same CRD (e2e/charts/main.ts --update writes it)', () => {
  const manifest = readFileSync(join(import.meta.dirname, '../../../deploy/operator.yaml'), 'utf8');
  const objects = loadAll(manifest) as readonly ({ readonly kind: string; readonly spec: object } | null)[];
  const found = objects.find((object) => object?.kind === 'CustomResourceDefinition');
  assert.deepEqual(found?.spec, customResourceDefinition()['spec']);
});

test('the schema is structural: no default lies outside the type of its field', () => {
  const walk = (schema: { readonly [name: string]: Json }, path: string): void => {
    const preset = schema['default'];
    if (preset !== undefined) {
      const type = Array.isArray(preset) ? 'array' : Number.isInteger(preset) ? 'integer' : typeof preset;
      assert.equal(schema['type'], type, path);
    }
    const properties = (schema['properties'] ?? {}) as { readonly [name: string]: { readonly [name: string]: Json } };
    for (const [name, field] of Object.entries(properties)) walk(field, `${path}.${name}`);
    if (schema['items'] !== undefined) walk(schema['items'] as { readonly [name: string]: Json }, `${path}[]`);
  };
  const crd = customResourceDefinition() as {
    readonly spec: { readonly versions: readonly [{ readonly schema: { readonly openAPIV3Schema: never } }] };
  };
  walk(crd.spec.versions[0].schema.openAPIV3Schema, '');
});

test('the reference names every field of the spec and every rule', () => {
  const page = referencePage();
  for (const field of ['spec.objectStore.s3.bucket', 'spec.recovery.onEmptyVolume', 'spec.listeners[].port']) {
    assert.ok(page.includes(`\`${field}\``), field);
  }
  for (const { message } of rulesOf('', rootSchema)) assert.ok(page.includes(message), message);
});

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Ajv } from 'ajv';
import fc from 'fast-check';
import { ChronikError } from '../../src/edge/index.ts';
import { HoldError } from '../../src/recovery/boot-error.ts';
import { parseBootPlan } from '../../src/recovery/boot-plan.ts';

const ROOT = join(import.meta.dirname, '../../..');
const schema = JSON.parse(readFileSync(join(ROOT, 'crds/boot-plan.v1.schema.json'), 'utf8')) as object;
const examples = JSON.parse(readFileSync(join(import.meta.dirname, '../vectors/boot-plans.json'), 'utf8')) as readonly {
  readonly why: string;
  readonly accept: boolean;
  readonly plan: unknown;
}[];
const bySchema = new Ajv({ strict: true, strictTypes: false, strictRequired: false }).compile(schema);

/** The code of a refusal, or undefined if the parser takes the plan. */
function refusalOf(text: string): string | undefined {
  try {
    parseBootPlan(text, 'plan.json');
    return undefined;
  } catch (error) {
    assert.ok(error instanceof HoldError, 'a bad plan holds, it does not end the process');
    assert.notEqual(error.remedy, '');
    return error.code;
  }
}

test('parser and schema agree on every example', () => {
  for (const { why, accept, plan } of examples) {
    assert.equal(bySchema(plan), accept, `schema: ${why}`);
    assert.equal(refusalOf(JSON.stringify(plan)) === undefined, accept, `parser: ${why}`);
  }
});

test('parser and schema agree on whatever is near a plan', () => {
  const odd = fc.oneof(
    fc.constantFrom(null, true, false, '', 'Auto', 'Hold', 'Promote', 'primary', 'east', 0, 1, 2, -1, 0.5, 2 ** 53),
    fc.constantFrom('0000000001-0a1b2c3d', 'AAAA_-', '1-a', [], ['a'], ['a', 'a'], [''], [1], {}),
    fc.array(fc.constant('id'), { maxLength: 70 }),
    fc.string({ maxLength: 70 }),
  );
  const names = ['version', 'planId', 'mode', 'activeStore', 'lineage', 'onEmptyVolume', 'releasedVolumes'];
  const name = fc.constantFrom(
    ...names,
    'expectedParent',
    'maxDataLossMs',
    'lostAtMs',
    'force',
    'planned',
    'storeAssumed',
    'other',
    '__proto__',
  );
  const base = fc.constantFrom(...examples.filter(({ accept }) => accept).map(({ plan }) => plan as object));
  let taken = 0;
  fc.assert(
    fc.property(base, fc.array(fc.tuple(name, fc.option(odd, { nil: undefined })), { maxLength: 2 }), (plan, edits) => {
      const fields = new Map(Object.entries(plan));
      for (const [field, value] of edits) {
        if (value === undefined) fields.delete(field);
        else fields.set(field, value);
      }
      // As text: only so can a field be called __proto__.
      const text = `{${[...fields].map(([field, value]) => `${JSON.stringify(field)}:${JSON.stringify(value)}`).join(',')}}`;
      const accepted = refusalOf(text) === undefined;
      if (accepted) taken += 1;
      assert.equal(accepted, bySchema(JSON.parse(text)), text);
    }),
    { numRuns: 3_000 },
  );
  assert.ok(taken > 300, `only ${taken} plans were valid: the property says little`);
});

test('what is wrong is named: the field, the file, the version', () => {
  const told = (text: string): string => {
    try {
      parseBootPlan(text, '/etc/plan.json');
    } catch (error) {
      assert.ok(error instanceof ChronikError);
      return `${error.code}: ${error.message}`;
    }
    assert.fail('the plan was taken');
  };
  assert.match(told('{'), /^PLAN_UNREADABLE: .*\/etc\/plan\.json/);
  assert.match(told('{"version":2}'), /^PLAN_TOO_NEW: .*version 2/);
  assert.match(told('{"version":1,"planId":"a","mode":"Auto"}'), /^PLAN_INVALID: .*"activeStore" is missing/);
  const bad = '{"version":1,"planId":"a","mode":"Auto","activeStore":"primary","force":true}';
  assert.match(told(bad), /^PLAN_INVALID: .*"force" does not belong into a plan of mode Auto/);
});

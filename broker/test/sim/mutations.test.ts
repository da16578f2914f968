import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { applyEdit } from './mutations/apply-mutation.ts';
import { mutations } from './mutations/index.ts';
import { editsOf } from './mutations/mutation.ts';
import { pinnedNamed, scenarioNamed } from './scenarios.ts';

test('every mutation finds its text exactly once in the code of today', () => {
  for (const mutation of mutations) {
    for (const edit of editsOf(mutation)) {
      const source = readFileSync(new URL(`../../src/${edit.file}`, import.meta.url), 'utf8');
      assert.notEqual(applyEdit(mutation.name, edit, source), source, mutation.name);
    }
  }
});

test('every mutation names what has to notice it', () => {
  assert.equal(new Set(mutations.map(({ name }) => name)).size, mutations.length);
  for (const { name, pinned, scenario } of mutations) {
    assert.ok(pinned !== undefined || scenario !== undefined, name);
    for (const beginning of pinned ?? []) pinnedNamed(beginning);
    if (scenario !== undefined) scenarioNamed(scenario.name);
  }
});

test('a text that is gone, or there twice, is stale', () => {
  const edit = { file: 'x.ts', find: 'abc', replace: 'def' };
  assert.throws(() => applyEdit('x', edit, 'nothing'), /stale/);
  assert.throws(() => applyEdit('x', edit, 'abc abc'), /stale/);
  assert.equal(applyEdit('x', edit, 'x abc y'), 'x def y');
});

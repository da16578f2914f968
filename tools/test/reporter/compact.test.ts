import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';

const runner = join(import.meta.dirname, '../../../scripts/test');
const folders: string[] = [];
after(() => folders.forEach((folder) => rmSync(folder, { recursive: true })));

function run(body: string | undefined): { readonly status: number | null; readonly text: string } {
  const folder = mkdtempSync(join(tmpdir(), 'chronik-reporter-test-'));
  folders.push(folder);
  if (body !== undefined) {
    writeFileSync(join(folder, 'sample.test.mjs'), `import { test } from 'node:test';\n${body}\n`);
  }
  // A test runner started by a test would otherwise report to its parent.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const result = spawnSync(runner, [join(folder, '*.test.mjs')], { encoding: 'utf8', cwd: folder, env });
  return { status: result.status, text: result.stdout };
}

test('a passing file is one line, and the totals of the runner follow', () => {
  const { status, text } = run(`test('a', () => {}); test('b', () => console.log('chatter'));`);
  assert.equal(status, 0, text);
  assert.match(text, /^✔ sample\.test\.mjs {2}2 tests, [\d.]+ s\nℹ tests 2\n/);
  assert.match(text, /^ℹ pass 2$/m);
  assert.match(text, /^ℹ fail 0$/m);
  assert.doesNotMatch(text, /chatter/);
});

test('a failure shows its name, its error and what the file printed', () => {
  const { status, text } = run(`test('breaks', () => { console.log('chatter'); throw new Error('because'); });`);
  assert.notEqual(status, 0);
  assert.match(text, /✘ breaks\n *Error: because/);
  assert.match(text, /chatter/);
});

test('a file that does not load is a failure with its error', () => {
  const { status, text } = run(`throw new Error('at load');`);
  assert.notEqual(status, 0);
  assert.match(text, /✘ sample\.test\.mjs\n[^]*Error: at load/);
});

test('a run without any test fails', () => {
  const { status, text } = run(undefined);
  assert.equal(status, 1);
  assert.match(text, /No test ran/);
});

test('a skipped test fails the run', () => {
  const { status, text } = run(`test('later', { ${'skip'}: true }, () => {});`);
  assert.equal(status, 1);
  assert.match(text, /skipped or left to do/);
});

import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));
const page = readFileSync(`${root}docs/invariants.md`, 'utf8');

test('every test that docs/invariants.md names exists', () => {
  const named = [...page.matchAll(/^- `(\S+\.ts) › ([^`]+)`$/gm)];
  assert.ok(named.length >= 15, `${named.length} tests are named`);
  for (const [, file = '', name = ''] of named) {
    assert.ok(readFileSync(`${root}${file}`, 'utf8').includes(name), `${file} has no test "${name}"`);
  }
});

test('every mutation that docs/invariants.md names exists', () => {
  const directory = `${root}broker/test/sim/mutations`;
  const sources = readdirSync(directory).map((name) => readFileSync(`${directory}/${name}`, 'utf8'));
  const named = [...page.matchAll(/^- mutations: (.*)$/gm)].flatMap(([, list = '']) => [
    ...list.matchAll(/`([^`]+)`/g),
  ]);
  assert.ok(named.length >= 20, `${named.length} mutations are named`);
  for (const [, name = ''] of named) {
    assert.ok(
      sources.some((source) => source.includes(`name: '${name}'`)),
      `there is no mutation "${name}"`,
    );
  }
});

// The linter, the compiler, the formatter and the search for unused code, run with our settings on code that breaks
// each rule: a checker that has stopped seeing files, or a setting that has no effect, shows here.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import { linkTooling, readFixture, repositoryRoot, withFiles } from './fixture.ts';

function run(folder: string, program: string, args: readonly string[]): string {
  const bin = join(repositoryRoot, 'node_modules', program);
  const result = spawnSync(process.execPath, [bin, ...args], { cwd: folder, encoding: 'utf8', timeout: 60_000 });
  assert.notEqual(result.status, 0, `${program} found nothing wrong:\n${result.stdout}${result.stderr}`);
  return stripVTControlCharacters(result.stdout);
}

function useBaseConfig(folder: string): void {
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  writeFileSync(join(folder, 'tsconfig.json'), '{ "extends": "./tsconfig.base.json", "include": ["*.ts"] }');
}

interface OxlintConfig {
  readonly rules: Readonly<Record<string, unknown>>;
}

test('oxlint: each rule of .oxlintrc.json fires on its fixture', () => {
  const { files } = readFixture('rules.txt');
  const text = withFiles(files, (folder) => {
    linkTooling(folder, ['.oxlintrc.json', 'tsconfig.base.json']);
    useBaseConfig(folder);
    return run(folder, 'oxlint/bin/oxlint', ['--type-aware', '-f', 'json', ...files.keys()]);
  });
  const { diagnostics } = JSON.parse(text) as { diagnostics: readonly { code: string; filename: string }[] };
  const fired = new Set(diagnostics.map(({ code, filename }) => `${code} in ${filename}`));
  const silent = [...files.keys()].filter((file) => !fired.has(`${file.replace(/\.ts$/, '')} in ${file}`));
  assert.deepEqual(silent, []);

  const config = JSON.parse(readFileSync(join(repositoryRoot, '.oxlintrc.json'), 'utf8')) as OxlintConfig;
  const names = Object.keys(config.rules).map((rule) => rule.replace(/^(\w+)\/(.*)$/, '$1($2)'));
  const codes = names.map((name) => (name.includes('(') ? name : `eslint(${name})`));
  assert.deepEqual(
    codes.filter((code) => !files.has(`${code}.ts`)),
    [],
    'rules without a fixture',
  );
});

test('oxlint: a test of node:test that is not awaited is no floating promise', () => {
  const files = new Map([
    ['a.ts', "import { test } from 'node:test';\ntest('a', () => undefined);\nexport const b: any = 1;\n"],
  ]);
  const text = withFiles(files, (folder) => {
    linkTooling(folder, ['.oxlintrc.json', 'tsconfig.base.json']);
    useBaseConfig(folder);
    return run(folder, 'oxlint/bin/oxlint', ['--type-aware', ...files.keys()]);
  });
  assert.match(text, /no-explicit-any/);
  assert.doesNotMatch(text, /no-floating-promises/);
});

test('tsc: each strict option reports its error', () => {
  const { files } = readFixture('types.txt');
  const text = withFiles(files, (folder) => {
    linkTooling(folder, ['tsconfig.base.json']);
    useBaseConfig(folder);
    return run(folder, 'typescript/bin/tsc', ['-p', '.', '--pretty', 'false']);
  });
  const silent = [...files.keys()].filter((file) => {
    const code = file.slice(0, file.indexOf('-'));
    return !text.split('\n').some((line) => line.startsWith(`${file}(`) && line.includes(`error ${code}:`));
  });
  assert.deepEqual(silent, [], text);
});

test('oxfmt: badly formatted files are named, a good one is not', () => {
  const { files } = readFixture('format.txt');
  const text = withFiles(files, (folder) => {
    linkTooling(folder, ['.oxfmtrc.json']);
    return run(folder, 'oxfmt/bin/oxfmt', ['--check', ...files.keys()]);
  });
  assert.match(text, /^double-quotes\.ts/m);
  assert.match(text, /^wide\.ts/m);
  assert.doesNotMatch(text, /^good\.ts/m);
});

test('knip: unused files, exports and dependencies are reported, and unlisted ones', () => {
  const text = withFiles(readFixture('unused.txt').files, (folder) => {
    linkTooling(folder, ['knip.json']);
    return run(folder, 'knip/bin/knip.js', ['--no-progress', '--no-config-hints']);
  });
  assert.match(text, /Unused files \(1\)\nbroker\/src\/log\/unused-file\.ts/);
  assert.match(text, /Unused dependencies \(1\)\nwinston /);
  assert.match(text, /Unlisted dependencies \(1\)\nunlisted-package /);
  assert.match(text, /Unused exports \(\d\)\n[^]*unusedExport/);
});

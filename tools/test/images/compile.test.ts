import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

const ROOT = join(import.meta.dirname, '../../..');

/** A program of two modules, compiled in one place and moved to another, as an image is. */
function withImage(play: (root: string) => void): void {
  const folder = mkdtempSync(join(tmpdir(), 'chronik-compile-'));
  try {
    const [built, root] = [join(folder, 'built'), join(folder, 'image')];
    mkdirSync(join(built, 'broker/src'), { recursive: true });
    writeFileSync(join(built, 'package.json'), '{ "type": "module" }');
    writeFileSync(join(built, 'broker/src/said.ts'), "export const said: string = 'first';\n");
    writeFileSync(join(built, 'broker/src/main.ts'), "import { said } from './said.ts';\nconsole.log(said);\n");
    const { NODE_COMPILE_CACHE: _, ...env } = process.env;
    const compiled = execFileSync(process.execPath, [join(ROOT, 'tools/images/compile.ts'), built, 'broker'], { env });
    assert.equal(String(compiled), '', 'main.ts is not run');
    renameSync(built, root);
    play(root);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What it prints, and whether V8 took what was kept of `said.ts`. */
function run(root: string): { readonly said: string; readonly accepted: boolean } {
  const cache = { NODE_COMPILE_CACHE: join(root, '.cache/compiled'), NODE_COMPILE_CACHE_PORTABLE: '1' };
  const { stdout, stderr, status } = spawnSync(process.execPath, [join(root, 'broker/src/main.ts')], {
    encoding: 'utf8',
    env: { ...process.env, ...cache, NODE_DEBUG_NATIVE: 'COMPILE_CACHE' },
  });
  assert.equal(status, 0);
  return { said: stdout.trim(), accepted: /ESM file:\S+said\.ts was accepted/.test(stderr) };
}

test('what was compiled with an image is used wherever the image lies', () => {
  withImage((root) => assert.deepEqual(run(root), { said: 'first', accepted: true }));
});

test('a source that has changed since is compiled anew', () => {
  withImage((root) => {
    writeFileSync(join(root, 'broker/src/said.ts'), "export const said: string = 'other';\n");
    assert.deepEqual(run(root), { said: 'other', accepted: false });
  });
});

test('without what was compiled, or with something else in its place, a program runs as ever', () => {
  withImage((root) => {
    const cache = join(root, '.cache/compiled');
    const [folder = ''] = readdirSync(cache);
    for (const name of readdirSync(join(cache, folder))) writeFileSync(join(cache, folder, name), 'damaged');
    assert.deepEqual(run(root), { said: 'first', accepted: false });
    rmSync(cache, { recursive: true });
    assert.deepEqual(run(root), { said: 'first', accepted: false });
  });
});

test('the Dockerfiles compile with the flags of their entry point, and say where it lies', () => {
  for (const name of ['broker', 'operator']) {
    const text = readFileSync(join(ROOT, `images/${name}.Dockerfile`), 'utf8');
    const entry = /^ENTRYPOINT (.*)$/m.exec(text)?.[1] ?? '[]';
    const flags = (JSON.parse(entry) as readonly string[]).slice(1, -1);
    assert.ok(text.includes(`RUN node ${[...flags, `/tmp/compile.ts /chronik ${name}`].join(' ')} `), name);
    assert.match(text, /^ENV .*NODE_COMPILE_CACHE=\/chronik\/\.cache\/compiled NODE_COMPILE_CACHE_PORTABLE=1/m);
  }
});

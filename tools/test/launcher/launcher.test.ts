// bin/chronik and scripts/node: from any directory, through symbolic links, with signals, and with a clear error.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';

const repositoryRoot = join(import.meta.dirname, '../../..');
const folder = mkdtempSync(join(tmpdir(), 'chronik-launcher-test-'));
after(() => rmSync(folder, { recursive: true }));

/** A copy of the launchers, with a stand-in for the broker. */
function installation(name: string, main: string): string {
  const root = join(folder, name);
  for (const path of ['bin', 'scripts', 'broker/src']) mkdirSync(join(root, path), { recursive: true });
  for (const path of ['bin/chronik', 'scripts/node']) copyFileSync(join(repositoryRoot, path), join(root, path));
  writeFileSync(join(root, 'broker/src/main.ts'), main);
  return root;
}

function withModules(root: string): string {
  symlinkSync(join(repositoryRoot, 'node_modules'), join(root, 'node_modules'));
  return root;
}

function environment(changes: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  const { UV_THREADPOOL_SIZE: _, ...env } = process.env;
  return { ...env, ...changes };
}

const TELL = `console.log(JSON.stringify([process.version, process.env['UV_THREADPOOL_SIZE'], ...process.argv.slice(2)]));`;

test('the pinned Node runs the broker through chained symbolic links from another directory', () => {
  const root = withModules(installation('links', TELL));
  symlinkSync(join(root, 'bin/chronik'), join(folder, 'first'));
  symlinkSync('first', join(folder, 'second'));
  const result = spawnSync('../second', ['serve', 'a b', ''], {
    cwd: join(root, '..', 'links'),
    encoding: 'utf8',
    env: environment(),
  });
  assert.equal(result.stderr, '');
  assert.deepEqual(JSON.parse(result.stdout), [process.version, '16', 'serve', 'a b', '']);
});

test('a thread pool size that the user set is kept', () => {
  const root = withModules(installation('pool', TELL));
  const env = environment({ UV_THREADPOOL_SIZE: '32' });
  const result = spawnSync(join(root, 'bin/chronik'), [], { encoding: 'utf8', env });
  assert.deepEqual(JSON.parse(result.stdout), [process.version, '32']);
});

test('the process that was started is the broker: it gets the signals and gives the exit code', async () => {
  const main = `process.on('SIGTERM', () => process.exit(42)); console.log(process.pid); setInterval(() => {}, 60_000);`;
  const root = withModules(installation('signals', main));
  const child = spawn(join(root, 'bin/chronik'), [], { stdio: ['ignore', 'pipe', 'inherit'], env: environment() });
  const exited = once(child, 'exit');
  const [greeting] = (await once(child.stdout, 'data')) as [Buffer];
  assert.equal(Number(greeting.toString()), child.pid);
  child.kill('SIGTERM');
  assert.deepEqual(await exited, [42, null]);
});

test('without installed packages the error names the remedy', () => {
  const root = installation('bare', TELL);
  const result = spawnSync(join(root, 'bin/chronik'), [], { encoding: 'utf8', env: environment() });
  assert.equal(result.status, 69);
  assert.equal(result.stdout, '');
  assert.match(result.stderr, /the pinned Node\.js is not installed[^]*Remedy: run 'npm ci' in /);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { completeLock, missingPlatforms } from '../../lock/platforms.ts';

const tool = (
  platforms: readonly string[],
): { version: string; dev: true; optionalDependencies: Record<string, string> } => ({
  version: '1.0.0',
  dev: true,
  optionalDependencies: Object.fromEntries(platforms.map((name) => [name, '1.0.0'])),
});

test('a platform without an entry gets one that npm can pass over', () => {
  const lock = {
    packages: {
      'node_modules/tool': tool(['@tool/linux-x64-gnu', '@tool/linux-arm64-musl', '@tool/win32-x64-msvc']),
      'node_modules/@tool/linux-x64-gnu': { version: '1.0.0', os: ['linux'], cpu: ['x64'] },
    },
  };
  const { packages } = completeLock(lock);
  assert.deepEqual(packages, {
    'node_modules/@tool/linux-arm64-musl': {
      version: '1.0.0',
      cpu: ['arm64'],
      libc: ['musl'],
      os: ['linux'],
      dev: true,
      optional: true,
    },
    'node_modules/@tool/linux-x64-gnu': { version: '1.0.0', os: ['linux'], cpu: ['x64'] },
    'node_modules/@tool/win32-x64-msvc': { version: '1.0.0', cpu: ['x64'], os: ['win32'], dev: true, optional: true },
    'node_modules/tool': tool(['@tool/linux-x64-gnu', '@tool/linux-arm64-musl', '@tool/win32-x64-msvc']),
  });
  assert.deepEqual(missingPlatforms({ packages }), []);
});

test('a package that says nothing of its platform is not guessed', () => {
  assert.throws(() => completeLock({ packages: { 'node_modules/tool': tool(['@tool/extra']) } }), /by hand/);
});

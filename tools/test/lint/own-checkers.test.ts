// Every rule that we check ourselves has a fixture that breaks it, and one that keeps it.
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { checkArchitecture } from '../../lint/architecture.ts';
import { type Finding, formatFinding } from '../../lint/finding.ts';
import { checkRepository } from '../../lint/repository.ts';
import { ROOMS } from '../../lint/rooms.ts';
import { readFixture, repositoryRoot, withFiles } from './fixture.ts';

const CHECKERS: Readonly<Record<string, (root: string) => readonly Finding[]>> = {
  architecture: checkArchitecture,
  repository: checkRepository,
};

for (const [name, check] of Object.entries(CHECKERS)) {
  for (const file of readdirSync(join(repositoryRoot, 'tools/lint/fixtures', name)).toSorted()) {
    test(`${name} reports exactly what ${file} expects`, () => {
      const fixture = readFixture(`${name}/${file}`);
      const found = withFiles(fixture.files, (folder) => check(folder).map(formatFinding));
      assert.deepEqual(found.toSorted(), fixture.expected.toSorted());
    });
  }
}

test('the table of rooms allows no circle', () => {
  const listed = [...ROOMS.keys()];
  for (const [room, below] of ROOMS) {
    for (const other of below) {
      const isBelow = listed.indexOf(other) >= 0 && listed.indexOf(other) < listed.indexOf(room);
      assert.ok(isBelow, `${room} may import ${other}, which is not listed before it`);
    }
  }
});

test('a check that sees no file fails instead of passing', () => {
  const files = new Map([['README.md', 'no code\n']]);
  assert.throws(() => withFiles(files, checkArchitecture), /sees nothing proves nothing/);
});

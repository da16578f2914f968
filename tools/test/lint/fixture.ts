// Fixtures are text files that hold several small files each, so that no other tool ever reads them as our code:
//
//   # a comment
//   expect <a line that the checker must print>        (or: expect nothing)
//   --- path/of/a/file.ts                              (path *N: the content N times)
//   content
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

export const repositoryRoot = join(import.meta.dirname, '../../..');
const fixtures = join(repositoryRoot, 'tools/lint/fixtures');

export interface Fixture {
  readonly expected: readonly string[];
  /** Path and content of each file. */
  readonly files: ReadonlyMap<string, string>;
}

export function readFixture(name: string): Fixture {
  const [head = '', ...sections] = readFileSync(join(fixtures, name), 'utf8').split(/^--- /m);
  const expected = [...head.matchAll(/^expect (.*)$/gm)].map(([, text]) => text ?? '');
  const files = sections.map((section): [string, string] => {
    const title = section.slice(0, section.indexOf('\n'));
    const [, path = title, times = '1'] = /^(.*?)(?: \*(\d+))?$/.exec(title) ?? [];
    return [path, section.slice(section.indexOf('\n') + 1).repeat(Number(times))];
  });
  return { expected: expected.filter((text) => text !== 'nothing'), files: new Map(files) };
}

/** Writes the fixture's files into a new folder, hands it to `use`, and removes it. */
export function withFiles<T>(files: ReadonlyMap<string, string>, use: (folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'chronik-fixture-'));
  try {
    for (const [path, content] of files) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), content);
    }
    return use(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Lets tools find the packages and the settings of this repository from a folder outside of it. */
export function linkTooling(folder: string, settings: readonly string[]): void {
  symlinkSync(join(repositoryRoot, 'node_modules'), join(folder, 'node_modules'));
  for (const name of settings) writeFileSync(join(folder, name), readFileSync(join(repositoryRoot, name)));
}

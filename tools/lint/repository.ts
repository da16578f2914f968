// Rules about files rather than code: sizes, names, words that do not belong in a published repository, lock files.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type LockFile, missingPlatforms } from '../lock/platforms.ts';
import { isOurTypeScript, listFiles } from './files.ts';
import type { Finding } from './finding.ts';

const MAX_LINES = 500;
const MAX_MEDIAN_LINES = 150;
const MAX_TEXT_BYTES = 4 * 2 ** 20;
const KEBAB_CASE = /^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z]+)?(\.test)?\.ts$/;

interface FileRule {
  readonly applies: (path: string) => boolean;
  /** Matched line by line. */
  readonly pattern: RegExp;
  readonly message: string;
}

const isTest = (path: string): boolean => path.endsWith('.test.ts');
const isLock = (path: string): boolean => path.endsWith('package-lock.json');
/** These name the very words that they forbid. */
const namesTheWords = (path: string): boolean => path.startsWith('tools/lint/');

const FILE_RULES: readonly FileRule[] = [
  {
    applies: isLock,
    pattern: /"resolved": "[a-z+]+:/,
    message: 'a lock file names no registry: npm config omit-lockfile-registry-resolved',
  },
  {
    applies: (path) => !isLock(path),
    pattern: /\b(TODO|FIXME|XXX)\b/,
    message: 'nothing is left to do in the text: do it, or write down why it is so',
  },
  {
    applies: () => true,
    pattern: /(^|[\s"'`(=:])(?:file:\/\/)?\/(work|farm|root|home|mnt|Users)\//,
    message: "an absolute path of somebody's machine",
  },
  {
    applies: (path) => !isLock(path),
    pattern: /\bregistry\.npmjs\b|\bregistry\.yarnpkg\b/,
    message: 'a registry host: whoever installs decides on that',
  },
  {
    applies: isTest,
    pattern: /\b(test|it|describe|suite)\.(skip|only|todo)\b|\{ ?(skip|only|todo)\b/,
    message: 'no test is skipped, singled out or left to do',
  },
  { applies: isOurTypeScript, pattern: /@ts-(ignore|nocheck)\b/, message: 'types are not switched off' },
];

/** Checks every file under `root`. */
export function checkRepository(root: string): readonly Finding[] {
  const files = listFiles(root).filter((path) => !path.startsWith('tools/lint/fixtures/'));
  const texts = files.map((path) => ({ path, text: readText(join(root, path)) }));
  const findings = texts.flatMap(({ path, text }) => [
    ...checkName(path),
    ...checkSize(path, text),
    ...checkWords(path, text),
    ...checkLock(path, text),
  ]);
  return [...findings, ...checkMedian(texts)];
}

function readText(path: string): string {
  const bytes = readFileSync(path);
  const isBinary = bytes.length > MAX_TEXT_BYTES || bytes.subarray(0, 8192).includes(0);
  return isBinary ? '' : bytes.toString('utf8');
}

function countLines(text: string): number {
  return text.split('\n').length - (text.endsWith('\n') ? 1 : 0);
}

function checkName(path: string): readonly Finding[] {
  if (!isOurTypeScript(path)) return [];
  const name = path.slice(path.lastIndexOf('/') + 1);
  const findings: Finding[] = [];
  if (!KEBAB_CASE.test(name)) findings.push({ file: path, line: 0, message: 'file names are kebab-case' });
  if (isTest(path) && !/(^|\/)test\//.test(path)) {
    findings.push({ file: path, line: 0, message: 'tests lie in a folder called test: elsewhere nobody runs them' });
  }
  return findings;
}

/** Tables of the Kafka schema are as long as Kafka makes them. */
function isTable(path: string): boolean {
  return path.startsWith('broker/src/kafka/schema/');
}

function checkSize(path: string, text: string): readonly Finding[] {
  if (!isOurTypeScript(path) || isTable(path)) return [];
  const lines = countLines(text);
  return lines > MAX_LINES ? [{ file: path, line: 0, message: `${lines} lines, at most ${MAX_LINES}: split it` }] : [];
}

function checkMedian(texts: readonly { readonly path: string; readonly text: string }[]): readonly Finding[] {
  const sources = texts.filter(({ path }) => isOurTypeScript(path) && /^\w+\/src\//.test(path) && !isTable(path));
  const sizes = sources.map(({ text }) => countLines(text)).toSorted((a, b) => a - b);
  const median = sizes[Math.floor(sizes.length / 2)] ?? 0;
  if (median < MAX_MEDIAN_LINES) return [];
  return [
    { file: 'src', line: 0, message: `the median file has ${median} lines, it should stay below ${MAX_MEDIAN_LINES}` },
  ];
}

function checkWords(path: string, text: string): readonly Finding[] {
  const rules = FILE_RULES.filter(({ applies }) => applies(path) && !namesTheWords(path));
  return text
    .split('\n')
    .flatMap((line, index) =>
      rules
        .filter(({ pattern }) => pattern.test(line))
        .map(({ message }) => ({ file: path, line: index + 1, message })),
    );
}

/** A lock file without all platforms installs here and is refused by `npm ci` elsewhere. */
function checkLock(path: string, text: string): readonly Finding[] {
  if (!isLock(path)) return [];
  const missing = missingPlatforms(JSON.parse(text) as LockFile);
  return missing.map(({ name }) => ({ file: path, line: 0, message: `${name} has no entry: run scripts/lock` }));
}

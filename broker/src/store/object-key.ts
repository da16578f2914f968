import { StoreError } from './store-error.ts';

const LONGEST_KEY_BYTES = 1024;

/**
 * Orders keys as every object store does, by the bytes of their UTF-8 form. JavaScript's own order differs above U+FFFF:
 * surrogates (0xD800..0xDFFF) stand for code points that come after U+E000..U+FFFF.
 */
export function compareKeys(left: string, right: string): number {
  const length = Math.min(left.length, right.length);
  for (let index = 0; index < length; index += 1) {
    const a = left.charCodeAt(index);
    const b = right.charCodeAt(index);
    if (a !== b) return codePointRank(a) - codePointRank(b);
  }
  return left.length - right.length;
}

/** Sorts in the order of compareKeys. Without surrogates and what lies above them JavaScript's own order is the same, and faster. */
export function sortKeys(keys: string[]): string[] {
  return keys.some((key) => /[\ud800-\uffff]/.test(key)) ? keys.sort(compareKeys) : keys.sort();
}

function codePointRank(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit >= 0xe000 ? unit - 0x800 : unit + 0x2000;
}

/**
 * Throws StoreError `invalid` unless every store can hold `key`: 1 to 1,024 bytes of well-formed UTF-8, segments between
 * slashes neither empty nor `.` nor `..`, no control characters, no backslash (Azure makes it a slash: two names would be one),
 * no dot at the start (the local store keeps its own files there).
 */
export function checkKey(key: string): void {
  const problem = keyProblem(key);
  if (problem === undefined) return;
  throw new StoreError('invalid', `The object name ${JSON.stringify(key)} cannot be used: ${problem}`, {
    details: { key },
  });
}

function keyProblem(key: string): string | undefined {
  if (key === '') return 'it is empty';
  if (Buffer.byteLength(key) > LONGEST_KEY_BYTES) return `it is longer than ${LONGEST_KEY_BYTES} bytes`;
  if (!key.isWellFormed()) return 'it is not valid Unicode';
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  if (/[\u0000-\u001f\u007f]/.test(key)) return 'it has a control character';
  if (key.includes('\\')) return 'it has a backslash';
  if (key.startsWith('.')) return 'it starts with a dot';
  const bad = key.split('/').find((segment) => segment === '' || segment === '.' || segment === '..');
  return bad === undefined ? undefined : `it has the segment ${JSON.stringify(bad)}`;
}

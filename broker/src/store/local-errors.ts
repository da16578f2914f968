import { StoreError } from './store-error.ts';
import type { StoreErrorKind } from './store-error.ts';

interface Meaning {
  readonly kind: StoreErrorKind;
  readonly remedy: string;
}

const denied: Meaning = {
  kind: 'denied',
  remedy: 'Give the user that Chronik runs as read and write permission on the directory and everything in it.',
};
const full: Meaning = { kind: 'full', remedy: 'Free space on this disk; Chronik goes on by itself.' };
const invalid: Meaning = { kind: 'invalid', remedy: '' };
const tooManyFiles: Meaning = { kind: 'throttled', remedy: 'Raise the limit of open files (ulimit -n).' };
const broken: Meaning = { kind: 'unavailable', remedy: 'Check the disk, its mount and the kernel log.' };

const meanings: ReadonlyMap<string, Meaning> = new Map([
  ['ENOSPC', full],
  ['EDQUOT', full],
  ['EACCES', denied],
  ['EPERM', denied],
  ['EROFS', denied],
  ['ENAMETOOLONG', invalid],
  ['ENOTDIR', invalid],
  ['EISDIR', invalid],
  ['ELOOP', invalid],
  ['EMLINK', invalid],
  ['EMFILE', tooManyFiles],
  ['ENFILE', tooManyFiles],
]);

/** The system's error code, e.g. `ENOENT`; undefined for any other error. */
export function systemCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return undefined;
  return /^E[A-Z0-9]+$/.test(error.code) ? error.code : undefined;
}

/** Errors of the system as StoreErrors; any other error (a failed fsync above all, rule 16) as it is. */
export function localError(error: unknown, what: string): unknown {
  const code = systemCode(error);
  if (code === undefined) return error;
  const { kind, remedy } = meanings.get(code) ?? broken;
  return new StoreError(kind, `Cannot ${what}: ${code}`, { remedy, cause: error });
}

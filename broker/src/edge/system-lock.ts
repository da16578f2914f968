import { readFile, writeFile } from 'node:fs/promises';
import { DatabaseSync } from 'node:sqlite';
import type { DiskLock } from './disk.ts';
import { hasCode } from './errors.ts';
import { promiseOf } from './promise-of.ts';

const SQLITE_BUSY = 5;

/** Keeps held locks reachable: a collected connection would be closed, and the lock gone with it. */
const held = new Set<DatabaseSync>();

/**
 * Node has no flock, but an exclusive SQLite transaction is an operating-system lock on the file: refused to every other
 * process, and released by the death of this one, however it dies.
 */
export async function takeLock(path: string, owner: string): Promise<DiskLock | undefined> {
  const database = new DatabaseSync(path);
  try {
    database.exec('PRAGMA busy_timeout = 0');
    database.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    if (isBusy(error)) return undefined;
    throw error;
  }
  held.add(database);
  // Only a hint for the one who is refused; it may be stale after a crash, and nothing depends on it.
  await writeFile(ownerPath(path), `${owner}\n`);
  return {
    release: () =>
      promiseOf(() => {
        if (!held.delete(database)) return;
        database.exec('ROLLBACK');
        database.close();
      }),
  };
}

export async function readLockOwner(path: string): Promise<string | undefined> {
  try {
    return (await readFile(ownerPath(path), 'utf8')).trim();
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

/** The lock file itself is never opened beside SQLite: closing any descriptor of it would drop the POSIX lock. */
function ownerPath(path: string): string {
  return `${path}.owner`;
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && error.errcode === SQLITE_BUSY;
}

import { closeSync, constants, fsync, linkSync, openSync, rename, rm, statSync, unlinkSync } from 'node:fs';
import { mkdir, readFile, readdir } from 'node:fs/promises';
import type { Dirent } from 'node:fs';
import type { Disk, DiskEntry, DiskFile, DiskLock } from './disk.ts';
import type { ChronikError } from './errors.ts';
import { hasCode } from './errors.ts';
import { promiseOf } from './promise-of.ts';
import { SystemFile, callback, syncFailed } from './system-file.ts';
import { takeLock, readLockOwner } from './system-lock.ts';

/**
 * The real file system. Calls that only touch cached metadata run on the calling thread: a trip through the thread pool
 * costs more than they do. Everything that may wait for the device goes through the pool.
 */
export class SystemDisk implements Disk {
  /** Directories whose fsync failed: a later success there would prove nothing (rule 16). */
  readonly #failedDirectories = new Map<string, ChronikError>();

  open(path: string, mode: 'create' | 'append' | 'read'): Promise<DiskFile> {
    return promiseOf(() => new SystemFile(path, openSync(path, openFlags(mode), 0o644)));
  }

  readFile(path: string): Promise<Buffer> {
    return readFile(path);
  }

  size(path: string): Promise<number | undefined> {
    return promiseOf(() => statSync(path, { throwIfNoEntry: false })?.size);
  }

  async list(path: string): Promise<readonly DiskEntry[]> {
    const entries = await readdir(path, { withFileTypes: true });
    return entries.map((entry) => ({ name: entry.name, kind: entryKind(entry) }));
  }

  async makeDirectory(path: string): Promise<boolean> {
    try {
      await mkdir(path);
      return true;
    } catch (error) {
      if (hasCode(error, 'EEXIST')) return false;
      throw error;
    }
  }

  async syncDirectory(path: string): Promise<void> {
    const earlier = this.#failedDirectories.get(path);
    if (earlier !== undefined) throw earlier;
    const descriptor = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY);
    try {
      await callback((done) => fsync(descriptor, done));
    } catch (cause) {
      const failure = syncFailed(path, cause);
      this.#failedDirectories.set(path, failure);
      throw failure;
    } finally {
      closeSync(descriptor);
    }
  }

  link(from: string, to: string): Promise<void> {
    return promiseOf(() => linkSync(from, to));
  }

  rename(from: string, to: string): Promise<void> {
    return callback((done) => rename(from, to, done));
  }

  remove(path: string): Promise<boolean> {
    return promiseOf(() => removeFile(path));
  }

  removeTree(path: string): Promise<void> {
    return callback((done) => rm(path, { recursive: true, force: true }, done));
  }

  lock(path: string, owner: string): Promise<DiskLock | undefined> {
    return takeLock(path, owner);
  }

  lockOwner(path: string): Promise<string | undefined> {
    return readLockOwner(path);
  }
}

function removeFile(path: string): boolean {
  try {
    unlinkSync(path);
    return true;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return false;
    throw error;
  }
}

function openFlags(mode: 'create' | 'append' | 'read'): number {
  const { O_APPEND, O_CREAT, O_EXCL, O_RDONLY, O_RDWR } = constants;
  switch (mode) {
    case 'create':
      return O_RDWR | O_APPEND | O_CREAT | O_EXCL;
    case 'append':
      return O_RDWR | O_APPEND | O_CREAT;
    case 'read':
      return O_RDONLY;
  }
}

function entryKind(entry: Dirent): DiskEntry['kind'] {
  if (entry.isFile()) return 'file';
  return entry.isDirectory() ? 'directory' : 'other';
}

import { closeSync, constants, fstatSync, fsync, linkSync, openSync, rename, rm, statSync, unlink } from 'node:fs';
import { mkdir, readdir } from 'node:fs/promises';
import type { Dirent } from 'node:fs';
import type { Disk, DiskEntry, DiskFile, DiskLock, OpenMode } from './disk.ts';
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

  open(path: string, mode: OpenMode): Promise<DiskFile> {
    return promiseOf(() => new SystemFile(path, openSync(path, openFlags(mode), 0o644)));
  }

  async readFile(path: string): Promise<Buffer> {
    const descriptor = openSync(path, constants.O_RDONLY);
    const file = new SystemFile(path, descriptor);
    try {
      return await file.read(0, fstatSync(descriptor).size);
    } finally {
      closeSync(descriptor);
    }
  }

  size(path: string): Promise<number | undefined> {
    return promiseOf(() => fileSize(path));
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
    return new Promise((resolve, reject) => {
      unlink(path, (error) => {
        if (error === null) resolve(true);
        else if (error.code === 'ENOENT') resolve(false);
        else reject(error);
      });
    });
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

function fileSize(path: string): number | undefined {
  try {
    const stats = statSync(path, { throwIfNoEntry: false });
    return stats?.isFile() === true ? stats.size : undefined;
  } catch (error) {
    if (hasCode(error, 'ENOTDIR')) return undefined;
    throw error;
  }
}

function openFlags(mode: OpenMode): number {
  const { O_APPEND, O_CREAT, O_EXCL, O_RDONLY, O_RDWR } = constants;
  switch (mode) {
    case 'create':
      return O_RDWR | O_APPEND | O_CREAT | O_EXCL;
    case 'append':
      return O_RDWR | O_APPEND | O_CREAT;
    case 'overwrite':
      return O_RDWR;
    case 'read':
      return O_RDONLY;
  }
}

function entryKind(entry: Dirent): DiskEntry['kind'] {
  if (entry.isFile()) return 'file';
  return entry.isDirectory() ? 'directory' : 'other';
}

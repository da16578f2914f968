import { ChronikError, hasCode } from '../edge/index.ts';
import type { Disk, DiskLock } from '../edge/index.ts';
import { RefusalError } from './boot-error.ts';
import { LOCK_FILE } from './volume.ts';

/** Gives an error of the disk (`ENOSPC`, `EIO`, `EACCES`, ...) the name of the directory and a remedy; leaves others as they are. */
export function explainDiskError(error: unknown, directory: string): unknown {
  if (error instanceof ChronikError || !(error instanceof Error) || !('code' in error)) return error;
  const full = error.code === 'ENOSPC' || error.code === 'EDQUOT';
  const what = full ? 'is full' : `cannot be used: ${String(error.code)}`;
  return new RefusalError(full ? 'DISK_FULL' : 'DATA_DIRECTORY_UNUSABLE', `the data directory ${directory} ${what}`, {
    remedy: full
      ? 'Make room, then start again. Deleting the data directory is safe for all that was acknowledged with acks=all.'
      : 'Choose a directory that this user may read and write (--data-dir, CHRONIK_DATA_DIR).',
    cause: error,
  });
}

/** Creates the directory and its parents durably. Rejects with DATA_DIRECTORY_UNUSABLE, naming path and cause. */
export async function ensureDirectory(disk: Disk, path: string): Promise<void> {
  try {
    await makeDirectories(disk, path);
  } catch (error) {
    throw explainDiskError(error, path);
  }
}

async function makeDirectories(disk: Disk, path: string): Promise<void> {
  const parent = parentOf(path);
  try {
    const made = await disk.makeDirectory(path);
    if (made) await disk.syncDirectory(parent);
  } catch (error) {
    if (!hasCode(error, 'ENOENT') || parent === path) throw error;
    await makeDirectories(disk, parent);
    await disk.makeDirectory(path);
    await disk.syncDirectory(parent);
  }
}

function parentOf(path: string): string {
  const end = path.replace(/\/+$/, '').lastIndexOf('/');
  if (end < 0) return '.';
  return end === 0 ? '/' : path.slice(0, end);
}

/** Takes the volume for this process. Rejects with VOLUME_LOCKED, naming the holder. */
export async function lockVolume(disk: Disk, directory: string, owner: string): Promise<DiskLock> {
  const path = `${directory}/${LOCK_FILE}`;
  let lock: DiskLock | undefined;
  try {
    lock = await disk.lock(path, owner);
  } catch (error) {
    throw explainDiskError(error, directory);
  }
  if (lock !== undefined) return lock;
  const holder = (await disk.lockOwner(path)) ?? 'an unknown process';
  throw new RefusalError('VOLUME_LOCKED', `the data directory ${directory} is in use by ${holder}`, {
    remedy: 'Stop that process, or choose another data directory (--data-dir, CHRONIK_DATA_DIR).',
  });
}

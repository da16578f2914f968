import { ChronikError, hasCode } from '../edge/index.ts';
import type { Disk, DiskLock } from '../edge/index.ts';
import { RefusalError } from './boot-error.ts';
import { LOCK_FILE } from './volume.ts';

/** Creates the directory and its parents durably. Rejects with DATA_DIRECTORY_UNUSABLE, naming path and cause. */
export async function ensureDirectory(disk: Disk, path: string): Promise<void> {
  try {
    await makeDirectories(disk, path);
  } catch (error) {
    const cause = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    throw new RefusalError('DATA_DIRECTORY_UNUSABLE', `the data directory ${path} cannot be used: ${cause}`, {
      remedy: 'Choose a directory that this user may write (--data-dir, CHRONIK_DATA_DIR).',
      cause: error,
    });
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
    if (error instanceof ChronikError) throw error;
    throw new RefusalError(
      'DATA_DIRECTORY_UNUSABLE',
      `the data directory ${directory} cannot be locked: ${String(error)}`,
      {
        remedy: 'Choose a directory that this user may write (--data-dir, CHRONIK_DATA_DIR).',
        cause: error,
      },
    );
  }
  if (lock !== undefined) return lock;
  const holder = (await disk.lockOwner(path)) ?? 'an unknown process';
  throw new RefusalError('VOLUME_LOCKED', `the data directory ${directory} is in use by ${holder}`, {
    remedy: 'Stop that process, or choose another data directory (--data-dir, CHRONIK_DATA_DIR).',
  });
}

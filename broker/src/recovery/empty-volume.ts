import { hasCode, randomHex } from '../edge/index.ts';
import type { Disk, Random } from '../edge/index.ts';
import { ensureDirectory } from './data-directory.ts';
import { VOLUME_ID_FILE, replaceFile } from './volume.ts';

const ID = /^[0-9a-f]{16}$/;

/**
 * Gives an empty volume an id by which a person can release it. The id lies on the volume: a claim that was emptied in place is
 * another volume, and a release that was meant for the one before does not count for it.
 */
export async function nameEmptyVolume(disk: Disk, directory: string, random: Random): Promise<string> {
  const found = await readVolumeId(disk, directory);
  if (found !== undefined) return found;
  const id = randomHex(random, 16);
  await ensureDirectory(disk, directory);
  await replaceFile(disk, directory, VOLUME_ID_FILE, Buffer.from(`${id}\n`));
  return id;
}

/** Once the volume has an identity, the id of its emptiness is of no use any more, and must not vouch for a later emptiness. */
export async function forgetVolumeId(disk: Disk, directory: string): Promise<void> {
  if (await disk.remove(`${directory}/${VOLUME_ID_FILE}`)) await disk.syncDirectory(directory);
}

async function readVolumeId(disk: Disk, directory: string): Promise<string | undefined> {
  try {
    const text = (await disk.readFile(`${directory}/${VOLUME_ID_FILE}`)).toString('utf8').trim();
    return ID.test(text) ? text : undefined;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

import type { Disk, DiskEntry } from '../edge/index.ts';
import { hasCode } from '../edge/index.ts';
import { compareKeys, sortKeys } from './object-key.ts';

export interface WalkedFile {
  readonly directory: string;
  readonly name: string;
}

/**
 * The files below a directory whose keys start with `prefix` and come after `after`, in the order of their keys. A
 * directory sorts as `name/`, because that is how its keys begin: `a-b` comes before `a/x`. Names with a leading dot at
 * the top are the store's own and left out.
 */
export async function* walkKeys(
  disk: Disk,
  root: string,
  prefix: string,
  after: string | undefined,
): AsyncGenerator<WalkedFile> {
  const directory = prefix.slice(0, Math.max(0, prefix.lastIndexOf('/')));
  yield* walkDirectory({ disk, root, prefix, after }, directory);
}

interface Walk {
  readonly disk: Disk;
  readonly root: string;
  readonly prefix: string;
  readonly after: string | undefined;
}

async function* walkDirectory(walk: Walk, directory: string): AsyncGenerator<WalkedFile> {
  const base = directory === '' ? '' : `${directory}/`;
  const found = await entriesOf(walk.disk, directory === '' ? walk.root : `${walk.root}/${directory}`);
  const keys = found
    .filter((entry) => entry.kind !== 'other' && !(directory === '' && entry.name.startsWith('.')))
    .map((entry) => (entry.kind === 'directory' ? `${base}${entry.name}/` : `${base}${entry.name}`))
    .filter((key) => isWanted(walk, key));
  for (const key of sortKeys(keys)) {
    if (key.endsWith('/')) yield* walkDirectory(walk, key.slice(0, -1));
    else yield { directory, name: key.slice(base.length) };
  }
}

/** Whether a file (or anything below a directory, whose key ends with a slash) belongs into the listing. */
function isWanted({ prefix, after }: Walk, key: string): boolean {
  const isDirectory = key.endsWith('/');
  if (!key.startsWith(prefix) && !(isDirectory && prefix.startsWith(key))) return false;
  if (after === undefined || compareKeys(key, after) > 0) return true;
  return isDirectory && after.startsWith(key);
}

/** A prefix may name a directory that is not there, or be gone since its parent was read: then nothing is below it. */
async function entriesOf(disk: Disk, path: string): Promise<readonly DiskEntry[]> {
  try {
    return await disk.list(path);
  } catch (error) {
    if (hasCode(error, 'ENOENT') || hasCode(error, 'ENOTDIR')) return [];
    throw error;
  }
}

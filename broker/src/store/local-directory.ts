import type { Disk, Random } from '../edge/index.ts';
import { ChronikError, hasCode, randomHex } from '../edge/index.ts';
import { makeDirectoryPath, syncAncestors } from './durable-tree.ts';
import { systemCode } from './local-errors.ts';

/** Holds the random id that tells one store directory from another (rule 02). Keys never start with a dot. */
const STORE_ID_FILE = '.chronik-store';
const STORE_ID_DIGITS = 32;

export function temporaryDirectory(root: string): string {
  return `${root}/.tmp`;
}

/** Makes what is missing of a store directory and removes unfinished writes. Answers the store's id. */
export async function openLocalDirectory(disk: Disk, random: Random, root: string): Promise<string> {
  try {
    await makeDirectoryPath(disk, root);
    await disk.makeDirectory(temporaryDirectory(root));
    await disk.syncDirectory(root);
    await removeLeftovers(disk, root);
    return (await readStoreId(disk, root)) ?? (await createStoreId(disk, random, root));
  } catch (error) {
    throw unusable(error, root);
  }
}

/** Rejects unless the directory is there and can be listed. Changes nothing. */
export async function demandLocalDirectory(disk: Disk, root: string): Promise<void> {
  try {
    await disk.list(root);
  } catch (error) {
    if (!hasCode(error, 'ENOENT') && !hasCode(error, 'ENOTDIR')) throw unusable(error, root);
    throw new ChronikError('STORE_DIRECTORY_MISSING', `${root} is not a directory: there is no bucket`, {
      remedy: 'Correct LOCAL_STORAGE_PATH, or name the store that is meant by OBJECT_STORE_BACKEND.',
      details: { path: root },
    });
  }
}

/** The id, or undefined if the directory or the file is not there. */
export async function readStoreId(disk: Disk, root: string): Promise<string | undefined> {
  let text: string;
  try {
    text = (await disk.readFile(`${root}/${STORE_ID_FILE}`)).toString('latin1').trim();
  } catch (error) {
    if (hasCode(error, 'ENOENT') || hasCode(error, 'ENOTDIR')) return undefined;
    throw error;
  }
  if (/^[0-9a-f]{32}$/.test(text)) return text;
  throw new ChronikError('STORE_ID_DAMAGED', `${root}/${STORE_ID_FILE} does not hold the id of a store`, {
    remedy: 'Restore this file from a copy of the directory. The id is also in timelines/ in the same directory.',
    details: { path: root },
  });
}

/** Created like an object: whole or absent, and the first of several racing processes decides. */
async function createStoreId(disk: Disk, random: Random, root: string): Promise<string> {
  // Who made the directory may have died before its own fsync; the id is what proves that it did not.
  await syncAncestors(disk, root);
  const id = randomHex(random, STORE_ID_DIGITS);
  const temporary = `${temporaryDirectory(root)}/id-${id}`;
  const file = await disk.open(temporary, 'create');
  try {
    await file.append([Buffer.from(`${id}\n`)]);
    await file.sync();
  } finally {
    await file.close();
  }
  try {
    await disk.link(temporary, `${root}/${STORE_ID_FILE}`);
  } catch (error) {
    // ENOENT: a process that opened the directory at the same moment took our file for a leftover.
    if (hasCode(error, 'ENOENT')) return await createStoreId(disk, random, root);
    if (!hasCode(error, 'EEXIST')) throw error;
  }
  await disk.syncDirectory(root);
  await disk.remove(temporary);
  const settled = await readStoreId(disk, root);
  if (settled === undefined) throw new ChronikError('STORE_ID_DAMAGED', `${root}/${STORE_ID_FILE} vanished`);
  return settled;
}

async function removeLeftovers(disk: Disk, root: string): Promise<void> {
  const directory = temporaryDirectory(root);
  for (const entry of await disk.list(directory)) {
    if (entry.kind === 'file') await disk.remove(`${directory}/${entry.name}`);
  }
}

function unusable(error: unknown, root: string): unknown {
  const code = systemCode(error);
  if (code === undefined) return error;
  return new ChronikError('STORE_DIRECTORY_UNUSABLE', `Cannot use ${root} as a store: ${explain(code)}`, {
    remedy: 'Name a directory on a writable disk (LOCAL_STORAGE_PATH), and give the user Chronik runs as access to it.',
    details: { path: root, code },
    cause: error,
  });
}

function explain(code: string): string {
  switch (code) {
    case 'EACCES':
    case 'EPERM':
      return 'no permission';
    case 'EROFS':
      return 'the disk is read-only';
    case 'ENOTDIR':
      return 'it, or one of its parents, is a file';
    case 'ENOSPC':
    case 'EDQUOT':
      return 'the disk is full';
    default:
      return code;
  }
}

import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A temporary directory that holds the demo's bucket and data directory, side by side. */
export interface Workspace {
  readonly root: string;
  readonly bucket: string;
  readonly data: string;
}

export async function createWorkspace(): Promise<Workspace> {
  const root = await mkdtemp(join(tmpdir(), 'chronik-demo-'));
  return { root, bucket: join(root, 'bucket'), data: join(root, 'data') };
}

export interface TreeSize {
  readonly files: number;
  readonly bytes: number;
}

export async function treeSize(directory: string): Promise<TreeSize> {
  let files = 0;
  let bytes = 0;
  for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    files += 1;
    bytes += (await stat(join(entry.parentPath, entry.name))).size;
  }
  return { files, bytes };
}

export async function removeTree(directory: string): Promise<void> {
  await rm(directory, { recursive: true, force: true });
}

import type { Disk } from '../edge/index.ts';
import { hasCode } from '../edge/index.ts';

/** Names that are remembered as durable in one directory; older ones are synced again when they are met again. */
const REMEMBERED_NAMES = 65_536;

/**
 * Knows which directories and entries below a root survive a power loss (rule 16), so that nobody acts on an entry that is
 * only in the kernel's memory: not the writer, and not a reader that finds another's fresh entry either.
 */
export class DurableTree {
  readonly #disk: Disk;
  readonly #root: string;
  /** Directories that exist durably, or are on the way to. */
  readonly #directories = new Map<string, Promise<void>>();
  readonly #entries = new Map<string, Promise<Set<string>>>();
  readonly #syncs = new Map<string, { readonly current: Promise<void>; next: Promise<void> | undefined }>();

  constructor(disk: Disk, root: string) {
    this.#disk = disk;
    this.#root = root;
  }

  /** Path of a directory or file given relative to the root; `''` is the root. */
  path(relative: string): string {
    return relative === '' ? this.#root : `${this.#root}/${relative}`;
  }

  /** Makes the directory and its parents, each durable before the next. */
  ensureDirectory(directory: string): Promise<void> {
    if (directory === '') return Promise.resolve();
    const known = this.#directories.get(directory);
    if (known !== undefined) return known;
    const made = this.#makeDirectory(directory);
    this.#directories.set(directory, made);
    made.catch(() => this.#directories.delete(directory));
    return made;
  }

  /** Makes all entries of the directory durable that exist now. Calls that meet share one fsync. */
  sync(directory: string): Promise<void> {
    const running = this.#syncs.get(directory);
    if (running !== undefined) {
      // The fsync under way may have begun before our entry was made; the one after it has not.
      running.next ??= running.current.catch(() => undefined).then(() => this.#startSync(directory));
      return running.next;
    }
    return this.#startSync(directory);
  }

  /** Makes sure that entries which were just seen are durable. */
  async confirm(directory: string, names: readonly string[]): Promise<void> {
    const known = await this.#knownEntries(directory);
    if (names.every((name) => known.has(name))) return;
    await this.sync(directory);
    for (const name of names) remember(known, name);
  }

  /** Notes an entry that was synced. */
  async noteDurable(directory: string, name: string): Promise<void> {
    const known = this.#entries.get(directory);
    if (known !== undefined) remember(await known, name);
  }

  async noteRemoved(directory: string, name: string): Promise<void> {
    (await this.#entries.get(directory))?.delete(name);
  }

  /** Forgets everything: somebody removed directories behind our back. */
  forget(): void {
    this.#directories.clear();
    this.#entries.clear();
  }

  async #makeDirectory(directory: string): Promise<void> {
    const parent = parentOf(directory);
    await this.ensureDirectory(parent);
    await this.#disk.makeDirectory(this.path(directory));
    // Also if it was there: the one who made it may have died before its own fsync.
    await this.sync(parent);
  }

  #startSync(directory: string): Promise<void> {
    const current = this.#disk.syncDirectory(this.path(directory));
    const entry = { current, next: undefined };
    this.#syncs.set(directory, entry);
    const finish = (): void => {
      if (entry.next === undefined && this.#syncs.get(directory) === entry) this.#syncs.delete(directory);
    };
    current.then(finish, finish);
    return current;
  }

  /** The first look at a directory makes all that lies in it durable with one fsync. */
  #knownEntries(directory: string): Promise<Set<string>> {
    const known = this.#entries.get(directory);
    if (known !== undefined) return known;
    const loading = this.#loadEntries(directory);
    this.#entries.set(directory, loading);
    loading.catch(() => this.#entries.delete(directory));
    return loading;
  }

  async #loadEntries(directory: string): Promise<Set<string>> {
    const entries = await this.#disk.list(this.path(directory));
    await this.sync(directory);
    return new Set(entries.slice(0, REMEMBERED_NAMES).map((entry) => entry.name));
  }
}

/** Makes `path` and its missing parents, each durable before the next. */
export async function makeDirectoryPath(disk: Disk, path: string): Promise<void> {
  try {
    if (!(await disk.makeDirectory(path))) return;
  } catch (error) {
    if (!hasCode(error, 'ENOENT') || parentOf(path) === '') throw error;
    await makeDirectoryPath(disk, parentOf(path));
    await disk.makeDirectory(path);
  }
  await disk.syncDirectory(containing(path));
}

/** Makes the entries durable through which `path` is reached, as far as this user may. */
export async function syncAncestors(disk: Disk, path: string): Promise<void> {
  for (let below = path; below !== ''; below = parentOf(below)) {
    try {
      await disk.syncDirectory(containing(below));
    } catch (error) {
      // A directory that this user cannot open is none that an earlier run of it made.
      if (!hasCode(error, 'EACCES') && !hasCode(error, 'EPERM')) throw error;
    }
  }
}

/** The directory that holds `path`, also if that is the working directory or the top. */
function containing(path: string): string {
  const parent = parentOf(path);
  if (parent !== '') return parent;
  return path.startsWith('/') ? '/' : '.';
}

/** The part before the last slash; empty if there is none. */
export function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}

function remember(known: Set<string>, name: string): void {
  known.add(name);
  if (known.size <= REMEMBERED_NAMES) return;
  for (const oldest of known) {
    known.delete(oldest);
    return;
  }
}

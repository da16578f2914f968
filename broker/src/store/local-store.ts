import type { Disk, Random } from '../edge/index.ts';
import { hasCode, randomHex } from '../edge/index.ts';
import { DurableTree, parentOf } from './durable-tree.ts';
import { localError, systemCode } from './local-errors.ts';
import { demandLocalDirectory, openLocalDirectory, readStoreId, temporaryDirectory } from './local-directory.ts';
import { walkKeys } from './local-walk.ts';
import type {
  ByteRange,
  CallOptions,
  CreateResult,
  ListPage,
  ListedObject,
  ObjectStore,
  StoreAddress,
} from './object-store.ts';
import { checkKey } from './object-key.ts';
import { StoreError } from './store-error.ts';

export interface LocalStoreOptions {
  readonly disk: Disk;
  readonly random: Random;
  /** Directory of the store; made if absent. */
  readonly path: string;
}

/**
 * A store in a directory (the embedded default). An object is written under a temporary name, synced, and linked to its
 * own name, so it is whole or absent whatever happens, and `link` refuses a name that is taken. Several processes may use
 * one directory.
 */
export class LocalStore implements ObjectStore {
  readonly description: string;
  /** Each page reads its whole directory, so few are better. */
  readonly pageKeys = 5000;
  readonly address: StoreAddress;
  readonly #disk: Disk;
  readonly #root: string;
  readonly #storeId: string;
  readonly #tree: DurableTree;
  readonly #temporaryPrefix: string;
  readonly #cleanups = new Set<Promise<void>>();
  #temporaryCount = 0;

  private constructor(options: LocalStoreOptions, storeId: string) {
    this.#disk = options.disk;
    this.#root = options.path;
    this.#storeId = storeId;
    this.#tree = new DurableTree(options.disk, options.path);
    this.#temporaryPrefix = temporaryDirectory(options.path) + `/${randomHex(options.random, 16)}-`;
    this.description = `local:${options.path}`;
    this.address = { provider: 'local', endpoint: '', bucket: storeId, prefix: '' };
  }

  /**
   * Opens the directory, making it if it is absent, and removes what earlier processes left half-written. Rejects with
   * STORE_DIRECTORY_UNUSABLE if that is impossible.
   */
  static async open(options: LocalStoreOptions): Promise<LocalStore> {
    const path = options.path.replace(/(?<=.)\/+$/, '');
    return new LocalStore({ ...options, path }, await openLocalDirectory(options.disk, options.random, path));
  }

  /**
   * Opens the directory to read it: makes and removes nothing. Rejects with STORE_DIRECTORY_MISSING if it is not there. A
   * directory without an id, a plain copy of another, has the empty one.
   */
  static async openForReading(options: LocalStoreOptions): Promise<LocalStore> {
    const path = options.path.replace(/(?<=.)\/+$/, '');
    await demandLocalDirectory(options.disk, path);
    return new LocalStore({ ...options, path }, (await readStoreId(options.disk, path)) ?? '');
  }

  async create(key: string, body: readonly Uint8Array[], options?: CallOptions): Promise<CreateResult> {
    checkKey(key);
    const temporary = `${this.#temporaryPrefix}${this.#temporaryCount}`;
    this.#temporaryCount += 1;
    try {
      await this.#tree.ensureDirectory(parentOf(key));
      await this.#writeTemporary(temporary, body);
      if (options?.signal?.aborted === true) throw new StoreError('ambiguous', `The caller ended the write of ${key}`);
      return await this.#linkDurably(temporary, key);
    } catch (error) {
      if (hasCode(error, 'ENOENT')) return await this.#explainMissing(key);
      throw localError(error, `create ${key} in ${this.#root}`);
    } finally {
      this.#removeLater(temporary);
    }
  }

  async get(key: string, range?: ByteRange): Promise<Buffer | undefined> {
    checkKey(key);
    return this.#readExisting(key, async (path) => {
      if (range === undefined) return this.#disk.readFile(path);
      const file = await this.#disk.open(path, 'read');
      try {
        return await file.read(range.start, range.length);
      } finally {
        await file.close();
      }
    });
  }

  async head(key: string): Promise<{ readonly sizeBytes: number } | undefined> {
    checkKey(key);
    return this.#readExisting(key, async (path) => {
      const sizeBytes = await this.#disk.size(path);
      return sizeBytes === undefined ? undefined : { sizeBytes };
    });
  }

  async list(prefix: string, after: string | undefined, limit: number): Promise<ListPage> {
    const objects: ListedObject[] = [];
    const namesByDirectory = new Map<string, string[]>();
    let more = false;
    try {
      for await (const { directory, name } of walkKeys(this.#disk, this.#root, prefix, after)) {
        if (objects.length === limit) {
          more = true;
          break;
        }
        const key = directory === '' ? name : `${directory}/${name}`;
        const sizeBytes = await this.#disk.size(this.#tree.path(key));
        // Deleted since its directory was read.
        if (sizeBytes === undefined) continue;
        objects.push({ key, sizeBytes });
        const names = namesByDirectory.get(directory);
        if (names === undefined) namesByDirectory.set(directory, [name]);
        else names.push(name);
      }
      for (const [directory, names] of namesByDirectory) await this.#tree.confirm(directory, names);
      if (objects.length === 0) await this.#checkPresence();
    } catch (error) {
      throw localError(error, `list ${prefix} in ${this.#root}`);
    }
    return { objects, more };
  }

  async delete(keys: readonly string[]): Promise<void> {
    for (const key of keys) checkKey(key);
    const directories = new Set<string>();
    try {
      for (const key of keys) {
        const directory = parentOf(key);
        await this.#tree.noteRemoved(directory, nameOf(key));
        if (!(await this.#removeObject(key))) await this.#checkPresence();
        directories.add(directory);
      }
      for (const directory of directories) await this.#syncIfThere(directory);
    } catch (error) {
      throw localError(error, `delete from ${this.#root}`);
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.#cleanups);
  }

  async #writeTemporary(path: string, body: readonly Uint8Array[]): Promise<void> {
    const file = await this.#disk.open(path, 'create');
    try {
      await file.append(body);
      await file.sync();
    } finally {
      await file.close();
    }
  }

  async #linkDurably(temporary: string, key: string): Promise<CreateResult> {
    const path = this.#tree.path(key);
    const directory = parentOf(key);
    let result: CreateResult = 'created';
    try {
      await this.#disk.link(temporary, path);
    } catch (error) {
      if (!hasCode(error, 'EEXIST')) throw error;
      await this.#refuseDirectory(key, path);
      result = 'exists';
    }
    try {
      // Also before "exists": what the caller concludes from it must not be undone by a power loss (rule 16).
      await this.#tree.sync(directory);
    } catch (error) {
      const code = systemCode(error);
      if (code === undefined) throw error;
      throw new StoreError('ambiguous', `Cannot make ${key} durable in ${this.#root}: ${code}`, { cause: error });
    }
    await this.#tree.noteDurable(directory, nameOf(key));
    return result;
  }

  /** A name that is taken by a directory of other keys cannot be an object here, unlike in other stores. */
  async #refuseDirectory(key: string, path: string): Promise<void> {
    if ((await this.#disk.size(path)) !== undefined) return;
    try {
      await this.#disk.list(path);
    } catch (error) {
      if (hasCode(error, 'ENOENT') || hasCode(error, 'ENOTDIR')) return;
      throw error;
    }
    throw new StoreError('invalid', `${key} in ${this.#root} is a directory of other objects`);
  }

  /** Runs a read; absence is only believed while the directory is known to be ours (P9). */
  async #readExisting<T>(key: string, read: (path: string) => Promise<T | undefined>): Promise<T | undefined> {
    try {
      const found = await absentAsUndefined(read(this.#tree.path(key)));
      if (found === undefined) await this.#checkPresence();
      else await this.#tree.confirm(parentOf(key), [nameOf(key)]);
      return found;
    } catch (error) {
      throw localError(error, `read ${key} in ${this.#root}`);
    }
  }

  /** Rejects unless the directory is there and is the one that was opened: an unmounted disk looks empty. */
  async #checkPresence(): Promise<void> {
    const found = await readStoreId(this.#disk, this.#root);
    if (found === this.#storeId) return;
    this.#tree.forget();
    const state = found === undefined ? 'is gone' : 'is another store now';
    throw new StoreError('unavailable', `The store directory ${this.#root} ${state}`, {
      remedy: 'Mount the disk again, or put the directory back; Chronik goes on by itself.',
    });
  }

  /** A directory or the temporary file went away under a create: by an opening process that cleaned up, or an unmount. */
  async #explainMissing(key: string): Promise<never> {
    this.#tree.forget();
    await this.#checkPresence();
    throw new StoreError('conflict', `Another process removed files of the unfinished write of ${key}`);
  }

  async #removeObject(key: string): Promise<boolean> {
    try {
      return await this.#disk.remove(this.#tree.path(key));
    } catch (error) {
      if (hasCode(error, 'ENOTDIR') || hasCode(error, 'EISDIR')) return false;
      throw error;
    }
  }

  async #syncIfThere(directory: string): Promise<void> {
    try {
      await this.#tree.sync(directory);
    } catch (error) {
      if (!hasCode(error, 'ENOENT') && !hasCode(error, 'ENOTDIR')) throw error;
    }
  }

  /** Off the path of the caller. A file that stays behind is in no listing and goes at the next opening. */
  #removeLater(temporary: string): void {
    const removal = this.#disk.remove(temporary).then(
      () => undefined,
      () => undefined,
    );
    this.#cleanups.add(removal);
    void removal.then(() => this.#cleanups.delete(removal));
  }
}

async function absentAsUndefined<T>(reading: Promise<T | undefined>): Promise<T | undefined> {
  try {
    return await reading;
  } catch (error) {
    if (hasCode(error, 'ENOENT') || hasCode(error, 'ENOTDIR') || hasCode(error, 'EISDIR')) return undefined;
    throw error;
  }
}

function nameOf(key: string): string {
  return key.slice(key.lastIndexOf('/') + 1);
}

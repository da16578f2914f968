import type { Disk, DiskEntry, DiskFile, DiskLock, OpenMode } from '../../src/edge/index.ts';
import { ChronikError } from '../../src/edge/index.ts';
import type { SimProcess } from './process.ts';
import type { DiskOperation, SimDisk } from './sim-disk.ts';
import type { SimFile } from './sim-file.ts';
import { systemError } from './sim-file-system.ts';

/** One process's view of a SimDisk. */
export class SimDiskHandle implements Disk {
  readonly #disk: SimDisk;
  readonly #process: SimProcess;

  constructor(disk: SimDisk, process: SimProcess) {
    this.#disk = disk;
    this.#process = process;
  }

  async open(path: string, mode: OpenMode): Promise<DiskFile> {
    const file = await this.#call('open', path, () => {
      const { files, faults } = this.#disk;
      const found = files.find(path);
      if (mode === 'create' || (mode === 'append' && found === undefined)) {
        if (faults.full && found === undefined) throw systemError('ENOSPC', path);
        return files.createFile(path);
      }
      return files.file(path);
    });
    return new SimDiskFile(this.#disk, this.#process, path, file, mode === 'overwrite' ? 0 : undefined);
  }

  readFile(path: string): Promise<Buffer> {
    return this.#call('readFile', path, () => {
      const file = this.#disk.files.file(path);
      return file.read(0, file.sizeBytes);
    });
  }

  size(path: string): Promise<number | undefined> {
    return this.#call('size', path, () => {
      const node = findOrNothing(() => this.#disk.files.find(path));
      return node?.kind === 'file' ? node.sizeBytes : undefined;
    });
  }

  list(path: string): Promise<readonly DiskEntry[]> {
    return this.#call('list', path, () => {
      const { entries } = this.#disk.files.directory(path);
      return Array.from(entries, ([name, node]) => ({ name, kind: node.kind }));
    });
  }

  makeDirectory(path: string): Promise<boolean> {
    return this.#call('makeDirectory', path, () => this.#disk.files.makeDirectory(path));
  }

  syncDirectory(path: string): Promise<void> {
    const disk = this.#disk;
    // Only what is there now: entries that are made while the sync runs may miss it.
    const node = findOrNothing(() => disk.files.find(path));
    const operations = node?.kind === 'directory' ? disk.files.pendingOf(node) : [];
    return disk.call(this.#process, 'syncDirectory', path, (failure) => {
      if (failure !== undefined) throw syncFailed(path, failure);
      disk.files.directory(path);
      if (!disk.faults.lostSync) disk.files.makeDurable(operations);
    });
  }

  link(from: string, to: string): Promise<void> {
    return this.#call('link', to, () => this.#disk.files.link(from, to));
  }

  rename(from: string, to: string): Promise<void> {
    return this.#call('rename', to, () => this.#disk.files.rename(from, to));
  }

  remove(path: string): Promise<boolean> {
    return this.#call('remove', path, () => this.#disk.files.remove(path));
  }

  removeTree(path: string): Promise<void> {
    return this.#call('removeTree', path, () => this.#disk.files.removeTree(path));
  }

  lock(path: string, owner: string): Promise<DiskLock | undefined> {
    const disk = this.#disk;
    return this.#call('lock', path, () => {
      if (disk.files.find(path) === undefined) disk.files.createFile(path);
      if (!disk.takeLock(path, this.#process, owner)) return undefined;
      return {
        release: () => this.#call('lock', path, () => disk.releaseLock(path, this.#process)),
      };
    });
  }

  lockOwner(path: string): Promise<string | undefined> {
    return this.#call('lock', path, () => this.#disk.lockOwner(path));
  }

  #call<T>(operation: DiskOperation, path: string, act: () => T): Promise<T> {
    return this.#disk.call(this.#process, operation, path, (failure) => {
      if (failure !== undefined) throw systemError(failure, path);
      return act();
    });
  }
}

class SimDiskFile implements DiskFile {
  readonly #disk: SimDisk;
  readonly #process: SimProcess;
  readonly #path: string;
  readonly #file: SimFile;
  /** Ends when all changes that were asked for so far have been made; they are made in the order of the calls. */
  #tail: Promise<unknown> = Promise.resolve();
  #syncFailure: ChronikError | undefined;
  /** Where the next bytes go; undefined = at the end. */
  #position: number | undefined;

  constructor(disk: SimDisk, process: SimProcess, path: string, file: SimFile, position?: number) {
    this.#position = position;
    this.#disk = disk;
    this.#process = process;
    this.#path = path;
    this.#file = file;
  }

  append(buffers: readonly Uint8Array[]): Promise<void> {
    return this.#inOrder('append', (failure) => {
      const code = failure ?? (this.#disk.faults.full ? 'ENOSPC' : undefined);
      if (code === undefined) {
        this.#put(buffers);
        return;
      }
      const all = Buffer.concat(buffers);
      this.#put([all.subarray(0, Math.floor(this.#disk.random.fraction() * all.length))]);
      throw systemError(code, this.#path);
    });
  }

  read(position: number, length: number): Promise<Buffer> {
    return this.#disk.call(this.#process, 'read', this.#path, (failure) => {
      if (failure !== undefined) throw systemError(failure, this.#path);
      return this.#file.read(position, length);
    });
  }

  async sync(): Promise<void> {
    if (this.#syncFailure !== undefined) throw this.#syncFailure;
    await Promise.allSettled([this.#tail]);
    // Only what is there now: bytes that are appended while the sync runs may miss it.
    const covered = this.#file.unsynced;
    await this.#disk.call(this.#process, 'sync', this.#path, (failure) => {
      if (failure !== undefined) {
        this.#file.dropUnsynced();
        this.#syncFailure = syncFailed(this.#path, failure);
        throw this.#syncFailure;
      }
      if (!this.#disk.faults.lostSync) this.#file.markDurable(covered);
    });
  }

  truncate(sizeBytes: number): Promise<void> {
    return this.#inOrder('truncate', (failure) => {
      if (failure !== undefined) throw systemError(failure, this.#path);
      this.#file.truncate(sizeBytes);
    });
  }

  async close(): Promise<void> {
    await Promise.allSettled([this.#tail]);
  }

  #put(buffers: readonly Uint8Array[]): void {
    if (this.#position === undefined) this.#file.append(buffers);
    else this.#position = this.#file.write(this.#position, buffers);
  }

  async #inOrder(operation: DiskOperation, act: (failure: string | undefined) => void): Promise<void> {
    if (this.#syncFailure !== undefined) throw this.#syncFailure;
    const before = this.#tail;
    const mine = Promise.allSettled([before]).then(() => this.#disk.call(this.#process, operation, this.#path, act));
    this.#tail = mine;
    await mine;
  }
}

function syncFailed(path: string, code: string): ChronikError {
  return new ChronikError('DISK_SYNC_FAILED', `The disk did not store ${path}: ${code}`, {
    cause: systemError(code, path),
  });
}

/** A file in the place of a parent directory: nothing is below it. */
function findOrNothing<T>(find: () => T): T | undefined {
  try {
    return find();
  } catch {
    return undefined;
  }
}

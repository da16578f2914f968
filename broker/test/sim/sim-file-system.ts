import type { Random } from '../../src/edge/index.ts';
import { SimFile } from './sim-file.ts';

/** A directory: the entries that the kernel shows, and those that a power loss leaves. */
export class SimDirectory {
  readonly kind = 'directory';
  readonly entries = new Map<string, SimNode>();
  readonly durable = new Map<string, SimNode>();
}

export type SimNode = SimFile | SimDirectory;

interface Change {
  readonly directory: SimDirectory;
  readonly name: string;
  /** undefined = the entry goes. */
  readonly node: SimNode | undefined;
}

/** Changes that survive or are lost together (a rename is two). */
export type DirectoryOperation = readonly Change[];

/** An error as Node's own file system calls give it. */
export function systemError(code: string, path: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${code}: simulated, ${path}`), { code, path });
}

/** Directories and files of one machine, and what of them is durable. Every operation here happens at once. */
export class SimFileSystem {
  #root = new SimDirectory();
  /** Directory operations that no sync has made durable yet, oldest first. */
  #pending: DirectoryOperation[] = [];

  find(path: string): SimNode | undefined {
    let node: SimNode = this.#root;
    for (const name of segments(path)) {
      if (node.kind === 'file') throw systemError('ENOTDIR', path);
      const next = node.entries.get(name);
      if (next === undefined) return undefined;
      node = next;
    }
    return node;
  }

  file(path: string): SimFile {
    const node = this.find(path);
    if (node === undefined) throw systemError('ENOENT', path);
    if (node.kind === 'directory') throw systemError('EISDIR', path);
    return node;
  }

  directory(path: string): SimDirectory {
    const node = this.find(path);
    if (node === undefined) throw systemError('ENOENT', path);
    if (node.kind === 'file') throw systemError('ENOTDIR', path);
    return node;
  }

  createFile(path: string): SimFile {
    if (this.find(path) !== undefined) throw systemError('EEXIST', path);
    const file = new SimFile();
    this.#apply([this.#change(path, file)]);
    return file;
  }

  makeDirectory(path: string): boolean {
    if (this.find(path) !== undefined) return false;
    this.#apply([this.#change(path, new SimDirectory())]);
    return true;
  }

  link(from: string, to: string): void {
    const file = this.file(from);
    const change = this.#change(to, file);
    if (this.find(to) !== undefined) throw systemError('EEXIST', to);
    this.#apply([change]);
  }

  rename(from: string, to: string): void {
    const node = this.find(from);
    if (node === undefined) throw systemError('ENOENT', from);
    if (this.find(to)?.kind === 'directory') throw systemError('EISDIR', to);
    this.#apply([this.#change(from, undefined), this.#change(to, node)]);
  }

  remove(path: string): boolean {
    const node = this.find(path);
    if (node === undefined) return false;
    if (node.kind === 'directory') throw systemError('EISDIR', path);
    this.#apply([this.#change(path, undefined)]);
    return true;
  }

  removeTree(path: string): void {
    const node = this.find(path);
    if (node === undefined) return;
    if (node.kind === 'directory') for (const name of node.entries.keys()) this.removeTree(`${path}/${name}`);
    this.#apply([this.#change(path, undefined)]);
  }

  /** The operations that a sync of this directory which begins now makes durable. */
  pendingOf(directory: SimDirectory): readonly DirectoryOperation[] {
    return this.#pending.filter((operation) => operation.some((change) => change.directory === directory));
  }

  makeDurable(operations: readonly DirectoryOperation[]): void {
    const wanted = new Set(operations);
    for (const operation of this.#pending) if (wanted.has(operation)) settle(operation);
    this.#pending = this.#pending.filter((operation) => !wanted.has(operation));
  }

  /** Keeps what is durable, and of the rest whatever chance lets survive: each operation for itself. */
  losePower(random: Random): void {
    for (const operation of this.#pending) if (random.fraction() < 0.5) settle(operation);
    this.#pending = [];
    const seen = new Set<SimNode>();
    function restore(node: SimNode): void {
      if (seen.has(node)) return;
      seen.add(node);
      if (node.kind === 'file') {
        node.losePower(random);
        return;
      }
      node.entries.clear();
      for (const [name, child] of node.durable) {
        node.entries.set(name, child);
        restore(child);
      }
    }
    restore(this.#root);
  }

  /** Loses everything: a new, empty disk. */
  wipe(): void {
    this.#root = new SimDirectory();
    this.#pending = [];
  }

  #change(path: string, node: SimNode | undefined): Change {
    const names = segments(path);
    const name = names.pop();
    if (name === undefined) throw systemError('EEXIST', path);
    if (Buffer.byteLength(name) > 255) throw systemError('ENAMETOOLONG', path);
    return { directory: this.directory(names.join('/')), name, node };
  }

  #apply(operation: DirectoryOperation): void {
    for (const { directory, name, node } of operation) setEntry(directory.entries, name, node);
    this.#pending.push(operation);
  }
}

function settle(operation: DirectoryOperation): void {
  for (const { directory, name, node } of operation) setEntry(directory.durable, name, node);
}

function setEntry(entries: Map<string, SimNode>, name: string, node: SimNode | undefined): void {
  if (node === undefined) entries.delete(name);
  else entries.set(name, node);
}

function segments(path: string): string[] {
  return path.split('/').filter((segment) => segment !== '' && segment !== '.');
}

import { closeSync, fdatasync, fstatSync, ftruncate, read, readSync, writev, writevSync } from 'node:fs';
import type { DiskFile } from './disk.ts';
import { ChronikError } from './errors.ts';

/** Up to this size a write into the page cache is cheaper on the calling thread than a trip through the pool. */
const WRITE_INLINE_BYTES = 128 * 1024;

/** Up to this size the page cache, and an SSD too, answers sooner than a trip through the pool. */
const READ_INLINE_BYTES = 16 * 1024;

/** One open file of the real file system. Appends are written in the order of the calls. */
export class SystemFile implements DiskFile {
  readonly #path: string;
  readonly #descriptor: number;
  /** The append that is under way, if any; the next one and `sync` wait for it. */
  #pending: Promise<void> | undefined;
  #syncFailure: ChronikError | undefined;

  constructor(path: string, descriptor: number) {
    this.#path = path;
    this.#descriptor = descriptor;
  }

  async append(buffers: readonly Uint8Array[]): Promise<void> {
    this.#refuseAfterFailedSync();
    const sizeBytes = buffers.reduce((sum, buffer) => sum + buffer.length, 0);
    if (this.#pending === undefined && sizeBytes <= WRITE_INLINE_BYTES) {
      writeAllInline(this.#descriptor, buffers);
      return;
    }
    const before = this.#pending;
    // A failed append has told its own caller; the next one still has its turn.
    const turn = before === undefined ? undefined : before.catch(() => undefined);
    const mine = (turn ?? Promise.resolve()).then(() => writeAll(this.#descriptor, buffers));
    this.#pending = mine;
    try {
      await mine;
    } finally {
      if (this.#pending === mine) this.#pending = undefined;
    }
  }

  async read(position: number, length: number): Promise<Buffer> {
    // Callers ask for a whole block where the last one is short: memory is set aside for what the file has.
    const sizeBytes = Math.min(length, Math.max(0, fstatSync(this.#descriptor).size - position));
    const target = Buffer.allocUnsafe(sizeBytes);
    if (sizeBytes <= READ_INLINE_BYTES) return readInline(this.#descriptor, target, position);
    let filled = 0;
    while (filled < sizeBytes) {
      const count = await readOnce(this.#descriptor, target, filled, position + filled);
      if (count === 0) break;
      filled += count;
    }
    return target.subarray(0, filled);
  }

  async sync(): Promise<void> {
    this.#refuseAfterFailedSync();
    if (this.#pending !== undefined) await this.#pending.catch(() => undefined);
    try {
      await callback((done) => fdatasync(this.#descriptor, done));
    } catch (cause) {
      this.#syncFailure = syncFailed(this.#path, cause);
      throw this.#syncFailure;
    }
  }

  async truncate(sizeBytes: number): Promise<void> {
    this.#refuseAfterFailedSync();
    await callback((done) => ftruncate(this.#descriptor, sizeBytes, done));
  }

  async close(): Promise<void> {
    if (this.#pending !== undefined) await this.#pending.catch(() => undefined);
    // What had to be written out was synced before: no wait for the device is left, and the pool would only add a trip.
    closeSync(this.#descriptor);
  }

  /** After a failed fsync the kernel may report success for pages that it dropped, so nothing may go on (rule 16). */
  #refuseAfterFailedSync(): void {
    if (this.#syncFailure !== undefined) throw this.#syncFailure;
  }
}

export function syncFailed(path: string, cause: unknown): ChronikError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new ChronikError('DISK_SYNC_FAILED', `The disk did not store ${path}: ${reason}`, {
    remedy: 'What was written since the last good sync may be lost. Check the disk and the kernel log, then restart.',
    details: { path },
    cause,
  });
}

/** One promise around one callback; much cheaper than node:fs/promises on the commit path. */
export function callback(start: (done: (error: Error | null) => void) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    start((error) => (error === null ? resolve() : reject(error)));
  });
}

function readInline(descriptor: number, target: Buffer, position: number): Buffer {
  let filled = 0;
  while (filled < target.length) {
    const count = readSync(descriptor, target, filled, target.length - filled, position + filled);
    if (count === 0) break;
    filled += count;
  }
  return target.subarray(0, filled);
}

function readOnce(descriptor: number, target: Buffer, offset: number, position: number): Promise<number> {
  return new Promise((resolve, reject) => {
    read(descriptor, target, offset, target.length - offset, position, (error, count) =>
      error === null ? resolve(count) : reject(error),
    );
  });
}

function writeAllInline(descriptor: number, buffers: readonly Uint8Array[]): void {
  let rest = buffers.filter((buffer) => buffer.length > 0);
  while (rest.length > 0) rest = withoutFirst(rest, writevSync(descriptor, rest));
}

async function writeAll(descriptor: number, buffers: readonly Uint8Array[]): Promise<void> {
  let rest = buffers.filter((buffer) => buffer.length > 0);
  while (rest.length > 0) rest = withoutFirst(rest, await writeOnce(descriptor, rest));
}

function writeOnce(descriptor: number, buffers: readonly Uint8Array[]): Promise<number> {
  return new Promise((resolve, reject) => {
    writev(descriptor, buffers, (error, written) => (error === null ? resolve(written) : reject(error)));
  });
}

/** What is left to write after the kernel took `written` bytes (a write may be short). */
function withoutFirst(buffers: Uint8Array[], written: number): Uint8Array[] {
  let taken = written;
  let index = 0;
  while (index < buffers.length && taken >= buffers[index]!.length) {
    taken -= buffers[index]!.length;
    index += 1;
  }
  const rest = buffers.slice(index);
  if (taken > 0) rest[0] = rest[0]!.subarray(taken);
  return rest;
}

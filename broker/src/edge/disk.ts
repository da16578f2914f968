/**
 * How a file is opened. `create`: exclusive, fails with EEXIST. `append`: opens or creates, appends at the end. `overwrite`: must
 * exist; what is appended goes over what is there, from the first byte on, and then on behind it. `read`: must exist.
 */
export type OpenMode = 'create' | 'append' | 'overwrite' | 'read';

/** Errors of a Disk carry Node's own codes (`ENOENT`, `EEXIST`, `ENOSPC`, `EIO`, `EACCES`) in `code`. */
export interface DiskFile {
  /** Appends the buffers in order, as one write; resolves when the kernel has them (not yet durable). A failed one may leave a part. */
  append(buffers: readonly Uint8Array[]): Promise<void>;
  /** Up to `length` bytes from `position`; shorter at the end of the file. */
  read(position: number, length: number): Promise<Buffer>;
  /**
   * fdatasync: all that was appended before the call is durable when it resolves. A failure rejects with
   * DISK_SYNC_FAILED, and so does every later append, truncate and sync of this file (rule 16).
   */
  sync(): Promise<void>;
  truncate(sizeBytes: number): Promise<void>;
  close(): Promise<void>;
}

export interface DiskEntry {
  readonly name: string;
  readonly kind: 'file' | 'directory' | 'other';
}

/** A held lock on a directory tree. */
export interface DiskLock {
  release(): Promise<void>;
}

/** The file system as the core sees it. Paths are absolute or relative to the process; separators are `/`. */
export interface Disk {
  open(path: string, mode: OpenMode): Promise<DiskFile>;
  /** The whole file; rejects with ENOENT if absent. */
  readFile(path: string): Promise<Buffer>;
  /** Size in bytes of a file, or undefined if there is no file of this name. */
  size(path: string): Promise<number | undefined>;
  /** Entries in no particular order; rejects with ENOENT if absent. */
  list(path: string): Promise<readonly DiskEntry[]>;
  /** Creates one directory (not its parents); false if it was there. Durable only after syncDirectory of its parent. */
  makeDirectory(path: string): Promise<boolean>;
  /** Makes the entries of a directory durable that exist at the call. A failure rejects with DISK_SYNC_FAILED. */
  syncDirectory(path: string): Promise<void>;
  /** Hard link; rejects with EEXIST if `to` exists. Atomic. */
  link(from: string, to: string): Promise<void>;
  /** Atomic replacement. For the data directory only, never for a store (P6). */
  rename(from: string, to: string): Promise<void>;
  /** Removes a file; false if it was absent. */
  remove(path: string): Promise<boolean>;
  /** Removes a directory tree; nothing if absent. */
  removeTree(path: string): Promise<void>;
  /**
   * Takes the exclusive lock at `path` (created if absent) for this process, or returns undefined if another process
   * holds it. `owner` is a short text (pid, host) kept beside it that `lockOwner` shows to the one refused.
   */
  lock(path: string, owner: string): Promise<DiskLock | undefined>;
  lockOwner(path: string): Promise<string | undefined>;
}

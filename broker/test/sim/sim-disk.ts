import type { Clock, Disk, Random } from '../../src/edge/index.ts';
import type { SimProcess } from './process.ts';
import { SimDiskHandle } from './sim-disk-handle.ts';
import { SimFileSystem } from './sim-file-system.ts';

export type DiskOperation =
  | 'open'
  | 'append'
  | 'read'
  | 'sync'
  | 'truncate'
  | 'readFile'
  | 'size'
  | 'list'
  | 'makeDirectory'
  | 'syncDirectory'
  | 'link'
  | 'rename'
  | 'remove'
  | 'removeTree'
  | 'lock';

/** What goes wrong; chances in [0, 1] for every call. Change it at any time. */
export interface SimDiskFaults {
  /** Mean time of a call, and what a sync takes beyond it. Each call's time is drawn from an exponential distribution. */
  readonly callMs: number;
  readonly syncMs: number;
  readonly readError: number;
  readonly writeError: number;
  /** A sync fails, and what it should have stored never reaches the disk. */
  readonly syncError: number;
  /** Syncs answer well and store nothing: a disk that lies. No design survives it on one disk alone. */
  readonly lostSync: boolean;
  /** No space: appends store a random part and fail, nothing new can be created. */
  readonly full: boolean;
}

export const noDiskFaults: SimDiskFaults = {
  callMs: 0.05,
  syncMs: 0.5,
  readError: 0,
  writeError: 0,
  syncError: 0,
  lostSync: false,
  full: false,
};

export interface SimDiskOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly name?: string;
  readonly onTrace?: (line: string) => void;
}

/** The disk of one machine, on virtual time. It outlives its processes; only a power loss takes from it. */
export class SimDisk {
  readonly name: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly files = new SimFileSystem();
  faults: SimDiskFaults = noDiskFaults;
  /** Called before every operation takes effect; a code that it answers (`EACCES`, `EIO`) becomes the call's error. */
  beforeOperation: (operation: DiskOperation, path: string) => string | undefined = () => undefined;
  readonly #onTrace: (line: string) => void;
  readonly #locks = new Map<string, { readonly process: SimProcess; readonly owner: string }>();
  #powerCycle = 0;

  constructor(options: SimDiskOptions) {
    this.name = options.name ?? 'disk';
    this.clock = options.clock;
    this.random = options.random;
    this.#onTrace = options.onTrace ?? (() => undefined);
  }

  /** The disk as one process sees it. Calls of a process that is dead are never answered. */
  connect(process: SimProcess): Disk {
    return new SimDiskHandle(this, process);
  }

  /** Un-synced data and entries are lost, each as chance has it. The processes of the machine must be killed as well. */
  losePower(): void {
    this.#powerCycle += 1;
    this.#locks.clear();
    this.files.losePower(this.random);
    this.trace('power loss');
  }

  /** Replaces the disk by an empty one. The processes of the machine must be killed as well. */
  wipe(): void {
    this.#powerCycle += 1;
    this.#locks.clear();
    this.files.wipe();
    this.trace('wiped');
  }

  /** Damages a file at rest; `bit` counts from its start, random if left out. */
  flipBit(path: string, bit?: number): void {
    const file = this.files.file(path);
    const chosen = bit ?? Math.floor(this.random.fraction() * file.sizeBytes * 8);
    file.flipBit(chosen);
    this.trace(`flip ${path} ${chosen}`);
  }

  /**
   * Runs `act` for the process after a while, and answers it; `act` gets the code of the error that it shall fail with, if
   * any. A call under way at a kill takes effect or not, by seed; one under way at a power loss does not.
   */
  call<T>(
    process: SimProcess,
    operation: DiskOperation,
    path: string,
    act: (failure: string | undefined) => T,
  ): Promise<T> {
    const cycle = this.#powerCycle;
    const delayMs = this.#drawMs(operation);
    const actsWhenDead = this.random.fraction() < 0.5;
    const drawnFailure = this.#drawFailure(operation);
    return new Promise((resolve, reject) => {
      this.clock.setTimer(delayMs, () => {
        if (this.#powerCycle !== cycle || (!process.alive && !actsWhenDead)) return;
        const failure = this.beforeOperation(operation, path) ?? drawnFailure;
        // The hook may have cut the power.
        if (this.#powerCycle !== cycle) return;
        const outcome = attempt(() => act(failure));
        this.trace(
          `${process.name} ${operation} ${path}${outcome.error === undefined ? '' : ` ${outcome.error.message}`}`,
        );
        process.schedule(0, () => {
          if (outcome.error === undefined) resolve(outcome.value);
          else reject(outcome.error);
        });
      });
    });
  }

  takeLock(path: string, process: SimProcess, owner: string): boolean {
    const holder = this.#locks.get(path);
    if (holder?.process.alive === true) return false;
    this.#locks.set(path, { process, owner });
    return true;
  }

  lockOwner(path: string): string | undefined {
    return this.#locks.get(path)?.owner;
  }

  releaseLock(path: string, process: SimProcess): void {
    if (this.#locks.get(path)?.process === process) this.#locks.delete(path);
  }

  trace(line: string): void {
    this.#onTrace(`${this.clock.nowMs()} ${this.name} ${line}`);
  }

  #drawMs(operation: DiskOperation): number {
    const meanMs = operation === 'sync' || operation === 'syncDirectory' ? this.faults.syncMs : this.faults.callMs;
    return -Math.log(1 - this.random.fraction()) * meanMs;
  }

  #drawFailure(operation: DiskOperation): string | undefined {
    const drawn = this.random.fraction();
    switch (operation) {
      case 'read':
      case 'readFile':
        return drawn < this.faults.readError ? 'EIO' : undefined;
      case 'sync':
      case 'syncDirectory':
        return drawn < this.faults.syncError ? 'EIO' : undefined;
      case 'append':
      case 'link':
      case 'makeDirectory':
        if (this.faults.full) return 'ENOSPC';
        return drawn < this.faults.writeError ? 'EIO' : undefined;
      case 'open':
      case 'truncate':
      case 'size':
      case 'list':
      case 'rename':
      case 'remove':
      case 'removeTree':
      case 'lock':
        return undefined;
    }
  }
}

type Outcome<T> = { readonly error: Error } | { readonly error: undefined; readonly value: T };

function attempt<T>(act: () => T): Outcome<T> {
  try {
    return { error: undefined, value: act() };
  } catch (error) {
    return { error: error as Error };
  }
}

import { systemClock } from '../../src/edge/index.ts';
import type { Clock, Disk, DiskEntry, DiskFile, DiskLock, OpenMode, Timer } from '../../src/edge/index.ts';
import type { ByteRange, CallOptions, CreateResult, ListPage, ObjectStore } from '../../src/store/index.ts';

/** Whether the step at which a process dies is carried out. The process never learns of it either way. */
export type LastStep = 'not done' | 'done';

/** The life of a process, counted in the steps that change its disk or the bucket; at one of them it may end. */
export class Mortality {
  /** Steps begun so far. */
  steps = 0;
  /** Resolves when the life has ended. */
  readonly ended: Promise<void>;
  #endsAtStep: number;
  #lastStep: LastStep;
  readonly #clock = new MortalClock();
  #end: () => void = () => undefined;
  #isDead = false;

  constructor(endsAtStep: number, lastStep: LastStep) {
    this.#endsAtStep = endsAtStep;
    this.#lastStep = lastStep;
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  get clock(): Clock {
    return this.#clock;
  }

  /** Sets the wall clock so many milliseconds ahead. */
  skewClock(skewMs: number): void {
    this.#clock.skewMs = skewMs;
  }

  /** It ends at the step that comes after so many others, from now on. */
  endAfter(steps: number, lastStep: LastStep): void {
    this.#endsAtStep = this.steps + steps + 1;
    this.#lastStep = lastStep;
  }

  die(): void {
    this.#isDead = true;
    this.#clock.die();
    this.#end();
  }

  /** What only looks. */
  async look<T>(run: () => Promise<T>): Promise<T> {
    if (this.#isDead) return never();
    const answer = await run();
    return this.#isDead ? never() : answer;
  }

  /** What changes something. */
  async step<T>(run: () => Promise<T>): Promise<T> {
    if (this.#isDead) return never();
    this.steps += 1;
    if (this.steps === this.#endsAtStep) {
      if (this.#lastStep === 'done') await run();
      this.die();
    }
    return this.look(run);
  }
}

function never(): Promise<never> {
  return new Promise(() => undefined);
}

/** Its timers do not fire any more once the process is dead. */
class MortalClock implements Clock {
  /** How far its wall clock is ahead. */
  skewMs = 0;
  readonly #timers = new Set<Timer>();
  #isDead = false;

  nowMs(): number {
    return systemClock.nowMs() + this.skewMs;
  }

  monotonicMs(): number {
    return systemClock.monotonicMs();
  }

  setTimer(delayMs: number, callback: () => void): Timer {
    if (this.#isDead) return { cancel: () => undefined };
    const timer = systemClock.setTimer(delayMs, callback);
    this.#timers.add(timer);
    return timer;
  }

  defer(callback: () => void): void {
    systemClock.defer(callback);
  }

  die(): void {
    this.#isDead = true;
    for (const timer of this.#timers) timer.cancel();
  }
}

/** A bucket as one process reaches it. */
export class MortalStore implements ObjectStore {
  readonly description: string;
  readonly address: ObjectStore['address'];
  /** While set, creates of matching keys get no answer and do nothing. */
  refuses: (key: string) => boolean = () => false;
  /** Called before a create is carried out, and waited for. */
  beforeCreate: (key: string) => Promise<void> | void = () => undefined;
  readonly #store: ObjectStore;
  readonly #life: Mortality;

  constructor(store: ObjectStore, life: Mortality) {
    this.#store = store;
    this.#life = life;
    this.description = store.description;
    this.address = store.address;
  }

  async create(key: string, body: readonly Uint8Array[], options?: CallOptions): Promise<CreateResult> {
    if (this.refuses(key)) return never();
    await this.beforeCreate(key);
    return this.#life.step(() => this.#store.create(key, body, options));
  }

  get(key: string, range?: ByteRange, options?: CallOptions): Promise<Buffer | undefined> {
    return this.#life.look(() => this.#store.get(key, range, options));
  }

  head(key: string, options?: CallOptions): Promise<{ readonly sizeBytes: number } | undefined> {
    return this.#life.look(() => this.#store.head(key, options));
  }

  list(prefix: string, after: string | undefined, limit: number, options?: CallOptions): Promise<ListPage> {
    return this.#life.look(() => this.#store.list(prefix, after, limit, options));
  }

  delete(keys: readonly string[], options?: CallOptions): Promise<void> {
    return this.#life.step(() => this.#store.delete(keys, options));
  }

  close(): Promise<void> {
    return this.#store.close();
  }
}

/** A disk as one process reaches it. Its locks go with the process. */
export class MortalDisk implements Disk {
  readonly #disk: Disk;
  readonly #life: Mortality;
  readonly #locks: DiskLock[] = [];

  constructor(disk: Disk, life: Mortality) {
    this.#disk = disk;
    this.#life = life;
  }

  /** What the operating system does when the process has ended. */
  async releaseLocks(): Promise<void> {
    for (const lock of this.#locks.splice(0)) await lock.release();
  }

  async open(path: string, mode: OpenMode): Promise<DiskFile> {
    const life = this.#life;
    const file = await (mode === 'read'
      ? life.look(() => this.#disk.open(path, mode))
      : life.step(() => this.#disk.open(path, mode)));
    return {
      append: (buffers) => life.step(() => file.append(buffers)),
      read: (position, length) => life.look(() => file.read(position, length)),
      sync: () => life.step(() => file.sync()),
      truncate: (sizeBytes) => life.step(() => file.truncate(sizeBytes)),
      close: () => life.look(() => file.close()),
    };
  }

  readFile(path: string): Promise<Buffer> {
    return this.#life.look(() => this.#disk.readFile(path));
  }

  size(path: string): Promise<number | undefined> {
    return this.#life.look(() => this.#disk.size(path));
  }

  list(path: string): Promise<readonly DiskEntry[]> {
    return this.#life.look(() => this.#disk.list(path));
  }

  makeDirectory(path: string): Promise<boolean> {
    return this.#life.step(() => this.#disk.makeDirectory(path));
  }

  syncDirectory(path: string): Promise<void> {
    return this.#life.step(() => this.#disk.syncDirectory(path));
  }

  link(from: string, to: string): Promise<void> {
    return this.#life.step(() => this.#disk.link(from, to));
  }

  rename(from: string, to: string): Promise<void> {
    return this.#life.step(() => this.#disk.rename(from, to));
  }

  remove(path: string): Promise<boolean> {
    return this.#life.step(() => this.#disk.remove(path));
  }

  removeTree(path: string): Promise<void> {
    return this.#life.step(() => this.#disk.removeTree(path));
  }

  async lock(path: string, owner: string): Promise<DiskLock | undefined> {
    const lock = await this.#life.look(() => this.#disk.lock(path, owner));
    if (lock !== undefined) this.#locks.push(lock);
    return lock;
  }

  lockOwner(path: string): Promise<string | undefined> {
    return this.#life.look(() => this.#disk.lockOwner(path));
  }
}

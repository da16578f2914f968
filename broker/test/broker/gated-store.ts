import type { ByteRange, CallOptions, CreateResult, ListPage, ObjectStore } from '../../src/store/index.ts';
import { MemoryStore } from '../../src/store/index.ts';

/** A store in memory whose creates of data slots, or all reads, can be held back. */
export class GatedStore implements ObjectStore {
  readonly memory = new MemoryStore();
  readonly description = 'memory:gated';
  readonly address = this.memory.address;
  #held: Promise<void> | undefined;
  #release: () => void = () => undefined;
  #matches: (key: string, operation: 'create' | 'read') => boolean = () => false;

  /** From now on matching requests wait until `letGo`. */
  hold(matches: (key: string, operation: 'create' | 'read') => boolean): void {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#held = promise;
    this.#release = resolve;
    this.#matches = matches;
  }

  letGo(): void {
    this.#held = undefined;
    this.#release();
  }

  async create(key: string, body: readonly Uint8Array[], options?: CallOptions): Promise<CreateResult> {
    if (this.#held !== undefined && this.#matches(key, 'create')) await this.#held;
    return this.memory.create(key, body, options);
  }

  async get(key: string, range?: ByteRange, options?: CallOptions): Promise<Buffer | undefined> {
    if (this.#held !== undefined && this.#matches(key, 'read')) await this.#held;
    return this.memory.get(key, range, options);
  }

  async head(key: string, options?: CallOptions): Promise<{ readonly sizeBytes: number } | undefined> {
    if (this.#held !== undefined && this.#matches(key, 'read')) await this.#held;
    return this.memory.head(key, options);
  }

  list(prefix: string, after: string | undefined, limit: number, options?: CallOptions): Promise<ListPage> {
    return this.memory.list(prefix, after, limit, options);
  }

  delete(keys: readonly string[], options?: CallOptions): Promise<void> {
    return this.memory.delete(keys, options);
  }

  close(): Promise<void> {
    return this.memory.close();
  }
}

/** Slots of data streams. */
export function isDataSlot(key: string): boolean {
  return key.startsWith('wal/');
}

import { promiseOf } from '../edge/index.ts';
import type {
  ByteRange,
  CallOptions,
  CreateResult,
  ListPage,
  ListedObject,
  ObjectStore,
  StoreAddress,
} from './object-store.ts';
import { checkKey, compareKeys } from './object-key.ts';
import { StoreError } from './store-error.ts';

/** A store in memory: the simplest thing that obeys the contract. For tests, and the model the others are compared with. */
export class MemoryStore implements ObjectStore {
  readonly description: string;
  readonly address: StoreAddress;
  readonly #objects = new Map<string, Buffer>();
  /** The keys in order; undefined after a change, built again by the next listing. */
  #sortedKeys: readonly string[] | undefined;

  constructor(name = 'test') {
    this.description = `memory:${name}`;
    this.address = { provider: 'memory', endpoint: '', bucket: name, prefix: '' };
  }

  create(key: string, body: readonly Uint8Array[], options?: CallOptions): Promise<CreateResult> {
    return promiseOf(() => {
      checkKey(key);
      refuseAborted(options);
      if (this.#objects.has(key)) return 'exists';
      this.#objects.set(key, Buffer.concat(body));
      this.#sortedKeys = undefined;
      return 'created';
    });
  }

  get(key: string, range?: ByteRange, options?: CallOptions): Promise<Buffer | undefined> {
    return promiseOf(() => {
      const body = this.#find(key, options);
      if (body === undefined || range === undefined) return body && Buffer.from(body);
      return Buffer.from(body.subarray(range.start, range.start + range.length));
    });
  }

  head(key: string, options?: CallOptions): Promise<{ readonly sizeBytes: number } | undefined> {
    return promiseOf(() => {
      const body = this.#find(key, options);
      return body && { sizeBytes: body.length };
    });
  }

  list(prefix: string, after: string | undefined, limit: number, options?: CallOptions): Promise<ListPage> {
    return promiseOf(() => {
      refuseAborted(options);
      const objects: ListedObject[] = [];
      for (const key of this.#keysFrom(prefix, after)) {
        if (objects.length === limit) return { objects, more: true };
        objects.push({ key, sizeBytes: this.#objects.get(key)!.length });
      }
      return { objects, more: false };
    });
  }

  delete(keys: readonly string[], options?: CallOptions): Promise<void> {
    return promiseOf(() => {
      for (const key of keys) checkKey(key);
      refuseAborted(options);
      for (const key of keys) this.#objects.delete(key);
      this.#sortedKeys = undefined;
    });
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  /** The objects themselves, not copies: for tests that look behind the store, or damage it. */
  contents(): ReadonlyMap<string, Buffer> {
    return this.#objects;
  }

  #find(key: string, options: CallOptions | undefined): Buffer | undefined {
    checkKey(key);
    refuseAborted(options);
    return this.#objects.get(key);
  }

  /** Keys with the prefix and greater than `after`, in order; looks at no more of them than the caller takes. */
  *#keysFrom(prefix: string, after: string | undefined): Generator<string> {
    this.#sortedKeys ??= [...this.#objects.keys()].sort(compareKeys);
    const keys = this.#sortedKeys;
    const skipAfter = after !== undefined && compareKeys(after, prefix) >= 0;
    for (let index = skipAfter ? firstAfter(keys, after) : firstFrom(keys, prefix); index < keys.length; index += 1) {
      const key = keys[index]!;
      if (!key.startsWith(prefix)) return;
      yield key;
    }
  }
}

function firstAfter(keys: readonly string[], bound: string): number {
  return partitionPoint(keys, (key) => compareKeys(key, bound) <= 0);
}

function firstFrom(keys: readonly string[], bound: string): number {
  return partitionPoint(keys, (key) => compareKeys(key, bound) < 0);
}

/** Index of the first key for which `isBefore` no longer holds. */
function partitionPoint(keys: readonly string[], isBefore: (key: string) => boolean): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isBefore(keys[middle]!)) low = middle + 1;
    else high = middle;
  }
  return low;
}

function refuseAborted(options: CallOptions | undefined): void {
  if (options?.signal?.aborted === true) throw new StoreError('ambiguous', 'The caller ended the request');
}

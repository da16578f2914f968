import { MemoryStore, PatientStore } from '../../../src/store/index.ts';
import type {
  ByteRange,
  CallOptions,
  CreateResult,
  ListPage,
  ObjectStore,
  StoreAddress,
  StoreError,
} from '../../../src/store/index.ts';
import { VirtualTime, seededRandom } from '../../store/virtual-time.ts';

/** A patient store over memory (or `store`) on time that stands still until the test moves it. */
export function patientMemoryStore(store: ObjectStore = new MemoryStore(), clock = new VirtualTime()): PatientStore {
  return new PatientStore(store, { clock, random: seededRandom(1) });
}

/** A memory store whose creates wait while the gate is shut, and which can be made to answer badly or forget. */
export class TestStore implements ObjectStore {
  readonly inner = new MemoryStore();
  readonly description = 'memory:test';
  readonly address: StoreAddress = this.inner.address;
  /** Keys in the order in which they were created. */
  readonly created: string[] = [];
  /** Objects that answer a get with other bytes. */
  readonly replaced = new Map<string, Buffer>();
  /** Keys whose get fails, and how often. */
  readonly failing = new Map<string, { readonly error: StoreError; times: number }>();
  #held: { readonly prefix: string; readonly promise: Promise<void> } | undefined;
  #gate: PromiseWithResolvers<void> | undefined;

  /** Creates wait from now on. */
  shut(): void {
    this.#gate = Promise.withResolvers();
  }

  open(): void {
    this.#gate?.resolve();
    this.#gate = undefined;
  }

  /** The next create under `prefix` waits until the function that is returned is called; later ones overtake it. */
  holdNext(prefix = ''): () => void {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#held = { prefix, promise };
    return resolve;
  }

  async create(key: string, body: readonly Uint8Array[], options?: CallOptions): Promise<CreateResult> {
    const held = this.#held;
    if (held !== undefined && key.startsWith(held.prefix)) {
      this.#held = undefined;
      await held.promise;
    }
    await this.#gate?.promise;
    const result = await this.inner.create(key, body, options);
    if (result === 'created') this.created.push(key);
    return result;
  }

  async get(key: string, range?: ByteRange, options?: CallOptions): Promise<Buffer | undefined> {
    const failure = this.failing.get(key);
    if (failure !== undefined && failure.times > 0) {
      failure.times -= 1;
      throw failure.error;
    }
    const replaced = this.replaced.get(key);
    if (replaced === undefined) return this.inner.get(key, range, options);
    return range === undefined ? replaced : replaced.subarray(range.start, range.start + range.length);
  }

  head(key: string, options?: CallOptions): Promise<{ readonly sizeBytes: number } | undefined> {
    return this.inner.head(key, options);
  }

  list(prefix: string, after: string | undefined, limit: number, options?: CallOptions): Promise<ListPage> {
    return this.inner.list(prefix, after, limit, options);
  }

  delete(keys: readonly string[], options?: CallOptions): Promise<void> {
    return this.inner.delete(keys, options);
  }

  close(): Promise<void> {
    return this.inner.close();
  }

  async keys(prefix: string): Promise<readonly string[]> {
    const page = await this.inner.list(prefix, undefined, 100_000);
    return page.objects.map(({ key }) => key);
  }

  slots(): Promise<readonly string[]> {
    return this.keys('metadata-wal/');
  }

  snapshots(): Promise<readonly string[]> {
    return this.keys('metadata-snapshots/');
  }
}

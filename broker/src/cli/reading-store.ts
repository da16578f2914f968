import { ChronikError, InvariantError } from '../edge/index.ts';
import type { Clock } from '../edge/index.ts';
import { StoreError } from '../store/index.ts';
import type {
  ByteRange,
  CallOptions,
  CreateResult,
  ListPage,
  ObjectStore,
  StoreAddress,
  StoreErrorKind,
} from '../store/index.ts';

/** A person waits for the answer: this long without one that helps, and the store counts as unreachable. */
const GIVE_UP_MS = 30_000;
/** Waiting for these is for a broker, which has nothing better to do: credentials that rotate, a bucket that comes into being. */
const HOPELESS: ReadonlySet<StoreErrorKind> = new Set(['denied']);

/** A store for commands that only read: nothing is ever written through it, and an outage ends the command. */
export class ReadingStore implements ObjectStore {
  readonly description: string;
  readonly address: StoreAddress;
  readonly #store: ObjectStore;
  readonly #clock: Clock;
  #failingSinceMs: number | undefined;

  constructor(store: ObjectStore, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
    this.description = store.description;
    this.address = store.address;
  }

  create(key: string): Promise<CreateResult> {
    return Promise.reject(new InvariantError(`a command that only reads tried to create ${key}`));
  }

  delete(keys: readonly string[]): Promise<void> {
    return Promise.reject(new InvariantError(`a command that only reads tried to delete ${keys.length} objects`));
  }

  get(key: string, range?: ByteRange, options?: CallOptions): Promise<Buffer | undefined> {
    return this.#attempt(this.#store.get(key, range, options));
  }

  head(key: string, options?: CallOptions): Promise<{ readonly sizeBytes: number } | undefined> {
    return this.#attempt(this.#store.head(key, options));
  }

  list(prefix: string, after: string | undefined, limit: number, options?: CallOptions): Promise<ListPage> {
    return this.#attempt(this.#store.list(prefix, after, limit, options));
  }

  close(): Promise<void> {
    return this.#store.close();
  }

  /** An error that is not the store's own is not repeated by whoever waits for the store. */
  async #attempt<T>(answer: Promise<T>): Promise<T> {
    try {
      const value = await answer;
      this.#failingSinceMs = undefined;
      return value;
    } catch (error) {
      if (!(error instanceof StoreError) || error.kind === 'archived' || error.kind === 'corrupt') throw error;
      const nowMs = this.#clock.monotonicMs();
      this.#failingSinceMs ??= nowMs;
      if (!HOPELESS.has(error.kind) && nowMs - this.#failingSinceMs < GIVE_UP_MS) throw error;
      throw new ChronikError('STORE_UNREACHABLE', `${this.description} cannot be read: ${error.message}`, {
        remedy:
          error.remedy === '' ? 'Check address, credentials and network, then run the command again.' : error.remedy,
        cause: error,
      });
    }
  }
}

import type {
  ByteRange,
  CallOptions,
  CreateResult,
  ListPage,
  ObjectStore,
  StoreAddress,
  StoreOperation,
} from '../../src/store/index.ts';

export interface Gate {
  /** Called before each request is sent; the request waits for the promise. */
  before?(operation: StoreOperation, key: string): Promise<void> | undefined;
  /** May replace the answer to a create. */
  answerCreate?(key: string, result: CreateResult): CreateResult;
}

/** A store whose requests a directed scenario can hold back one by one. */
export class GatedStore implements ObjectStore {
  readonly #store: ObjectStore;
  readonly #gate: Gate;

  constructor(store: ObjectStore, gate: Gate) {
    this.#store = store;
    this.#gate = gate;
  }

  get description(): string {
    return this.#store.description;
  }

  get address(): StoreAddress {
    return this.#store.address;
  }

  async create(key: string, body: readonly Uint8Array[], options?: CallOptions): Promise<CreateResult> {
    await this.#gate.before?.('create', key);
    const result = await this.#store.create(key, body, options);
    return this.#gate.answerCreate?.(key, result) ?? result;
  }

  async get(key: string, range?: ByteRange, options?: CallOptions): Promise<Buffer | undefined> {
    await this.#gate.before?.('get', key);
    return await this.#store.get(key, range, options);
  }

  async head(key: string, options?: CallOptions): Promise<{ readonly sizeBytes: number } | undefined> {
    await this.#gate.before?.('head', key);
    return await this.#store.head(key, options);
  }

  async list(prefix: string, after: string | undefined, limit: number, options?: CallOptions): Promise<ListPage> {
    await this.#gate.before?.('list', prefix);
    return await this.#store.list(prefix, after, limit, options);
  }

  async delete(keys: readonly string[], options?: CallOptions): Promise<void> {
    await this.#gate.before?.('delete', keys[0] ?? '');
    await this.#store.delete(keys, options);
  }

  close(): Promise<void> {
    return this.#store.close();
  }
}

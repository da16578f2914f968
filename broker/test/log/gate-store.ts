import { StoreError } from '../../src/store/index.ts';
import type {
  ByteRange,
  CallOptions,
  CreateResult,
  ListPage,
  MemoryStore,
  ObjectStore,
  StoreAddress,
} from '../../src/store/index.ts';

/** A request that has been made and not yet been carried out. */
export interface HeldRequest {
  readonly operation: 'create' | 'get' | 'head' | 'list' | 'delete';
  readonly key: string;
  /** Carries it out and answers. */
  pass(): void;
  /** Carries it out, but the answer is lost: the caller cannot know. */
  loseReply(): void;
  /** Fails with this kind, without being carried out. */
  refuse(kind: ConstructorParameters<typeof StoreError>[0]): void;
}

/**
 * One process's way to the bucket, with a gate: requests that `holds` picks wait until the test decides their fate, the others
 * go through. What is carried out works on the shared memory store at that moment.
 */
export class GateStore implements ObjectStore {
  readonly description: string;
  readonly address: StoreAddress;
  /** In the order in which they were made. */
  readonly held: HeldRequest[] = [];
  /** Given up by their caller while held; they may still be carried out, as a packet on its way may. */
  readonly abandoned: HeldRequest[] = [];
  /** Every request that was made, as `operation key`. */
  readonly log: string[] = [];
  holds: (operation: HeldRequest['operation'], key: string) => boolean;
  readonly #memory: MemoryStore;

  constructor(memory: MemoryStore, holds: (operation: HeldRequest['operation'], key: string) => boolean = () => false) {
    this.#memory = memory;
    this.holds = holds;
    this.description = memory.description;
    this.address = memory.address;
  }

  create(key: string, body: readonly Uint8Array[], options?: CallOptions): Promise<CreateResult> {
    const bytes = Buffer.concat(body);
    return this.#request('create', key, options, () => this.#memory.create(key, [bytes]));
  }

  get(key: string, range?: ByteRange, options?: CallOptions): Promise<Buffer | undefined> {
    return this.#request('get', key, options, () => this.#memory.get(key, range));
  }

  head(key: string, options?: CallOptions): Promise<{ readonly sizeBytes: number } | undefined> {
    return this.#request('head', key, options, () => this.#memory.head(key));
  }

  list(prefix: string, after: string | undefined, limit: number, options?: CallOptions): Promise<ListPage> {
    return this.#request('list', prefix, options, () => this.#memory.list(prefix, after, limit));
  }

  delete(keys: readonly string[], options?: CallOptions): Promise<void> {
    return this.#request('delete', keys.join(' '), options, () => this.#memory.delete(keys));
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  /** Lets the oldest held request of this operation and slot name go; fails the test if there is none. */
  release(operation: HeldRequest['operation'], suffix: string, fate: 'pass' | 'loseReply' = 'pass'): void {
    const request = this.held.find((held) => held.operation === operation && held.key.endsWith(suffix));
    if (request === undefined) throw new Error(`no held ${operation} of ${suffix}`);
    request[fate]();
  }

  /** Carries out everything that is held now, in order. */
  passAll(): void {
    const requests = this.held.splice(0);
    for (const request of requests) request.pass();
  }

  #request<T>(
    operation: HeldRequest['operation'],
    key: string,
    options: CallOptions | undefined,
    act: () => Promise<T>,
  ): Promise<T> {
    this.log.push(`${operation} ${key}`);
    if (!this.holds(operation, key)) return act();
    return new Promise((resolve, reject) => {
      const lost = (): void => reject(new StoreError('ambiguous', `no answer to ${operation} ${key}`));
      const leave = (): void => {
        for (const list of [this.held, this.abandoned]) {
          const index = list.indexOf(request);
          if (index !== -1) list.splice(index, 1);
        }
      };
      const request: HeldRequest = {
        operation,
        key,
        pass: () => {
          leave();
          resolve(act());
        },
        loseReply: () => {
          leave();
          act().then(lost, lost);
        },
        refuse: (kind) => {
          leave();
          reject(new StoreError(kind, `${operation} ${key} refused`));
        },
      };
      this.held.push(request);
      const abandon = (): void => {
        if (!this.held.includes(request)) return;
        leave();
        this.abandoned.push(request);
        lost();
      };
      options?.signal?.addEventListener('abort', abandon, { once: true });
    });
  }
}

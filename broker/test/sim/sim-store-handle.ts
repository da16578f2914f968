import { StoreError } from '../../src/store/index.ts';
import type {
  ByteRange,
  CallOptions,
  CreateResult,
  ListPage,
  MemoryStore,
  ObjectStore,
  StoreAddress,
  StoreOperation,
} from '../../src/store/index.ts';
import type { SimProcess } from './process.ts';
import type { SimBucket } from './sim-store.ts';

type Fate =
  | 'answered'
  | 'throttled'
  | 'unavailable'
  | 'conflict'
  | 'resetBefore'
  | 'resetAfter'
  | 'hang'
  | 'delayedLanding';

/** Everything that chance decides about one request, drawn when it is made. */
interface Draw {
  readonly fate: Fate;
  readonly toStoreMs: number;
  readonly toClientMs: number;
  /** Whether a request that nobody waits for any more (killed, aborted, hung) is still carried out. */
  readonly landsUnattended: boolean;
  readonly landingDelayMs: number;
}

interface Request<T> {
  readonly operation: StoreOperation;
  readonly what: string;
  readonly options: CallOptions | undefined;
  readonly act: () => Promise<T>;
}

/** One process's view of a SimBucket. */
export class SimStoreHandle implements ObjectStore {
  readonly description: string;
  readonly address: StoreAddress;
  readonly #bucket: SimBucket;
  readonly #memory: MemoryStore;
  readonly #process: SimProcess;

  constructor(bucket: SimBucket, memory: MemoryStore, process: SimProcess) {
    this.#bucket = bucket;
    this.#memory = memory;
    this.#process = process;
    this.description = memory.description;
    this.address = memory.address;
  }

  create(key: string, body: readonly Uint8Array[], options?: CallOptions): Promise<CreateResult> {
    const bytes = Buffer.concat(body);
    return this.#request({
      operation: 'create',
      what: `${key} ${bytes.length}`,
      options,
      act: async () => {
        if (this.#bucket.ignoresConditions) void this.#memory.delete([key]);
        return this.#memory.create(key, [bytes]);
      },
    });
  }

  get(key: string, range?: ByteRange, options?: CallOptions): Promise<Buffer | undefined> {
    const damaged = this.#bucket.random.fraction() < this.#bucket.faults.damagedRead;
    const where = this.#bucket.random.fraction();
    return this.#request({
      operation: 'get',
      what: range === undefined ? key : `${key} ${range.start}+${range.length}`,
      options,
      act: async () => {
        const body = await this.#memory.get(key, range);
        return damaged && body !== undefined ? damage(body, where) : body;
      },
    });
  }

  head(key: string, options?: CallOptions): Promise<{ readonly sizeBytes: number } | undefined> {
    return this.#request({ operation: 'head', what: key, options, act: () => this.#memory.head(key) });
  }

  list(prefix: string, after: string | undefined, limit: number, options?: CallOptions): Promise<ListPage> {
    const pageKeys = Math.min(limit, this.#bucket.faults.listPageKeys);
    return this.#request({
      operation: 'list',
      what: `${prefix} after ${after ?? '-'} ${limit}`,
      options,
      act: () => this.#memory.list(prefix, after, pageKeys),
    });
  }

  delete(keys: readonly string[], options?: CallOptions): Promise<void> {
    const copy = [...keys];
    return this.#request({ operation: 'delete', what: copy.join(' '), options, act: () => this.#memory.delete(copy) });
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #request<T>({ operation, what, options, act }: Request<T>): Promise<T> {
    const bucket = this.#bucket;
    const process = this.#process;
    const signal = options?.signal;
    const draw = this.#draw(operation);
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    let isAborted = signal?.aborted === true;
    const onAbort = (): void => {
      isAborted = true;
      reject(unknownAnswer(operation, 'the caller ended it'));
    };
    if (isAborted) onAbort();
    else signal?.addEventListener('abort', onAbort, { once: true });

    function note(result: string): void {
      bucket.trace(`${process.name} ${operation} ${what}: ${result}`);
    }
    function answer(deliver: () => void): void {
      process.schedule(draw.toClientMs, () => {
        signal?.removeEventListener('abort', onAbort);
        // What was on the way back when an outage began is lost with it.
        if (bucket.isDownFor(process)) reject(unknownAnswer(operation, 'the connection broke'));
        else deliver();
      });
    }
    function refuse(error: StoreError): void {
      note(error.kind);
      answer(() => reject(error));
    }
    function carryOut(deliver: boolean): void {
      // The store acts inside this call; only the answer comes later.
      act().then(
        (value) => {
          note(`${draw.fate} ${brief(value)}`);
          if (deliver) answer(() => resolve(value));
        },
        (error: Error) => {
          note(`${draw.fate} ${error.message}`);
          if (deliver) answer(() => reject(error));
        },
      );
    }
    bucket.clock.setTimer(draw.toStoreMs, () => {
      const unattended = isAborted || !process.alive;
      if (unattended && !draw.landsUnattended) return note('dropped, nobody waits');
      if (bucket.isDownFor(process)) return refuse(storeError('unavailable', operation));
      switch (draw.fate) {
        case 'answered':
          return carryOut(true);
        case 'throttled':
        case 'unavailable':
        case 'conflict':
          return refuse(storeError(draw.fate, operation));
        case 'resetBefore':
          return refuse(unknownAnswer(operation, 'the connection broke'));
        case 'resetAfter':
          carryOut(false);
          return answer(() => reject(unknownAnswer(operation, 'the connection broke')));
        case 'hang':
          return draw.landsUnattended ? carryOut(false) : note('hangs');
        case 'delayedLanding':
          refuse(unknownAnswer(operation, 'the connection broke'));
          bucket.clock.setTimer(draw.landingDelayMs, () => carryOut(false));
      }
    });
    return promise;
  }

  #draw(operation: StoreOperation): Draw {
    const { faults, random } = this.#bucket;
    const oneWay = (): number => {
      const { baseMs, jitterMs } = faults.latency;
      return baseMs - Math.log(1 - random.fraction()) * jitterMs;
    };
    return {
      fate: this.#drawFate(operation),
      toStoreMs: oneWay() + (operation === 'list' ? faults.listExtraMs : 0),
      toClientMs: oneWay(),
      landsUnattended: random.fraction() < 0.5,
      landingDelayMs: random.fraction() * faults.latestLandingMs,
    };
  }

  #drawFate(operation: StoreOperation): Fate {
    const { faults, random } = this.#bucket;
    const changes = operation === 'create' || operation === 'delete';
    const chances: readonly (readonly [Fate, number])[] = [
      ['throttled', faults.throttled],
      ['unavailable', faults.unavailable],
      ['conflict', operation === 'create' ? faults.conflict : 0],
      ['resetBefore', faults.resetBefore],
      ['resetAfter', faults.resetAfter],
      ['hang', faults.hang],
      ['delayedLanding', changes ? faults.delayedLanding : 0],
    ];
    let drawn = random.fraction();
    for (const [fate, chance] of chances) {
      if (drawn < chance) return fate;
      drawn -= chance;
    }
    return 'answered';
  }
}

function storeError(kind: 'throttled' | 'unavailable' | 'conflict', operation: StoreOperation): StoreError {
  return new StoreError(kind, `Simulated: ${operation} ${kind}`);
}

/** An answer that never came: nothing is known about a change, and nothing was learnt by a read. */
function unknownAnswer(operation: StoreOperation, why: string): StoreError {
  const kind = operation === 'create' || operation === 'delete' ? 'ambiguous' : 'unavailable';
  return new StoreError(kind, `Simulated: no answer to ${operation}, ${why}`);
}

function damage(body: Buffer, where: number): Buffer {
  if (where < 0.5) return body.subarray(0, Math.floor(body.length * where * 2));
  const bit = Math.floor(body.length * 8 * (where - 0.5) * 2);
  if (body.length > 0) body[bit >>> 3]! ^= 1 << (bit & 7);
  return body;
}

function brief(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (typeof value === 'string') return value;
  if (Buffer.isBuffer(value)) return `${value.length} bytes`;
  if (typeof value === 'object' && value !== null && 'objects' in value) {
    const page = value as ListPage;
    return `${page.objects.length} keys${page.more ? ' and more' : ''}`;
  }
  return JSON.stringify(value);
}

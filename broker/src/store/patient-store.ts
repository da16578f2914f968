import type { Clock, Random } from '../edge/index.ts';
import { ChronikError, InvariantError } from '../edge/index.ts';
import { createInParts } from './create-in-parts.ts';
import type { PartsRequest } from './create-in-parts.ts';
import type { ObjectChecksum } from './object-checksum.ts';
import type { ByteRange, LargeUploads, ListPage, ListedObject, ObjectStore, StoreAddress } from './object-store.ts';
import { AttemptDeadlines } from './attempt-deadlines.ts';
import { compareKeys } from './object-key.ts';
import { Attempts, defaultRetryLimits, isWorthRetrying } from './retry.ts';
import type { AttemptRules, RetryLimits } from './retry.ts';
import { RequestQueue } from './request-queue.ts';
import { StoreError } from './store-error.ts';
import { StoreHealth } from './store-health.ts';
import type { StoreState } from './store-health.ts';
import type { RequestOutcome, StoreObserver, StoreOperation } from './store-observer.ts';

export interface PatientStoreOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly observer?: StoreObserver;
  /** Called after every failed attempt that will be repeated; `failedAttempts` counts this request's, from 1. */
  readonly onTrouble?: (error: StoreError, operation: StoreOperation, failedAttempts: number) => void;
  readonly limits?: Partial<RetryLimits>;
  /** What was seen of this store before it was opened; its trouble goes on until a request succeeds. Default: nothing. */
  readonly health?: StoreHealth;
  /** Attempts at once, at most; further ones wait, and their deadlines with them. Default: no limit. */
  readonly maxInFlight?: number;
}

export interface CreateRequest {
  readonly key: string;
  /** Written in order; must not change until the call is answered. */
  readonly body: readonly Uint8Array[];
  /**
   * Tells whether what lies under the name is this very write (rule 11: write id and hash, never the name alone).
   * `unreadable`: it cannot be told from these bytes; they are fetched again twice, then count as another's.
   */
  readonly recognise: (existing: Buffer) => 'ours' | 'other' | 'unreadable';
  /** Read only so many bytes of the end of the existing object; the whole object if left out. */
  readonly tailBytes?: number;
  readonly signal?: AbortSignal;
}

export type CreateOutcome =
  /** Our body is there, durably; this attempt or an earlier one of ours put it there. */
  | { readonly outcome: 'created' }
  /** Another's object has the name. */
  | { readonly outcome: 'exists'; readonly existing: Buffer }
  /** The store said "exists" and then "absent": the name was used and cleared. The writer is fenced (rule 22). */
  | { readonly outcome: 'vanished' };

export interface QueueState {
  readonly inFlight: number;
  readonly waiting: number;
}

/** How large a whole object is assumed to be when the deadline for reading it is set. */
const ASSUMED_OBJECT_BYTES = 8 * 1024 * 1024;
const KEYS_PER_DELETE = 1000;
const DEFAULT_PAGE_KEYS = 1000;
const UNREADABLE_ATTEMPTS = 3;

interface Plan<T> {
  readonly operation: StoreOperation;
  readonly attempts: Attempts;
  readonly signal: AbortSignal | undefined;
  readonly run: (signal: AbortSignal) => Promise<T>;
  /** Outcome and body bytes of an answer, for the observer. */
  readonly describe: (answer: T) => readonly [RequestOutcome, number];
}

/**
 * A store that does not give up: outages, throttling, missing permission and a full disk are waited out and reported,
 * never turned into an answer (P9). Calls reject only with the signal's reason, with a StoreError that no repetition can
 * cure (`invalid`, `archived`, `corrupt`), or with an error that is none of the store's (a broken disk).
 */
export class PatientStore {
  readonly description: string;
  readonly address: StoreAddress;
  readonly #store: ObjectStore;
  readonly #options: PatientStoreOptions;
  readonly #rules: AttemptRules;
  readonly #health: StoreHealth;
  readonly #queue: RequestQueue;

  constructor(store: ObjectStore, options: PatientStoreOptions) {
    this.#store = store;
    this.#options = options;
    const limits = { ...defaultRetryLimits, ...options.limits };
    const { clock, random } = options;
    this.#rules = { clock, random, limits, deadlines: new AttemptDeadlines(limits) };
    this.#health = options.health ?? new StoreHealth(options.clock);
    this.#queue = new RequestQueue(options.maxInFlight ?? Number.POSITIVE_INFINITY);
    this.description = store.description;
    this.address = store.address;
  }

  storeState(): StoreState {
    return this.#health.state();
  }

  /** Attempts under way, and attempts that wait for one of them to end. */
  queueState(): QueueState {
    return { inFlight: this.#queue.inFlight, waiting: this.#queue.waiting };
  }

  /** Creates the object and settles what an unclear answer meant by reading the name back (rule 22). */
  async createResolved(request: CreateRequest): Promise<CreateOutcome> {
    const { key, body, signal } = request;
    const sizeBytes = body.reduce((sum, part) => sum + part.length, 0);
    const attempts = this.#attempts(sizeBytes);
    for (;;) {
      const answer = await this.#createOnce({
        operation: 'create',
        attempts,
        signal,
        run: (attemptSignal) => this.#store.create(key, body, { signal: attemptSignal }),
        describe: (result) => [result === 'created' ? 'ok' : 'exists', sizeBytes],
      });
      if (answer === 'created') return { outcome: 'created' };
      const found = await this.#readBack(request);
      if (found === 'ours') return { outcome: 'created' };
      if (found !== undefined) return { outcome: 'exists', existing: found };
      if (answer === 'exists') return { outcome: 'vanished' };
      await attempts.pause(signal);
    }
  }

  /** True if the store takes objects in parts; whether it then keeps the condition is for provesUploads to find out. */
  get takesParts(): boolean {
    return this.#store.uploads !== undefined;
  }

  /** Creates an object in parts, none of which is kept longer than it takes. Throws if the store does not take parts. */
  createInParts(request: PartsRequest): Promise<CreateOutcome['outcome']> {
    return createInParts(this.#uploads(), request, {
      repeat: (operation, bytes, run) =>
        this.#repeat({
          operation,
          attempts: this.#attempts(bytes),
          signal: request.signal,
          run,
          describe: () => ['ok', bytes],
        }),
      complete: (run) =>
        this.#createOnce({
          operation: 'create',
          attempts: this.#attempts(0),
          signal: request.signal,
          run,
          describe: (result) => [result === 'exists' ? 'exists' : 'ok', 0],
        }),
      pause: (failed) => {
        const attempts = this.#attempts(0);
        for (let count = 0; count < failed; count += 1) attempts.countFailure();
        return attempts.pause(request.signal);
      },
    });
  }

  /** Throws away what uploads left that began more than `olderThanMs` ago and never ended; answers how many they were. */
  async abortOldUploads(prefix: string, olderThanMs: number, signal?: AbortSignal): Promise<number> {
    if (this.#store.uploads === undefined) return 0;
    const beforeMs = this.#options.clock.nowMs() - olderThanMs;
    const uploads = this.#uploads();
    return this.#repeat({
      operation: 'list',
      attempts: this.#attempts(0),
      signal,
      run: (attemptSignal) => uploads.abortOld(prefix, beforeMs, { signal: attemptSignal }),
      describe: () => ['ok', 0],
    });
  }

  get(key: string, range?: ByteRange, signal?: AbortSignal): Promise<Buffer | undefined> {
    return this.#repeat({
      operation: 'get',
      attempts: this.#attempts(range === undefined ? ASSUMED_OBJECT_BYTES : range.length),
      signal,
      run: (attemptSignal) => this.#store.get(key, range, { signal: attemptSignal }),
      describe: (body) => (body === undefined ? ['absent', 0] : ['ok', body.length]),
    });
  }

  head(key: string, signal?: AbortSignal): Promise<{ readonly sizeBytes: number } | undefined> {
    return this.#repeat({
      operation: 'head',
      attempts: this.#attempts(0),
      signal,
      run: (attemptSignal) => this.#store.head(key, { signal: attemptSignal }),
      describe: (answer) => [answer === undefined ? 'absent' : 'ok', 0],
    });
  }

  /** See ObjectStore.checksum. */
  async checksum(key: string, signal?: AbortSignal): Promise<ObjectChecksum | undefined> {
    if (this.#store.checksum === undefined) return undefined;
    return this.#repeat({
      operation: 'head',
      attempts: this.#attempts(0),
      signal,
      run: async (attemptSignal) => this.#store.checksum?.(key, { signal: attemptSignal }),
      describe: () => ['ok', 0],
    });
  }

  /** One page; see ObjectStore.list. A page out of order or outside the prefix is `corrupt`: paging on would skip keys. */
  list(prefix: string, after: string | undefined, limit: number, signal?: AbortSignal): Promise<ListPage> {
    return this.#repeat({
      operation: 'list',
      attempts: this.#attempts(0),
      signal,
      run: async (attemptSignal) => {
        const page = await this.#store.list(prefix, after, limit, { signal: attemptSignal });
        checkPage(page, prefix, after);
        return page;
      },
      describe: () => ['ok', 0],
    });
  }

  /** Every object under `prefix` (and after `after`), page by page. */
  async *listAll(
    prefix: string,
    options: { readonly after?: string; readonly pageSize?: number; readonly signal?: AbortSignal } = {},
  ): AsyncGenerator<ListedObject> {
    let after = options.after;
    for (;;) {
      const page = await this.list(
        prefix,
        after,
        options.pageSize ?? this.#store.pageKeys ?? DEFAULT_PAGE_KEYS,
        options.signal,
      );
      yield* page.objects;
      const last = page.objects.at(-1);
      if (!page.more || last === undefined) return;
      after = last.key;
    }
  }

  /** Resolves when every key is known to be gone. */
  async delete(keys: readonly string[], signal?: AbortSignal): Promise<void> {
    for (let start = 0; start < keys.length; start += KEYS_PER_DELETE) {
      const chunk = keys.slice(start, start + KEYS_PER_DELETE);
      await this.#repeat({
        operation: 'delete',
        attempts: this.#attempts(0),
        signal,
        run: (attemptSignal) => this.#store.delete(chunk, { signal: attemptSignal }),
        describe: () => ['ok', 0],
      });
    }
  }

  /** One attempt at a deletion (at most 1,000 keys) whose failure does not matter; answers whether it was carried out. */
  async tryDelete(keys: readonly string[], signal?: AbortSignal): Promise<boolean> {
    try {
      await this.#observed({
        operation: 'delete',
        attempts: this.#attempts(0),
        signal,
        run: (attemptSignal) => this.#store.delete(keys, { signal: attemptSignal }),
        describe: () => ['ok', 0],
      });
      return true;
    } catch (error) {
      if (error instanceof StoreError) return false;
      throw error;
    }
  }

  close(): Promise<void> {
    return this.#store.close();
  }

  #uploads(): LargeUploads {
    const { uploads } = this.#store;
    if (uploads === undefined) throw new InvariantError(`${this.description} takes no objects in parts`);
    return uploads;
  }

  #attempts(sizeBytes: number): Attempts {
    return new Attempts(this.#rules, sizeBytes);
  }

  /** Repeats a create until its answer is clear, or unclear in the one way that only reading back can settle. */
  async #createOnce<T>(plan: Plan<T>): Promise<T | 'unknown'> {
    try {
      return await this.#repeat(plan);
    } catch (error) {
      if (error instanceof StoreError && error.kind === 'ambiguous') return 'unknown';
      throw error;
    }
  }

  /** What lies under the name: undefined = nothing. */
  async #readBack(request: CreateRequest): Promise<Buffer | 'ours' | undefined> {
    for (let attempt = 1; ; attempt += 1) {
      const existing = await this.#readEnd(request);
      if (existing === undefined) return undefined;
      const answer = request.recognise(existing);
      if (answer === 'ours') return 'ours';
      if (answer === 'other' || attempt === UNREADABLE_ATTEMPTS) return existing;
    }
  }

  async #readEnd({ key, tailBytes, signal }: CreateRequest): Promise<Buffer | undefined> {
    if (tailBytes === undefined) return this.get(key, undefined, signal);
    const found = await this.head(key, signal);
    if (found === undefined) return undefined;
    const start = Math.max(0, found.sizeBytes - tailBytes);
    return this.get(key, { start, length: found.sizeBytes - start }, signal);
  }

  async #repeat<T>(plan: Plan<T>): Promise<T> {
    for (;;) {
      plan.signal?.throwIfAborted();
      try {
        return await this.#observed(plan);
      } catch (error) {
        if (plan.signal?.aborted === true) throw error;
        if (!(error instanceof StoreError)) {
          // Given up by whoever has less patience, because of the store.
          const cause = error instanceof ChronikError ? error.cause : undefined;
          if (cause instanceof StoreError) this.#health.failed(plan.operation, cause);
          throw error;
        }
        plan.attempts.countFailure();
        if (!this.#mayRepeat(error, plan.attempts)) throw error;
        this.#health.failed(plan.operation, error);
        this.#options.onTrouble?.(error, plan.operation, plan.attempts.failed);
        // Whether an unclear create landed is for createResolved to find out before anything is sent again.
        if (plan.operation === 'create' && error.kind === 'ambiguous') throw error;
        await plan.attempts.pause(plan.signal);
      }
    }
  }

  #mayRepeat(error: StoreError, attempts: Attempts): boolean {
    if (error.kind === 'corrupt') return attempts.failed < this.#rules.limits.corruptAttempts;
    return isWorthRetrying(error.kind);
  }

  async #observed<T>(plan: Plan<T>): Promise<T> {
    await this.#queue.enter(plan.signal);
    const startMs = this.#options.clock.monotonicMs();
    let outcome: RequestOutcome = 'failed';
    let bytes = 0;
    try {
      const answer = await plan.attempts.run(plan.operation, plan.signal, plan.run);
      [outcome, bytes] = plan.describe(answer);
      this.#health.succeeded(plan.operation);
      return answer;
    } catch (error) {
      if (plan.signal?.aborted === true) outcome = 'abandoned';
      else if (error instanceof StoreError) outcome = error.kind;
      throw error;
    } finally {
      const durationMs = this.#options.clock.monotonicMs() - startMs;
      this.#queue.leave();
      this.#options.observer?.onRequest({ operation: plan.operation, outcome, bytes, durationMs });
    }
  }
}

function checkPage(page: ListPage, prefix: string, after: string | undefined): void {
  let previous = after;
  for (const { key } of page.objects) {
    if (!key.startsWith(prefix) || (previous !== undefined && compareKeys(previous, key) >= 0)) {
      throw new StoreError('corrupt', `The store lists ${JSON.stringify(key)} out of order`, {
        remedy: 'Use a store that lists in the order of UTF-8 bytes, as S3, GCS and Azure do.',
        details: { prefix, after, key },
      });
    }
    previous = key;
  }
  if (page.more && page.objects.length === 0) {
    throw new StoreError(
      'corrupt',
      `The store answered an empty page under ${JSON.stringify(prefix)}, with more to come`,
    );
  }
}

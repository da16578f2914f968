import { KubeError, isGone, isStatus } from '../kube/index.ts';
import type { KubeReader, ResourceType, Scope } from '../kube/index.ts';
import type { KubeObject } from '../plan/index.ts';
import { backoffMs } from './clock.ts';
import type { Clock } from './clock.ts';
import type { Log } from './log.ts';
import type { ObjectCache } from './object-cache.ts';

export interface InformerOptions {
  readonly api: KubeReader;
  readonly type: ResourceType;
  readonly scope: Scope;
  readonly cache: ObjectCache;
  readonly clock: Clock;
  readonly log: Log;
  /** An object came, changed or went. What it throws is logged and does not stop the informer. */
  readonly onChange: (object: KubeObject) => void;
  readonly onRestart?: () => void;
}

const PAGE = 500;
/** Everything is listed anew this often, whatever the watch says: a lost event costs at most this long. */
const RELIST_MS = 600_000;
/** The server sends a bookmark about once a minute; a watch without a word for this long is dead. */
const SILENCE_MS = 100_000;
/** After this long without list or watch the informer counts as stuck. */
const STUCK_MS = 3 * SILENCE_MS;
const BACKOFF_BASE_MS = 500;
const BACKOFF_MAX_MS = 30_000;

/**
 * Keeps a cache of one kind up to date: list, watch, list again. It never ends before its signal aborts: every failure leads
 * to a pause and another try, silence of the watch ends it, and a timer lists anew in any case.
 */
export class Informer {
  readonly #options: InformerOptions;
  #known = new Map<string, KubeObject>();
  #synced = false;
  #refused: KubeError | undefined;
  #lastWordMs: number;

  constructor(options: InformerOptions) {
    this.#options = options;
    this.#lastWordMs = options.clock.monotonicMs();
  }

  /** True once everything was listed. */
  get synced(): boolean {
    return this.#synced;
  }

  /** What is watched. */
  get kind(): string {
    return this.#options.type.kind;
  }

  get namespace(): string | undefined {
    return this.#options.scope.namespace;
  }

  /** The API server's words if it does not let us list or watch; what is cached is old then. */
  get refused(): KubeError | undefined {
    return this.#refused;
  }

  /** True if the API server has not said a word for far too long. */
  get stuck(): boolean {
    return this.#options.clock.monotonicMs() - this.#lastWordMs > STUCK_MS;
  }

  async run(signal: AbortSignal): Promise<void> {
    const { clock, log, type, onRestart } = this.#options;
    for (let failures = 0; !signal.aborted;) {
      try {
        await this.#follow(await this.#list(), signal);
        failures = 0;
      } catch (error) {
        if (signal.aborted) return;
        onRestart?.();
        if (isGone(error)) continue;
        if (isStatus(error, 401) || isStatus(error, 403)) this.#refuse(error);
        log.warn('Watching failed and begins anew', { kind: type.kind, failures, error });
        const asked = error instanceof KubeError ? (error.retryAfterMs ?? 0) : 0;
        const pauseMs = Math.max(asked, backoffMs(clock, failures, BACKOFF_BASE_MS, BACKOFF_MAX_MS));
        failures += 1;
        await clock.sleep(pauseMs, signal);
      }
    }
  }

  async #list(): Promise<string> {
    const { api, type, scope } = this.#options;
    const listed = new Map<string, KubeObject>();
    let resourceVersion = '';
    let continueToken: string | undefined;
    do {
      const page = await api.list(type, scope, {
        limit: PAGE,
        ...(continueToken === undefined ? {} : { continueToken }),
      });
      this.#heard();
      for (const item of page.items) listed.set(keyOf(item), item);
      ({ resourceVersion, continueToken } = page);
    } while (continueToken !== undefined);
    for (const [key, object] of this.#known) if (!listed.has(key)) this.#remove(object);
    for (const object of listed.values()) this.#put(object);
    this.#synced = true;
    this.#refused = undefined;
    return resourceVersion;
  }

  /** Follows changes until it is time to list again. Rejects when the watch fails. */
  async #follow(from: string, signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    const relistAtMs = clock.monotonicMs() + RELIST_MS * (0.9 + clock.random() * 0.2);
    for (let position = from; !signal.aborted && clock.monotonicMs() < relistAtMs;) {
      position = await this.#watch(position, relistAtMs, signal);
    }
  }

  /** One watch; resolves with the position that it has reached. */
  async #watch(from: string, endAtMs: number, signal: AbortSignal): Promise<string> {
    const { api, type, scope, clock } = this.#options;
    const over = new AbortController();
    const end = (): void => over.abort();
    signal.addEventListener('abort', end);
    const watchdog = this.#endWhenSilent(over, endAtMs);
    let position = from;
    const startedMs = clock.monotonicMs();
    try {
      for await (const event of api.watch(type, scope, from, over.signal)) {
        this.#heard();
        if (event.type === 'BOOKMARK') {
          position = event.resourceVersion;
          continue;
        }
        position = event.object.metadata.resourceVersion ?? position;
        if (event.type === 'DELETED') this.#remove(event.object);
        else this.#put(event.object);
      }
      this.#heard();
    } catch (error) {
      // Ended by ourselves, for silence or because it is time to list.
      if (!over.signal.aborted || signal.aborted) throw error;
      if (clock.monotonicMs() < endAtMs) throw new KubeError(0, 'Silent', 'the watch said nothing', { cause: error });
    } finally {
      over.abort();
      signal.removeEventListener('abort', end);
      await watchdog;
    }
    // A server that ends watches at once must not be asked in a tight loop.
    if (clock.monotonicMs() - startedMs < BACKOFF_BASE_MS) await clock.sleep(BACKOFF_BASE_MS, signal);
    return position;
  }

  async #endWhenSilent(over: AbortController, endAtMs: number): Promise<void> {
    const { clock } = this.#options;
    while (!over.signal.aborted) {
      const nowMs = clock.monotonicMs();
      const dueMs = Math.min(endAtMs, this.#lastWordMs + SILENCE_MS);
      if (nowMs >= dueMs) over.abort();
      else await clock.sleep(dueMs - nowMs, over.signal);
    }
  }

  /** Tells whoever has objects of this kind that nothing is known of them any more. */
  #refuse(error: KubeError): void {
    const news = this.#refused === undefined;
    this.#refused = error;
    if (news) for (const object of this.#known.values()) this.#tell(object);
  }

  #heard(): void {
    this.#lastWordMs = this.#options.clock.monotonicMs();
  }

  #put(object: KubeObject): void {
    const key = keyOf(object);
    const old = this.#known.get(key);
    this.#known.set(key, object);
    this.#options.cache.put(this.#options.type, object);
    if (old?.metadata.resourceVersion !== object.metadata.resourceVersion) this.#tell(object);
  }

  #remove(object: KubeObject): void {
    this.#known.delete(keyOf(object));
    this.#options.cache.remove(this.#options.type, object.metadata.namespace ?? '', object.metadata.name);
    this.#tell(object);
  }

  #tell(object: KubeObject): void {
    try {
      this.#options.onChange(object);
    } catch (error) {
      this.#options.log.error('A change could not be handled', { kind: this.#options.type.kind, error });
    }
  }
}

function keyOf({ metadata }: KubeObject): string {
  return `${metadata.namespace ?? ''}/${metadata.name}`;
}

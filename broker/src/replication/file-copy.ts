import { ChronikError } from '../edge/index.ts';
import { decodeSnapshot } from '../meta/index.ts';
import { createCopy } from '../store/index.ts';
import type { ListedObject } from '../store/index.ts';
import type { CopyContext } from './copy-context.ts';
import { eachBounded } from './each-bounded.ts';
import { ReplicaConflictError } from './errors.ts';
import { fetchVerified } from './fetch-verified.ts';
import { problemOf } from './report.ts';
import type { ReplicaProblem } from './report.ts';

const SNAPSHOTS = 'metadata-snapshots/';
/** What is neither a slot nor tells whose bucket it is. Each kind is few: it is listed as a whole. */
const PREFIXES = [SNAPSHOTS, 'pins/', 'salvage/'] as const;
const PARALLEL = 4;

/** Snapshots, pins and salvage on their way, in no order among themselves. */
export class FileCopy {
  readonly #context: CopyContext;
  readonly #there = new Set<string>();
  readonly #waiting = new Map<string, ListedObject>();
  readonly #problems = new Map<string, ReplicaProblem>();
  #listedAtMs = 0;

  constructor(context: CopyContext) {
    this.#context = context;
  }

  /** When the last look began. */
  get listedAtMs(): number {
    return this.#listedAtMs;
  }

  get waitingObjects(): number {
    return this.#waiting.size;
  }

  get waitingBytes(): number {
    return [...this.#waiting.values()].reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  }

  get problems(): readonly ReplicaProblem[] {
    return [...this.#problems.values()];
  }

  /** What the replica has. */
  async locate(): Promise<void> {
    const { source, target, signal } = this.#context;
    for (const prefix of PREFIXES) {
      const sizes = new Map<string, number>();
      for await (const { key, sizeBytes } of target.listAll(prefix, { signal })) sizes.set(key, sizeBytes);
      for await (const { key, sizeBytes } of source.listAll(prefix, { signal })) {
        if (sizes.get(key) === sizeBytes) this.#there.add(key);
      }
    }
  }

  async look(): Promise<void> {
    const { source, signal, clock } = this.#context;
    const startMs = clock.nowMs();
    for (const prefix of PREFIXES) {
      for await (const object of source.listAll(prefix, { signal })) {
        if (!this.#there.has(object.key)) this.#waiting.set(object.key, object);
      }
    }
    this.#listedAtMs = startMs;
  }

  /** Copies what waits, once the metadata log is there: a snapshot must not run ahead of it. */
  async copy(): Promise<void> {
    this.#problems.clear();
    await eachBounded([...this.#waiting.values()], PARALLEL, (object) => this.#copyOne(object));
  }

  async #copyOne(object: ListedObject): Promise<void> {
    const { target, throttle, signal, counts } = this.#context;
    const { key, sizeBytes } = object;
    await throttle.enter(sizeBytes);
    try {
      const fetched = await fetchVerified(this.#context, object, (bytes) => {
        if (key.startsWith(SNAPSHOTS)) decodeSnapshot(bytes, key);
      });
      if (fetched !== undefined) {
        const outcome = await createCopy(target, key, [fetched.bytes], signal);
        if (outcome === 'conflict') throw new ReplicaConflictError(key, target.description);
        counts.objects += 1;
        counts.bytes += sizeBytes;
      }
      this.#there.add(key);
      this.#waiting.delete(key);
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof ChronikError)) throw error;
      this.#problems.set(key, problemOf(error));
    } finally {
      throttle.leave(sizeBytes);
    }
  }
}

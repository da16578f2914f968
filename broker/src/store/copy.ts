import { CopyTarget, copyInParts } from './copy-in-parts.ts';
import type { CopySides } from './copy-in-parts.ts';
import { createCopy, readParts } from './copy-object.ts';
import { compareKeys } from './object-key.ts';
import type { ListedObject } from './object-store.ts';
import type { PatientStore } from './patient-store.ts';
import { PROBE_PREFIX } from './probe.ts';

const MIB = 1024 * 1024;

export interface CopyOptions extends CopySides {
  /** Objects under way at most (default 8), and bytes of them (default 64 MiB; a larger object goes alone). */
  readonly parallel?: number;
  readonly bytesInFlight?: number;
  /** Waited for before each object is read: a rate limit. */
  readonly pace?: (sizeBytes: number) => Promise<void>;
  /** Called after every object that was dealt with, in any order. */
  readonly onObject?: (key: string, outcome: CopyOutcome) => void;
}

/**
 * `present`: a whole object of this name and size was there already. `vanished`: deleted in the source meanwhile. `conflict`:
 * another object has the name in the target; it is left alone.
 */
export type CopyOutcome = 'copied' | 'present' | 'vanished' | 'conflict';

export interface CopyReport {
  readonly counts: Readonly<Record<CopyOutcome, number>>;
  readonly copiedBytes: number;
  /** Names of the conflicts, in no particular order. */
  readonly conflicts: readonly string[];
}

/**
 * Copies what the target does not have yet, never over anything. Both sides are listed side by side, so a copy that was cut off
 * goes on where it stopped. Outages are waited out; rejects with the signal's reason, or with an error that no repetition cures,
 * after what was under way has ended. Until it resolves, the target is no cluster that anybody may start on.
 */
export async function copyObjects(options: CopyOptions): Promise<CopyReport> {
  const { from, to, prefix, signal } = options;
  const counts: Record<CopyOutcome, number> = { copied: 0, present: 0, vanished: 0, conflict: 0 };
  const conflicts: string[] = [];
  let copiedBytes = 0;
  const settle = ({ key, sizeBytes }: ListedObject, outcome: CopyOutcome): void => {
    counts[outcome] += 1;
    if (outcome === 'copied') copiedBytes += sizeBytes;
    if (outcome === 'conflict') conflicts.push(key);
    options.onObject?.(key, outcome);
  };
  const target = new CopyTarget(options);
  const window = new CopyWindow(options.parallel ?? 8, options.bytesInFlight ?? 64 * MIB);
  try {
    for await (const [object, presentBytes] of sideBySide(from, to, prefix, signal)) {
      if (object.key.startsWith(PROBE_PREFIX)) continue;
      if (presentBytes !== undefined) {
        settle(object, presentBytes === object.sizeBytes ? 'present' : 'conflict');
        continue;
      }
      await window.start(await target.heldBytes(object), async () =>
        settle(object, await copyObject(options, target, object)),
      );
    }
  } finally {
    await window.ended();
  }
  window.throwIfFailed();
  return { counts, copiedBytes, conflicts };
}

/** Every object of `from`, with the size of the one that has its name in `to`. */
async function* sideBySide(
  from: PatientStore,
  to: PatientStore,
  prefix: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<readonly [ListedObject, number | undefined]> {
  const listing = signal === undefined ? {} : { signal };
  const there = to.listAll(prefix, listing);
  let next = await there.next();
  for await (const object of from.listAll(prefix, listing)) {
    while (next.done !== true && compareKeys(next.value.key, object.key) < 0) next = await there.next();
    yield [object, next.done !== true && next.value.key === object.key ? next.value.sizeBytes : undefined];
  }
}

async function copyObject(options: CopyOptions, target: CopyTarget, object: ListedObject): Promise<CopyOutcome> {
  const { from, to, signal, pace } = options;
  await pace?.(object.sizeBytes);
  if (await target.takesInParts(object)) return copyInParts(options, object);
  const parts = await readParts(from, object, signal);
  return parts === undefined ? 'vanished' : createCopy(to, object.key, parts, signal);
}

/** How much is under way; after a failure nothing more is started. */
class CopyWindow {
  readonly #parallel: number;
  readonly #bytes: number;
  readonly #underWay = new Set<Promise<void>>();
  #bytesUnderWay = 0;
  #failure: { readonly error: unknown } | undefined;

  constructor(parallel: number, bytes: number) {
    this.#parallel = parallel;
    this.#bytes = bytes;
  }

  /** Waits for room, then starts `copy` without waiting for its end. Throws the failure of an earlier one. */
  async start(sizeBytes: number, copy: () => Promise<void>): Promise<void> {
    while (
      this.#underWay.size >= this.#parallel ||
      (this.#underWay.size > 0 && this.#bytesUnderWay + sizeBytes > this.#bytes)
    ) {
      await Promise.race(this.#underWay);
    }
    this.throwIfFailed();
    this.#bytesUnderWay += sizeBytes;
    const ended: Promise<void> = copy()
      .catch((error: unknown) => void (this.#failure ??= { error }))
      .finally(() => {
        this.#underWay.delete(ended);
        this.#bytesUnderWay -= sizeBytes;
      });
    this.#underWay.add(ended);
  }

  async ended(): Promise<void> {
    await Promise.all(this.#underWay);
  }

  throwIfFailed(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
  }
}

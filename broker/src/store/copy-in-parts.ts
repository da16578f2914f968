import type { Random } from '../edge/index.ts';
import type { ListedObject } from './object-store.ts';
import type { PatientStore } from './patient-store.ts';
import { provesUploads } from './probe-uploads.ts';
import { StoreError } from './store-error.ts';
import { WholeChecksum } from './whole-checksum.ts';

const MIB = 1024 * 1024;

const PART_BYTES = 8 * MIB;
/** S3's rule, the strictest. */
const MOST_PARTS = 10_000;
const DEFAULT_IN_PARTS_BYTES = 32 * MIB;
/** What does not go in parts has to fit into memory. */
const IN_MEMORY_BYTES = 1024 * MIB;
/** So long after its begin, an upload is no longer somebody's who is at work. */
const OLD_UPLOAD_MS = 24 * 60 * 60 * 1000;

export interface CopySides {
  readonly from: PatientStore;
  readonly to: PatientStore;
  readonly random: Random;
  /** Only names that start so; '' = all but the probes'. */
  readonly prefix: string;
  /** Larger objects go in parts, if the target proves that it gives a name once to those, too (default 32 MiB). */
  readonly inPartsBytes?: number;
  /** Size of a part, of the largest objects a multiple of it (default 8 MiB, S3 wants 5 MiB or more). */
  readonly partBytes?: number;
  readonly signal?: AbortSignal;
}

function partBytesOf(sizeBytes: number, smallest = PART_BYTES): number {
  return Math.max(1, Math.ceil(sizeBytes / MOST_PARTS / smallest)) * smallest;
}

/** How the target takes large objects; asked with the first of them. */
export class CopyTarget {
  readonly #options: CopySides;
  #takesParts: Promise<boolean> | undefined;

  constructor(options: CopySides) {
    this.#options = options;
  }

  /** Whether this object goes in parts. Rejects with STORE_INVALID if it can go in no way. */
  async takesInParts(object: ListedObject): Promise<boolean> {
    if (object.sizeBytes <= (this.#options.inPartsBytes ?? DEFAULT_IN_PARTS_BYTES)) return false;
    this.#takesParts ??= this.#ask();
    if (await this.#takesParts) return true;
    if (object.sizeBytes > IN_MEMORY_BYTES) throw tooLarge(this.#options.to, object);
    return false;
  }

  /** Bytes in memory while the object is copied. */
  async heldBytes(object: ListedObject): Promise<number> {
    return (await this.takesInParts(object))
      ? 2 * partBytesOf(object.sizeBytes, this.#options.partBytes)
      : object.sizeBytes;
  }

  async #ask(): Promise<boolean> {
    const { to, random, prefix, signal } = this.#options;
    if (!(await provesUploads(to, random, signal))) return false;
    await to.abortOldUploads(prefix, OLD_UPLOAD_MS, signal);
    return true;
  }
}

/** Copies an object of which no more than two parts are in memory. */
export async function copyInParts(
  { from, to, partBytes: smallest, signal }: CopySides,
  { key, sizeBytes }: ListedObject,
): Promise<'copied' | 'vanished' | 'conflict'> {
  const partBytes = partBytesOf(sizeBytes, smallest);
  try {
    const whole = await WholeChecksum.of(from, key, signal);
    const outcome = await to.createInParts({
      key,
      sizeBytes,
      partBytes,
      read: async (start, length) => {
        const part = await from.get(key, { start, length }, signal);
        if (part === undefined) throw new VanishedError();
        if (part.length !== length) throw otherSize(from, { key, sizeBytes });
        whole?.update(start, part);
        // Before the last part is sent, without which there is no object.
        if (start + length === sizeBytes) whole?.verify();
        return part;
      },
      recognise: () => compare(from, to, { key, sizeBytes }, signal),
      ...(signal === undefined ? {} : { signal }),
    });
    return outcome === 'created' ? 'copied' : 'conflict';
  } catch (error) {
    if (error instanceof VanishedError) return 'vanished';
    throw error;
  }
}

class VanishedError extends Error {}

/** Whether the target's object is the source's, range by range. */
async function compare(
  from: PatientStore,
  to: PatientStore,
  { key, sizeBytes }: ListedObject,
  signal: AbortSignal | undefined,
): Promise<'ours' | 'other' | 'absent'> {
  const found = await to.head(key, signal);
  if (found === undefined) return 'absent';
  if (found.sizeBytes !== sizeBytes) return 'other';
  for (let start = 0; start < sizeBytes; start += PART_BYTES) {
    const range = { start, length: Math.min(PART_BYTES, sizeBytes - start) };
    const [there, here] = await Promise.all([to.get(key, range, signal), from.get(key, range, signal)]);
    if (here === undefined) throw new VanishedError();
    if (there?.equals(here) !== true) return 'other';
  }
  return 'ours';
}

export function otherSize(from: PatientStore, { key, sizeBytes }: ListedObject): StoreError {
  return new StoreError('corrupt', `${key} in ${from.description} is listed with ${sizeBytes} bytes and has others`, {
    remedy: 'Objects must not change: look who writes under the prefix.',
    details: { key, sizeBytes },
  });
}

function tooLarge(to: PatientStore, { key, sizeBytes }: ListedObject): StoreError {
  return new StoreError(
    'invalid',
    `${key} has ${sizeBytes} bytes, and ${to.description} ignores conditions on objects that are sent in parts`,
    {
      remedy: `Use a store that honours "If-None-Match: *" when a multipart upload completes; without it ${IN_MEMORY_BYTES} bytes are the limit.`,
      details: { key, sizeBytes },
    },
  );
}

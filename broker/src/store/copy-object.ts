import { otherSize } from './copy-in-parts.ts';
import { WholeChecksum } from './whole-checksum.ts';
import type { ListedObject } from './object-store.ts';
import type { PatientStore } from './patient-store.ts';

const MIB = 1024 * 1024;

/** Up to this size an object is read with one request, whose answer is compared with the store's checksum; else in ranges of it. */
const PART_BYTES = 8 * MIB;

/**
 * The bytes of an object of known size, in parts, compared with the checksum that the store keeps; undefined if it is gone. Outages are waited out; rejects with `corrupt` if it
 * has another size than it was listed with, or with what no repetition cures.
 */
export async function readParts(
  from: PatientStore,
  { key, sizeBytes }: ListedObject,
  signal?: AbortSignal,
): Promise<readonly Buffer[] | undefined> {
  const parts: Buffer[] = [];
  const whole = sizeBytes <= PART_BYTES ? undefined : await WholeChecksum.of(from, key, signal);
  for (let start = 0; start === 0 || start < sizeBytes; start += PART_BYTES) {
    const range = sizeBytes <= PART_BYTES ? undefined : { start, length: Math.min(PART_BYTES, sizeBytes - start) };
    const part = await from.get(key, range, signal);
    if (part === undefined) return undefined;
    if (part.length !== (range?.length ?? sizeBytes)) {
      throw otherSize(from, { key, sizeBytes });
    }
    whole?.update(start, part);
    parts.push(part);
  }
  whole?.verify();
  return parts;
}

/** Creates the copy unless the name is taken: never over anything. `conflict`: something else has the name, or had it a moment ago. */
export async function createCopy(
  to: PatientStore,
  key: string,
  parts: readonly Buffer[],
  signal?: AbortSignal,
): Promise<'copied' | 'conflict'> {
  const { outcome } = await to.createResolved({
    key,
    body: parts,
    // What was damaged on the way back is no conflict: other bytes are fetched again before they count as another's.
    recognise: (existing) => (isMadeOf(existing, parts) ? 'ours' : 'unreadable'),
    ...(signal === undefined ? {} : { signal }),
  });
  return outcome === 'created' ? 'copied' : 'conflict';
}

function isMadeOf(existing: Buffer, parts: readonly Buffer[]): boolean {
  let start = 0;
  for (const part of parts) {
    if (!existing.subarray(start, start + part.length).equals(part)) return false;
    start += part.length;
  }
  return start === existing.length;
}

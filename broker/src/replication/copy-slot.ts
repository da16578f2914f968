import { CorruptSlotError, checkIdentity, decodeSlot, lostMarkerKey, slotKey } from '../log/index.ts';
import type { ReadSlot, StreamId } from '../log/index.ts';
import { createCopy, readParts } from '../store/index.ts';
import type { ListedObject } from '../store/index.ts';
import type { CopyContext } from './copy-context.ts';
import { ReplicaConflictError } from './errors.ts';
import { fetchVerified } from './fetch-verified.ts';
import type { Fetched } from './fetch-verified.ts';

/** A slot on its way: what it says, verified, and the very bytes that are to be written. */
export interface FetchedSlot extends Fetched<ReadSlot> {
  /** The object of the LOST slot that counts in place of these bytes, which cannot be read. */
  readonly marker?: Buffer;
}

/** Undefined if it is gone. Rejects with CorruptSlotError, FormatTooNewError, or the store's error that no repetition cures. */
export async function fetchSlot(
  context: CopyContext,
  stream: StreamId,
  slot: number,
  sizeBytes: number,
): Promise<FetchedSlot | undefined> {
  const key = slotKey(stream, slot);
  try {
    return await fetchVerified(context, { key, sizeBytes }, (bytes) => decode(context, stream, slot, key, bytes));
  } catch (error) {
    if (!(error instanceof CorruptSlotError)) throw error;
    return fetchMarked(context, stream, slot, { object: { key, sizeBytes }, damage: error });
  }
}

/**
 * A slot that cannot be read and was marked lost goes as it is, with its mark: then both stores hold the same, and a reader of either
 * finds it LOST. Rejects with the damage if nobody has marked it.
 */
async function fetchMarked(
  context: CopyContext,
  stream: StreamId,
  slot: number,
  { object, damage }: { readonly object: ListedObject; readonly damage: CorruptSlotError },
): Promise<FetchedSlot | undefined> {
  const { source, signal } = context;
  const key = lostMarkerKey(stream, slot);
  const found = await source.head(key, signal);
  const marker =
    found && (await fetchVerified(context, { key, ...found }, (bytes) => decode(context, stream, slot, key, bytes)));
  if (marker?.value.kind !== 'lost') throw damage;
  const parts = await readParts(source, object, signal);
  return parts && { bytes: Buffer.concat(parts), value: marker.value, marker: marker.bytes };
}

function decode({ lineage }: CopyContext, stream: StreamId, slot: number, key: string, bytes: Buffer): ReadSlot {
  const read = decodeSlot(key, bytes, bytes.length);
  checkIdentity(key, lineage, stream, slot, read.header);
  return read;
}

/** Creates the copy. An identical one is as good; rejects with ReplicaConflictError at any other. */
export async function writeSlot(context: CopyContext, stream: StreamId, fetched: FetchedSlot): Promise<void> {
  const { slot } = fetched.value;
  // The mark first: a slot that cannot be read is damage until it is there.
  if (fetched.marker !== undefined) await write(context, lostMarkerKey(stream, slot), fetched.marker);
  await write(context, slotKey(stream, slot), fetched.bytes);
}

async function write({ target, signal, counts }: CopyContext, key: string, bytes: Buffer): Promise<void> {
  const outcome = await createCopy(target, key, [bytes], signal);
  if (outcome === 'conflict') throw new ReplicaConflictError(key, target.description);
  counts.objects += 1;
  counts.bytes += bytes.length;
}

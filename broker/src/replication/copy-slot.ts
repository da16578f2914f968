import { checkIdentity, decodeSlot, slotKey } from '../log/index.ts';
import type { ReadSlot, StreamId } from '../log/index.ts';
import { createCopy } from '../store/index.ts';
import type { CopyContext } from './copy-context.ts';
import { ReplicaConflictError } from './errors.ts';
import { fetchVerified } from './fetch-verified.ts';
import type { Fetched } from './fetch-verified.ts';

/** A slot on its way: verified, and the very bytes that are to be written. */
export type FetchedSlot = Fetched<ReadSlot>;

/** Undefined if it is gone. Rejects with CorruptSlotError, FormatTooNewError, or the store's error that no repetition cures. */
export function fetchSlot(
  context: CopyContext,
  stream: StreamId,
  slot: number,
  sizeBytes: number,
): Promise<FetchedSlot | undefined> {
  const key = slotKey(stream, slot);
  return fetchVerified(context, { key, sizeBytes }, (bytes) => {
    const read = decodeSlot(key, bytes, bytes.length);
    checkIdentity(key, context.lineage, stream, slot, read.header);
    return read;
  });
}

/** Creates the copy. An identical one is as good; rejects with ReplicaConflictError at any other. */
export async function writeSlot(context: CopyContext, stream: StreamId, { bytes, value }: FetchedSlot): Promise<void> {
  const key = slotKey(stream, value.slot);
  const outcome = await createCopy(context.target, key, [bytes], context.signal);
  if (outcome === 'conflict') throw new ReplicaConflictError(key, context.target.description);
  context.counts.objects += 1;
  context.counts.bytes += bytes.length;
}

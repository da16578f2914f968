import type { LogContext } from './context.ts';
import { CorruptSlotError } from './errors.ts';
import type { ReadSlot, SlotHeader } from './slot.ts';
import { decodeSlot, tailStart } from './slot-codec.ts';
import { lostMarkerKey, slotKey } from './stream-names.ts';
import type { StreamId } from './stream-names.ts';

/** `tails`: chain and footers only, by a ranged GET. `whole`: the body too, its checksum verified. */
export type ReadDepth = 'tails' | 'whole';

/** One ranged GET of so much of an object's end finds header and footer of ordinary slots (about 1,000 batches). */
export const TAIL_BYTES = 64 * 1024;

/** Bytes that were damaged on the way are not damage at rest: they are fetched again before anything is said. */
const READ_ATTEMPTS = 3;

/**
 * Reads and verifies one slot; undefined if it is absent. `sizeBytes` saves a HEAD if a listing told it. A slot that cannot be read
 * and was marked lost is LOST, whatever lies there.
 * Rejects with CorruptSlotError if what lies there is not this slot of this stream, FormatTooNewError if it cannot be known.
 */
export async function readSlot(
  context: LogContext,
  stream: StreamId,
  slot: number,
  depth: ReadDepth,
  sizeBytes?: number,
): Promise<ReadSlot | undefined> {
  const key = slotKey(stream, slot);
  for (let attempt = 1; ; attempt += 1) {
    try {
      const found = depth === 'whole' ? await readWhole(context, key) : await readTail(context, key, sizeBytes);
      if (found === undefined) return undefined;
      checkIdentity(key, context.lineage, stream, slot, found.header);
      context.hlc.merge(found.header.lastHlc);
      return found;
    } catch (error) {
      if (!(error instanceof CorruptSlotError)) throw error;
      if (attempt === READ_ATTEMPTS) return await readLostMarker(context, stream, slot, error);
      context.logger.warn('read a slot that does not verify; reading it again', { key, error: error.message, attempt });
    }
  }
}

/** The LOST slot beside a damaged one (see repair.ts). Rejects with `damage` if there is none. */
async function readLostMarker(
  context: LogContext,
  stream: StreamId,
  slot: number,
  damage: CorruptSlotError,
): Promise<ReadSlot> {
  const key = lostMarkerKey(stream, slot);
  const bytes = await context.store.get(key);
  if (bytes === undefined) throw damage;
  const marker = decodeSlot(key, bytes, bytes.length);
  checkIdentity(key, context.lineage, stream, slot, marker.header);
  if (marker.kind !== 'lost') throw damage;
  return marker;
}

async function readWhole(context: LogContext, key: string): Promise<ReadSlot | undefined> {
  const bytes = await context.store.get(key);
  return bytes && decodeSlot(key, bytes, bytes.length);
}

async function readTail(context: LogContext, key: string, knownBytes?: number): Promise<ReadSlot | undefined> {
  const sizeBytes = knownBytes ?? (await context.store.head(key))?.sizeBytes;
  if (sizeBytes === undefined) return undefined;
  const start = Math.max(0, sizeBytes - TAIL_BYTES);
  const tail = await context.store.get(key, { start, length: sizeBytes - start });
  if (tail === undefined) return undefined;
  const { body: _body, ...slot } = decodeSlot(key, await reachBack(context, key, tail, sizeBytes), sizeBytes);
  return slot;
}

/** Fetches what is missing in front of `tail` if a long footer puts the header further back. */
async function reachBack(context: LogContext, key: string, tail: Buffer, sizeBytes: number): Promise<Buffer> {
  const tailAt = sizeBytes - tail.length;
  const start = tailStart(key, tail, sizeBytes);
  if (start >= tailAt) return tail;
  const front = await context.store.get(key, { start, length: tailAt - start });
  if (front === undefined) throw new CorruptSlotError(key, 'truncated', 'it vanished while it was being read');
  return Buffer.concat([front, tail]);
}

/** A slot says itself which one it is: a copy under another name, or another cluster's object, is not this slot. */
export function checkIdentity(key: string, lineage: string, stream: StreamId, slot: number, header: SlotHeader): void {
  if (header.lineage !== lineage) {
    throw new CorruptSlotError(key, 'alien', `it belongs to lineage ${header.lineage}, not ${lineage}`);
  }
  // The metadata log's names hold no broker: whoever claimed the epoch wrote it.
  const sameBroker = stream.log === 'metadata' || header.broker === stream.broker;
  const sameStream = header.log === stream.log && header.timeline === stream.timeline && header.epoch === stream.epoch;
  if (!sameBroker || !sameStream || header.slot !== slot) {
    const { log, timeline, broker, epoch } = header;
    throw new CorruptSlotError(key, 'misplaced', `it says ${log} ${timeline}/${broker}/${epoch} slot ${header.slot}`);
  }
}

import type { PatientStore } from '../store/index.ts';
import type { LogContext } from './context.ts';
import { CorruptSlotError, DamagedStreamError } from './errors.ts';
import type { SlotRange } from './gap.ts';
import { HLC_ZERO } from './hlc.ts';
import type { ReadSlot } from './slot.ts';
import { createSlot, freezeSlot } from './slot-create.ts';
import type { FrozenSlot } from './slot-create.ts';
import { decodeSlot } from './slot-codec.ts';
import { readSlot } from './slot-reader.ts';
import { peekSlotHash } from './slot-trailer.ts';
import { lostMarkerKey, slotKey } from './stream-names.ts';
import type { StreamId } from './stream-names.ts';

export interface RepairOptions {
  /** What to do about a committed slot that no store has, or that cannot be read: stop and say so, or mark it LOST. */
  readonly onDamage: 'hold' | 'mark-lost';
  /** Stores that may hold identical copies, asked in this order. */
  readonly repairFrom?: readonly PatientStore[];
  /** The metadata epoch in which we act; 0 = none. */
  readonly metadataEpoch: number;
}

/** An intact copy of a missing slot, not read further than its tail. */
interface Copy {
  readonly store: PatientStore;
  readonly hash: Buffer;
  readonly previousHash: Buffer | undefined;
}

/**
 * Puts committed slots back (rule 01): from another store the identical bytes, if they link to a neighbour that is known, else
 * a LOST slot. In ascending order and create-once, so that several repairers and the slots' late arrival do no harm; what lies
 * there in the end is for the walk to read. Rejects with DamagedStreamError at the first slot that has no copy, if told to hold.
 */
export async function repairRange(
  context: LogContext,
  stream: StreamId,
  missing: SlotRange,
  /** Hash of the slot before the range, if it is known. */
  previousHash: Buffer | undefined,
  options: RepairOptions,
): Promise<void> {
  const copies = await findCopies(context, stream, missing, previousHash, options.repairFrom ?? []);
  for (let slot = missing.from; slot <= missing.to; slot += 1) {
    const copy = copies.get(slot);
    if (copy !== undefined) await putBack(context, stream, slot, copy);
    else if (options.onDamage === 'hold') throw new DamagedStreamError(stream, { from: slot, to: missing.to });
    else await markLost(context, stream, slot, options.metadataEpoch);
  }
}

/** For each slot of the range a copy that is proved to be the one that is missing. */
async function findCopies(
  context: LogContext,
  stream: StreamId,
  { from, to }: SlotRange,
  previousHash: Buffer | undefined,
  stores: readonly PatientStore[],
): Promise<ReadonlyMap<number, Copy>> {
  const proved = new Map<number, Copy>();
  if (stores.length === 0) return proved;
  const found = new Map<number, Copy>();
  for (let slot = from; slot <= to; slot += 1) {
    const copy = await findCopy(context, stream, slot, stores);
    if (copy !== undefined) found.set(slot, copy);
  }
  // Downwards: the next slot names the hash of the one before it.
  let named = (await readSlot(context, stream, to + 1, 'tails'))?.header.previousHash;
  for (let slot = to; slot >= from; slot -= 1) {
    const copy = found.get(slot);
    if (copy !== undefined && named?.equals(copy.hash) === true) proved.set(slot, copy);
    named = proved.get(slot)?.previousHash;
  }
  // Upwards: a copy that names the hash of the slot before it.
  let known = previousHash;
  for (let slot = from; slot <= to; slot += 1) {
    const copy = found.get(slot);
    if (copy !== undefined && known !== undefined && copy.previousHash?.equals(known) === true) proved.set(slot, copy);
    known = proved.get(slot)?.hash;
  }
  return proved;
}

async function findCopy(
  context: LogContext,
  stream: StreamId,
  slot: number,
  stores: readonly PatientStore[],
): Promise<Copy | undefined> {
  for (const store of stores) {
    const found = await readIntact({ ...context, store }, stream, slot);
    if (found === undefined || (found.kind !== 'data' && found.kind !== 'claim')) continue;
    return { store, hash: found.hash, previousHash: found.header.previousHash };
  }
  return undefined;
}

async function readIntact(context: LogContext, stream: StreamId, slot: number): Promise<ReadSlot | undefined> {
  try {
    return await readSlot(context, stream, slot, 'tails');
  } catch (error) {
    if (!(error instanceof CorruptSlotError)) throw error;
    context.logger.warn('a copy is damaged too', { store: context.store.description, error: error.message });
    return undefined;
  }
}

async function putBack(context: LogContext, stream: StreamId, slot: number, copy: Copy): Promise<void> {
  const key = slotKey(stream, slot);
  const bytes = await copy.store.get(key);
  // Between two looks the copy went away or changed: the caller walks on and meets the gap again.
  if (bytes === undefined || !decodeSlot(key, bytes, bytes.length).hash.equals(copy.hash)) return;
  await context.store.createResolved({
    key,
    body: [bytes],
    recognise: (existing) => (peekSlotHash(existing)?.equals(copy.hash) === true ? 'ours' : 'other'),
  });
  context.logger.warn('put a lost slot back from another store', { key, from: copy.store.description });
}

async function markLost(context: LogContext, stream: StreamId, slot: number, metadataEpoch: number): Promise<void> {
  const reason = 'a later slot or the metadata says that it was committed; no store that was asked has it';
  await createSlot(context, lostSlot(context, stream, slot, { reason, metadataEpoch }));
  context.logger.error('marked a committed slot lost', { key: slotKey(stream, slot) });
}

/**
 * Marks a slot lost whose object is there and cannot be read. Nothing is overwritten, so the LOST slot stands beside it, under a name
 * of its own that only a reader of the damaged one looks for.
 */
export async function markDamagedSlotLost(
  context: LogContext,
  stream: StreamId,
  slot: number,
  options: { readonly damage: CorruptSlotError; readonly metadataEpoch: number },
): Promise<void> {
  const { damage, metadataEpoch } = options;
  const frozen = lostSlot(context, stream, slot, { reason: damage.message, metadataEpoch });
  await context.store.createResolved({
    key: lostMarkerKey(stream, slot),
    body: frozen.parts,
    // Whoever marked it says the same.
    recognise: (existing) => (peekSlotHash(existing) === undefined ? 'unreadable' : 'ours'),
  });
  context.logger.error('marked a damaged slot lost', { key: slotKey(stream, slot), damage: damage.reason });
}

function lostSlot(
  context: LogContext,
  stream: StreamId,
  slot: number,
  { reason, metadataEpoch }: { readonly reason: string; readonly metadataEpoch: number },
): FrozenSlot {
  return freezeSlot(context, stream, {
    slot,
    part: { kind: 'lost', reason, markedBy: context.broker, metadataEpoch },
    previousHash: undefined,
    committedThrough: slot,
    firstHlc: HLC_ZERO,
    lastHlc: HLC_ZERO,
  });
}

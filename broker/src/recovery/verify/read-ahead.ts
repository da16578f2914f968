import { CorruptSlotError, readSlot } from '../../log/index.ts';
import type { LogContext, ReadDepth, ReadSlot, StreamId } from '../../log/index.ts';
import { StoreError } from '../../store/index.ts';
import type { ListedStream } from './inventory.ts';

/** Reads under way at a time and the bytes that they may hold: hides a store's latency, whatever the slots' size. */
const MAX_READS = 32;
const MAX_BYTES = 32 * 1024 * 1024;
/** What a read of a slot's tail holds at most. */
const TAIL_BYTES = 64 * 1024;

/** What was found under a slot's name. */
export type SlotReading =
  | { readonly kind: 'slot'; readonly slot: ReadSlot }
  | { readonly kind: 'absent' }
  | { readonly kind: 'unreadable'; readonly error: CorruptSlotError | StoreError };

export interface ListedReading {
  readonly number: number;
  readonly reading: SlotReading;
}

/** Reads one slot; damage is a value here. Rejects with FormatTooNewError, or when the store cannot be asked. */
export async function tryReadSlot(
  context: LogContext,
  stream: StreamId,
  slot: number,
  depth: ReadDepth,
  sizeBytes?: number,
): Promise<SlotReading> {
  try {
    const found = await readSlot(context, stream, slot, depth, sizeBytes);
    return found === undefined ? { kind: 'absent' } : { kind: 'slot', slot: found };
  } catch (error) {
    if (error instanceof CorruptSlotError || isDamagedObject(error)) return { kind: 'unreadable', error };
    throw error;
  }
}

/** The store has the object and cannot give it: it does not match the store's checksum, or lies in an archive. */
export function isDamagedObject(error: unknown): error is StoreError {
  return error instanceof StoreError && (error.kind === 'corrupt' || error.kind === 'archived');
}

/** Reads the listed slots of a stream ahead of their turn, and yields them in order. */
export async function* readListed(
  context: LogContext,
  { stream, slots, sizes }: ListedStream,
  depth: ReadDepth,
): AsyncGenerator<ListedReading, void, undefined> {
  const reads: { number: number; cost: number; reading: Promise<SlotReading> }[] = [];
  let bytes = 0;
  for (const [index, number] of slots.entries()) {
    const sizeBytes = sizes[index] ?? 0;
    const cost = depth === 'whole' ? sizeBytes : Math.min(sizeBytes, TAIL_BYTES);
    while (reads.length > 0 && (reads.length >= MAX_READS || bytes + cost > MAX_BYTES)) {
      const first = reads.shift()!;
      yield { number: first.number, reading: await first.reading };
      bytes -= first.cost;
    }
    const reading = tryReadSlot(context, stream, number, depth, sizeBytes);
    // A scrub that ends early leaves reads behind; their failure then means nothing.
    reading.catch(() => undefined);
    reads.push({ number, cost, reading });
    bytes += cost;
  }
  for (const { number, reading } of reads) yield { number, reading: await reading };
}

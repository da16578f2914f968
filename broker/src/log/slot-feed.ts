import type { LogContext } from './context.ts';
import type { ReadSlot } from './slot.ts';
import { TAIL_BYTES, readSlot } from './slot-reader.ts';
import type { ReadDepth } from './slot-reader.ts';
import { parseSlotKey, slotKey, streamPrefix } from './stream-names.ts';
import type { StreamId } from './stream-names.ts';

/** Reads under way at a time, and bytes that they may hold: enough to hide a store's latency, whatever the slots' size. */
const MAX_READS = 64;
const MAX_BYTES = 32 * 1024 * 1024;

export type FedSlot =
  | { readonly kind: 'slot'; readonly slot: ReadSlot }
  /** Slot `at` is not there. `beyond`: something above it, or the slot itself, was listed a moment ago. */
  | { readonly kind: 'gap'; readonly at: number; readonly beyond: boolean };

interface Read {
  readonly slot: number;
  readonly bytes: number;
  readonly found: Promise<ReadSlot | undefined>;
}

export interface FeedOptions {
  readonly from: number;
  readonly depth: ReadDepth;
}

/**
 * The slots of a stream in order, from a listing and reads ahead in parallel, up to the first that is missing; the gap is the
 * last thing yielded. Rejects as readSlot does, when the slot's turn has come.
 */
export async function* feedSlots(
  context: LogContext,
  stream: StreamId,
  options: FeedOptions,
): AsyncGenerator<FedSlot, void, undefined> {
  const { from, depth } = options;
  const reads: Read[] = [];
  let bytes = 0;
  let next = from;
  let beyond = false;

  for await (const listed of listSlots(context, stream, from)) {
    if (listed.slot !== next) {
      beyond = true;
      break;
    }
    const cost = depth === 'whole' ? listed.sizeBytes : Math.min(listed.sizeBytes, TAIL_BYTES);
    while (reads.length > 0 && (reads.length >= MAX_READS || bytes + cost > MAX_BYTES)) {
      const read = reads.shift()!;
      const found = await read.found;
      if (found === undefined) return yield { kind: 'gap', at: read.slot, beyond: true };
      bytes -= read.bytes;
      yield { kind: 'slot', slot: found };
    }
    const found = readSlot(context, stream, next, depth, listed.sizeBytes);
    // A walk that ends early leaves reads behind; their failure then means nothing.
    found.catch(() => undefined);
    reads.push({ slot: next, bytes: cost, found });
    bytes += cost;
    next += 1;
  }
  for (const read of reads) {
    const found = await read.found;
    if (found === undefined) return yield { kind: 'gap', at: read.slot, beyond: true };
    yield { kind: 'slot', slot: found };
  }
  yield { kind: 'gap', at: next, beyond };
}

export interface ListedSlot {
  readonly slot: number;
  readonly sizeBytes: number;
}

/** What a listing shows of a stream's slots from `from` on, in order. Names that are no slot's are passed over. */
export async function* listSlots(
  context: LogContext,
  stream: StreamId,
  from: number,
): AsyncGenerator<ListedSlot, void, undefined> {
  const after = from === 0 ? {} : { after: slotKey(stream, from - 1) };
  for await (const { key, sizeBytes } of context.store.listAll(streamPrefix(stream), after)) {
    const name = parseSlotKey(key);
    // A number written in another way (not padded) is a foreign object: ours have one name only.
    if (name === undefined || slotKey(stream, name.slot) !== key) continue;
    yield { slot: name.slot, sizeBytes };
  }
}

import type { LogContext } from './context.ts';
import type { ReadSlot } from './slot.ts';
import { listSlots } from './slot-feed.ts';
import { readSlot } from './slot-reader.ts';
import type { ReadDepth } from './slot-reader.ts';
import type { StreamId } from './stream-names.ts';

export interface SlotRange {
  readonly from: number;
  readonly to: number;
}

/** What a missing slot means. */
export type GapVerdict =
  /** It has come meanwhile. */
  | { readonly kind: 'present'; readonly slot: ReadSlot }
  /** Nothing says that it was ever committed. */
  | { readonly kind: 'end' }
  /** These slots were committed and are gone. */
  | { readonly kind: 'damaged'; readonly missing: SlotRange };

export interface GapQuestion {
  /** The missing slot. */
  readonly at: number;
  /** W of the stream's claim. */
  readonly window: number;
  /** Highest slot that anything read so far, or committed metadata, calls committed; -1 = none. */
  readonly committedAtLeast: number;
  readonly depth: ReadDepth;
}

/**
 * Tells the end of a stream from damage (rule 01). A writer has at most W slots in flight, so slot n was committed if a slot
 * ≥ n+W that is no seal exists, or if any slot, seals included, says that it was. Evidence alone is not enough: n may have
 * come between two looks, so it is read once more at the end.
 */
export async function examineGap(context: LogContext, stream: StreamId, gap: GapQuestion): Promise<GapVerdict> {
  const { at, depth } = gap;
  const early = await readSlot(context, stream, at, depth);
  if (early !== undefined) return { kind: 'present', slot: early };
  const missing = await committedRange(context, stream, gap);
  if (missing === undefined) return { kind: 'end' };
  const late = await readSlot(context, stream, at, depth);
  return late === undefined ? { kind: 'damaged', missing } : { kind: 'present', slot: late };
}

/** The missing slots from `at` on that are known to have been committed; undefined if none is. */
async function committedRange(
  context: LogContext,
  stream: StreamId,
  { at, window, committedAtLeast }: GapQuestion,
): Promise<SlotRange | undefined> {
  let committed = committedAtLeast;
  let firstAbove = Number.POSITIVE_INFINITY;
  for await (const listed of listSlots(context, stream, at + 1)) {
    firstAbove = Math.min(firstAbove, listed.slot);
    if (committed >= firstAbove - 1) break;
    const slot = await readSlot(context, stream, listed.slot, 'tails', listed.sizeBytes);
    if (slot === undefined) continue;
    committed = Math.max(committed, slot.header.committedThrough);
    if (slot.kind !== 'seal') committed = Math.max(committed, listed.slot - window);
  }
  return committed < at ? undefined : { from: at, to: Math.min(committed, firstAbove - 1) };
}

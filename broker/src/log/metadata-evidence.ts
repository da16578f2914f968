import type { LogContext } from './context.ts';
import { brokersWithStreams, newestEpoch } from './epochs.ts';
import { CorruptSlotError } from './errors.ts';
import { DATA_WINDOW } from './slot.ts';
import type { ReadSlot } from './slot.ts';
import { listSlots } from './slot-feed.ts';
import type { ListedSlot } from './slot-feed.ts';
import { readSlot } from './slot-reader.ts';
import type { StreamId } from './stream-names.ts';

/** So many of a stream's last slots are looked at: behind its own there may be seals, planted ahead or at its end. */
const LOOKED_AT = 2 * DATA_WINDOW + 2;

/**
 * The highest slot of a metadata epoch that the data streams of a timeline call committed; -1 = none. Every data slot says how far
 * the metadata log was in the bucket when it was frozen (rule 09). So the newest streams tell whether an epoch that ends without
 * a seal has really ended there, or has lost its newest slots (rule 01): a topic, or the registration of a stream.
 */
export async function metadataCommittedThrough(context: LogContext, timeline: string, epoch: number): Promise<number> {
  let committed = -1;
  for (const broker of await brokersWithStreams(context, timeline)) {
    const line = { log: 'data', timeline, broker } as const;
    const mark = await lastMark(context, { ...line, epoch: await newestEpoch(context, line, 0) });
    if (mark?.epoch === epoch) committed = Math.max(committed, mark.slot);
  }
  return committed;
}

/** What the last slot of a stream that says something, and can be read, says. */
async function lastMark(context: LogContext, stream: StreamId): Promise<ReadSlot['header']['metadataThrough']> {
  const last: ListedSlot[] = [];
  for await (const listed of listSlots(context, stream, 0)) {
    last.push(listed);
    if (last.length > LOOKED_AT) last.shift();
  }
  for (const { slot, sizeBytes } of last.toReversed()) {
    const mark = (await readIntact(context, stream, slot, sizeBytes))?.header.metadataThrough;
    if (mark !== undefined) return mark;
  }
  return undefined;
}

/** Damage in a data stream is for its own walk to judge. */
async function readIntact(
  context: LogContext,
  stream: StreamId,
  slot: number,
  sizeBytes: number,
): Promise<ReadSlot | undefined> {
  try {
    return await readSlot(context, stream, slot, 'tails', sizeBytes);
  } catch (error) {
    if (error instanceof CorruptSlotError) return undefined;
    throw error;
  }
}

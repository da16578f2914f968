import {
  CorruptSlotError,
  brokersWithStreams,
  compareHlc,
  listEpochs,
  parseSlotKey,
  readSlot,
  slotKey,
  streamPrefix,
} from '../../log/index.ts';
import type { FooterBatch, LogContext, StreamId } from '../../log/index.ts';
import { streamKey } from '../../meta/index.ts';
import type { MetadataImage, TimelineCut } from '../../meta/index.ts';

/** A slot of a data stream that holds batches later than a cut, or one that cannot be read and might. */
export interface SlotBeyond {
  readonly stream: StreamId;
  readonly slot: number;
  /** Undefined: it cannot be read. */
  readonly batches: readonly FooterBatch[] | undefined;
}

/**
 * What lies in a store under a timeline's names and is later than the cut, stream by stream; more of it may come. `image`: state at
 * the cut. Reads footers only.
 */
export async function* slotsBeyond(
  context: LogContext,
  timeline: string,
  cut: TimelineCut,
  image: MetadataImage,
): AsyncGenerator<SlotBeyond> {
  for (const broker of await brokersWithStreams(context, timeline)) {
    const line = { log: 'data', timeline, broker } as const;
    for (const epoch of await listEpochs(context, line, lowestOpen(broker, cut, image) - 1)) {
      yield* beyondIn(context, { ...line, epoch }, cut);
    }
  }
}

/** Streams below it had ended at the cut: nothing of them lies beyond it. */
function lowestOpen(broker: number, cut: TimelineCut, image: MetadataImage): number {
  const open = cut.streams.filter((stream) => stream.broker === broker).map(({ epoch }) => epoch);
  const known = [...image.streams()].filter((stream) => stream.broker === broker).map(({ epoch }) => epoch);
  return Math.min(Math.max(0, ...known) + 1, ...open);
}

async function* beyondIn(context: LogContext, stream: StreamId, cut: TimelineCut): AsyncGenerator<SlotBeyond> {
  const end = cut.streams.find((known) => streamKey(known) === streamKey(stream));
  const after = end === undefined || end.through === 0 ? {} : { after: slotKey(stream, end.through - 1) };
  for await (const { key, sizeBytes } of context.store.listAll(streamPrefix(stream), after)) {
    const slot = parseSlotKey(key)?.slot;
    if (slot === undefined || slot === 0 || slotKey(stream, slot) !== key) continue;
    const batches = await laterThan(context, stream, slot, sizeBytes, cut);
    if (batches === undefined || batches.length > 0) yield { stream, slot, batches };
  }
}

async function laterThan(
  context: LogContext,
  stream: StreamId,
  slot: number,
  sizeBytes: number,
  cut: TimelineCut,
): Promise<readonly FooterBatch[] | undefined> {
  try {
    const found = await readSlot(context, stream, slot, 'tails', sizeBytes);
    return (found?.entries ?? []).filter(
      (entry): entry is FooterBatch => entry.kind === 'batch' && compareHlc(entry.hlc, cut.hlc) > 0,
    );
  } catch (error) {
    if (!(error instanceof CorruptSlotError)) throw error;
    return undefined;
  }
}

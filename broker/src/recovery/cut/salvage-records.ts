import { ChronikError } from '../../edge/index.ts';
import { decodeRecords, isControlBatch, isStoredBatch } from '../../kafka/index.ts';
import type { KafkaRecord } from '../../kafka/index.ts';
import { CorruptSlotError, readBatch } from '../../log/index.ts';
import type { FooterBatch, LogContext, StreamId } from '../../log/index.ts';
import { stateAtCut } from '../../meta/index.ts';
import type { Ancestry, MetadataImage, TimelineCut } from '../../meta/index.ts';
import { openCopy } from './copy-of.ts';
import type { CopyOptions, StoreCopy } from './copy-of.ts';
import { slotsBeyond } from './slots-beyond.ts';

/** A record that was acknowledged, or nearly, and is not part of the history: a promotion left it behind. */
export interface SalvagedRecord {
  /** The timeline under whose names it lies. */
  readonly timeline: string;
  /** Undefined: the topic was made beyond the cut, too. */
  readonly topic: string | undefined;
  readonly topicId: string;
  readonly partition: number;
  /** In that timeline; in the one that goes on another record may have it. */
  readonly offset: number;
  readonly record: KafkaRecord;
}

export interface Salvage {
  readonly records: AsyncGenerator<SalvagedRecord>;
  /** Slots and batches that could not be read, once the records are through. */
  readonly unreadable: () => number;
}

/**
 * Reads what lies beyond the cuts of the timelines that the cluster has left, as far as the store holds it. Reads only; more may
 * come while a copier is at work. Rejects as `openCopy` does.
 */
export async function salvageRecords(options: CopyOptions): Promise<Salvage> {
  const copy = await openCopy(options);
  let unreadable = 0;
  const onUnreadable = (): void => void (unreadable += 1);
  return { records: recordsOf(copy, onUnreadable), unreadable: () => unreadable };
}

async function* recordsOf(copy: StoreCopy, onUnreadable: () => void): AsyncGenerator<SalvagedRecord> {
  const way = copy.tree.ancestry(copy.timeline.timeline);
  for (const [index, child] of way.entries()) {
    const parent = way[index - 1];
    if (parent !== undefined && child.cut !== undefined) yield* beyond(copy, parent, child.cut, onUnreadable);
  }
}

async function* beyond(
  { context, tree }: StoreCopy,
  { timeline }: Ancestry[number],
  cut: TimelineCut,
  onUnreadable: () => void,
): AsyncGenerator<SalvagedRecord> {
  const { image } = await stateAtCut(context, tree.ancestry(timeline), cut.metadata);
  for await (const { stream, slot, batches } of slotsBeyond(context, timeline, cut, image)) {
    if (batches === undefined) onUnreadable();
    for (const batch of batches ?? []) yield* recordsIn(context, stream, slot, batch, image, onUnreadable);
  }
}

async function* recordsIn(
  { store }: LogContext,
  stream: StreamId,
  slot: number,
  batch: FooterBatch,
  image: MetadataImage,
  onUnreadable: () => void,
): AsyncGenerator<SalvagedRecord> {
  const { topicId, partition, position, length } = batch;
  const bytes = await readBatch(store, { stream, slot, position, length }).catch((error: unknown) => {
    if (!(error instanceof CorruptSlotError)) throw error;
    return undefined;
  });
  if (bytes === undefined || !isStoredBatch(bytes, batch)) return onUnreadable();
  if (isControlBatch(bytes)) return;
  const topic = image.topicById(topicId)?.name;
  for (const record of decoded(bytes) ?? onUnreadable() ?? []) {
    yield { timeline: stream.timeline, topic, topicId, partition, offset: record.offset, record };
  }
}

/** Undefined: what the producer compressed cannot be taken apart. */
function decoded(bytes: Buffer): readonly KafkaRecord[] | undefined {
  try {
    return decodeRecords(bytes);
  } catch (error) {
    if (!(error instanceof ChronikError)) throw error;
    return undefined;
  }
}

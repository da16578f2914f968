import { linePrefix, parseSlotKey, slotKey } from '../../log/index.ts';
import type { FooterBatch, LogContext } from '../../log/index.ts';
import type { MetadataImage, TimelineCut } from '../../meta/index.ts';
import { slotsBeyond } from './slots-beyond.ts';

/** What a store holds of a partition beyond a cut. */
export interface BeyondPartition {
  /** Undefined: the topic was made beyond the cut too. */
  readonly topic: string | undefined;
  readonly topicId: string;
  readonly partition: number;
  readonly batches: number;
  readonly records: number;
  readonly bytes: number;
  readonly firstOffset: number;
  readonly lastOffset: number;
}

/** What lies in a store under a timeline's names and is not part of the cut: it can be salvaged, and more of it may come. */
export interface Beyond {
  /** Slots of the metadata log: changes that are not part of the history. */
  readonly metadataSlots: number;
  readonly slots: number;
  readonly partitions: readonly BeyondPartition[];
  /** Slots that cannot be read. */
  readonly unreadable: number;
}

type PartitionDraft = { -readonly [K in keyof BeyondPartition]: BeyondPartition[K] };

/** `image`: state at the cut. Reads footers only. */
export async function readBeyond(
  context: LogContext,
  timeline: string,
  cut: TimelineCut,
  image: MetadataImage,
): Promise<Beyond> {
  const partitions = new Map<string, PartitionDraft>();
  let [slots, unreadable] = [0, 0];
  for await (const { batches } of slotsBeyond(context, timeline, cut, image)) {
    if (batches === undefined) unreadable += 1;
    else slots += 1;
    for (const batch of batches ?? []) note(partitions, batch, image);
  }
  return {
    metadataSlots: await countMetadata(context, timeline, cut),
    slots,
    partitions: [...partitions.values()].toSorted(byName),
    unreadable,
  };
}

function note(
  partitions: Map<string, PartitionDraft>,
  { topicId, partition, recordCount, length, baseOffset, lastOffset }: FooterBatch,
  image: MetadataImage,
): void {
  const key = `${topicId}/${partition}`;
  const known = partitions.get(key);
  if (known === undefined) {
    const topic = image.topicById(topicId)?.name;
    const counts = { batches: 1, records: recordCount, bytes: length };
    partitions.set(key, { topic, topicId, partition, ...counts, firstOffset: baseOffset, lastOffset });
    return;
  }
  known.batches += 1;
  known.records += recordCount;
  known.bytes += length;
  known.firstOffset = Math.min(known.firstOffset, baseOffset);
  known.lastOffset = Math.max(known.lastOffset, lastOffset);
}

async function countMetadata(context: LogContext, timeline: string, cut: TimelineCut): Promise<number> {
  const { epoch, slot } = cut.metadata;
  const line = { log: 'metadata', timeline, broker: 0 } as const;
  const after = slotKey({ ...line, epoch }, slot);
  let count = 0;
  for await (const { key } of context.store.listAll(linePrefix(line), { after })) {
    if (parseSlotKey(key) !== undefined) count += 1;
  }
  return count;
}

function byName(a: BeyondPartition, b: BeyondPartition): number {
  const [left, right] = [a.topic ?? a.topicId, b.topic ?? b.topicId];
  return left === right ? a.partition - b.partition : left < right ? -1 : 1;
}

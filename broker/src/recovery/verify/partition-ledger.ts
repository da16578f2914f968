import type { FooterBatch, StreamId } from '../../log/index.ts';
import type { LeadershipInterval, MetadataImage, PartitionImage, TopicImage } from '../../meta/index.ts';
import type { Problems } from './problem.ts';

/** What a partition holds, as `ls` shows it. */
export interface CheckedPartition {
  readonly topic: TopicImage;
  readonly partition: PartitionImage;
  readonly endOffset: number;
  readonly batches: number;
  readonly records: number;
  readonly bytes: number;
}

/** Where a batch lies. */
export interface BatchPlace {
  readonly stream: StreamId;
  readonly slot: number;
  readonly position: number;
  readonly length: number;
  readonly baseOffset: number;
}

/** Batches of one partition, in the order in which they were met; plain arrays of numbers: there are many. */
interface PartitionDraft {
  readonly topic: TopicImage;
  readonly partition: PartitionImage;
  readonly bases: number[];
  readonly lasts: number[];
  /** Only of the topic whose batches are to be read afterwards. */
  readonly places: BatchPlace[];
  records: number;
  bytes: number;
  outside: number;
  firstOutside: number;
}

/** Holds every batch against the partition that it belongs to: intervals as they come, offsets at the end. */
export class PartitionLedger {
  readonly #drafts = new Map<string, readonly PartitionDraft[]>();
  readonly #placesOf: string | undefined;
  #unknownTopicBatches = 0;

  /** `placesOf`: name of a topic whose batches' places are kept. */
  constructor(image: MetadataImage, placesOf?: string) {
    this.#placesOf = placesOf;
    for (const topic of image.topics()) {
      this.#drafts.set(
        topic.id,
        topic.partitions.map((own) => newDraft(topic, own)),
      );
    }
  }

  /** Batches of topics that were deleted, or made since the metadata were read. */
  get unknownTopicBatches(): number {
    return this.#unknownTopicBatches;
  }

  add(batch: FooterBatch, stream: StreamId, slot: number): void {
    const draft = this.#drafts.get(batch.topicId)?.[batch.partition];
    if (draft === undefined) {
      this.#unknownTopicBatches += 1;
      return;
    }
    const { baseOffset, lastOffset, position, length } = batch;
    if (lastOffset < draft.partition.logStartOffset) return;
    if (!draft.partition.history.some((interval) => covers(interval, batch, stream))) {
      if (draft.outside === 0) draft.firstOutside = baseOffset;
      draft.outside += 1;
      return;
    }
    draft.bases.push(baseOffset);
    draft.lasts.push(lastOffset);
    draft.records += batch.recordCount;
    draft.bytes += length;
    if (draft.topic.name === this.#placesOf) draft.places.push({ stream, slot, position, length, baseOffset });
  }

  /** What the partitions hold; `problems` takes what is wrong with their offsets. */
  finish(problems: Problems): readonly CheckedPartition[] {
    return [...this.#drafts.values()].flat().map((draft) => {
      const { topic, partition, bases, records, bytes } = draft;
      return { topic, partition, endOffset: checkOffsets(draft, problems), batches: bases.length, records, bytes };
    });
  }

  /** Batches of partition `index` of the topic named at the start, in the order of their offsets. */
  places(topicId: string, index: number): readonly BatchPlace[] {
    const places = this.#drafts.get(topicId)?.[index]?.places ?? [];
    return places.toSorted((a, b) => a.baseOffset - b.baseOffset);
  }
}

function newDraft(topic: TopicImage, partition: PartitionImage): PartitionDraft {
  return { topic, partition, bases: [], lasts: [], places: [], records: 0, bytes: 0, outside: 0, firstOutside: 0 };
}

function covers(interval: LeadershipInterval, batch: FooterBatch, { timeline, broker, epoch }: StreamId): boolean {
  const { leaderEpoch, stream, startOffset, endOffset } = interval;
  if (leaderEpoch !== batch.leaderEpoch || stream.timeline !== timeline) return false;
  if (stream.broker !== broker || stream.epoch !== epoch) return false;
  return batch.baseOffset >= startOffset && (endOffset === undefined || batch.lastOffset < endOffset);
}

/** Reports gaps and overlaps; answers the end offset. */
function checkOffsets(
  { topic, partition, bases, lasts, outside, firstOutside }: PartitionDraft,
  problems: Problems,
): number {
  const what = `${topic.name}-${partition.index}`;
  const order = Array.from(bases.keys()).toSorted((a, b) => bases[a]! - bases[b]!);
  let expected = partition.logStartOffset;
  for (const [rank, index] of order.entries()) {
    const base = bases[index]!;
    const last = lasts[index]!;
    if (base > expected) problems.add('gap', what, `offsets ${expected}..${base - 1} lie in no object`);
    if (base < expected && rank > 0) {
      problems.add('overlap', what, `offsets ${base}..${Math.min(last, expected - 1)} are claimed by two batches`);
    }
    expected = Math.max(expected, last + 1);
  }
  const promised = partition.history.at(-1)?.startOffset ?? 0;
  if (promised > expected) problems.add('gap', what, `offsets ${expected}..${promised - 1} lie in no object`);
  if (outside > 0) {
    const detail = `${outside} batches, the first at offset ${firstOutside}, of a stream that did not lead it then`;
    problems.add('outside-interval', what, detail);
  }
  return Math.max(expected, promised);
}

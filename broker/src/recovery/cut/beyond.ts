import {
  CorruptSlotError,
  brokersWithStreams,
  compareHlc,
  linePrefix,
  listEpochs,
  parseSlotKey,
  readSlot,
  slotKey,
  streamPrefix,
} from '../../log/index.ts';
import type { FooterBatch, LogContext, StreamId } from '../../log/index.ts';
import { streamKey } from '../../meta/index.ts';
import type { MetadataImage, TimelineCut } from '../../meta/index.ts';

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
  return new BeyondReader(context, timeline, cut, image).read();
}

class BeyondReader {
  readonly #context: LogContext;
  readonly #timeline: string;
  readonly #cut: TimelineCut;
  readonly #image: MetadataImage;
  readonly #partitions = new Map<string, PartitionDraft>();
  #slots = 0;
  #unreadable = 0;

  constructor(context: LogContext, timeline: string, cut: TimelineCut, image: MetadataImage) {
    this.#context = context;
    this.#timeline = timeline;
    this.#cut = cut;
    this.#image = image;
  }

  async read(): Promise<Beyond> {
    for (const broker of await brokersWithStreams(this.#context, this.#timeline)) {
      const line = { log: 'data', timeline: this.#timeline, broker } as const;
      for (const epoch of await listEpochs(this.#context, line, this.#lowestOpen(broker) - 1)) {
        await this.#readStream({ ...line, epoch });
      }
    }
    return {
      metadataSlots: await this.#countMetadata(),
      slots: this.#slots,
      partitions: [...this.#partitions.values()].toSorted(byName),
      unreadable: this.#unreadable,
    };
  }

  /** Streams below it had ended at the cut: nothing of them lies beyond it. */
  #lowestOpen(broker: number): number {
    const open = this.#cut.streams.filter((stream) => stream.broker === broker).map(({ epoch }) => epoch);
    const known = [...this.#image.streams()].filter((stream) => stream.broker === broker).map(({ epoch }) => epoch);
    return Math.min(Math.max(0, ...known) + 1, ...open);
  }

  async #readStream(stream: StreamId): Promise<void> {
    const end = this.#cut.streams.find((known) => streamKey(known) === streamKey(stream));
    const after = end === undefined || end.through === 0 ? {} : { after: slotKey(stream, end.through - 1) };
    for await (const { key, sizeBytes } of this.#context.store.listAll(streamPrefix(stream), after)) {
      const slot = parseSlotKey(key)?.slot;
      if (slot === undefined || slot === 0 || slotKey(stream, slot) !== key) continue;
      await this.#readSlot(stream, slot, sizeBytes);
    }
  }

  async #readSlot(stream: StreamId, slot: number, sizeBytes: number): Promise<void> {
    try {
      const found = await readSlot(this.#context, stream, slot, 'tails', sizeBytes);
      let isBeyond = false;
      for (const entry of found?.entries ?? []) {
        if (entry.kind === 'close' || compareHlc(entry.hlc, this.#cut.hlc) <= 0) continue;
        isBeyond = true;
        this.#note(entry);
      }
      if (isBeyond) this.#slots += 1;
    } catch (error) {
      if (!(error instanceof CorruptSlotError)) throw error;
      this.#unreadable += 1;
    }
  }

  #note({ topicId, partition, recordCount, length, baseOffset, lastOffset }: FooterBatch): void {
    const key = `${topicId}/${partition}`;
    const known = this.#partitions.get(key);
    if (known === undefined) {
      const topic = this.#image.topicById(topicId)?.name;
      const counts = { batches: 1, records: recordCount, bytes: length };
      this.#partitions.set(key, { topic, topicId, partition, ...counts, firstOffset: baseOffset, lastOffset });
      return;
    }
    known.batches += 1;
    known.records += recordCount;
    known.bytes += length;
    known.firstOffset = Math.min(known.firstOffset, baseOffset);
    known.lastOffset = Math.max(known.lastOffset, lastOffset);
  }

  async #countMetadata(): Promise<number> {
    const { epoch, slot } = this.#cut.metadata;
    const line = { log: 'metadata', timeline: this.#timeline, broker: 0 } as const;
    const after = slotKey({ ...line, epoch }, slot);
    let count = 0;
    for await (const { key } of this.#context.store.listAll(linePrefix(line), { after })) {
      if (parseSlotKey(key) !== undefined) count += 1;
    }
    return count;
  }
}

function byName(a: BeyondPartition, b: BeyondPartition): number {
  const [left, right] = [a.topic ?? a.topicId, b.topic ?? b.topicId];
  return left === right ? a.partition - b.partition : left < right ? -1 : 1;
}

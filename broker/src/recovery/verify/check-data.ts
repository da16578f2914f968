import { CorruptSlotError, checkIdentity, decodeSlot, slotKey } from '../../log/index.ts';
import type { LogContext, ReadDepth, ReadSlot, StreamId } from '../../log/index.ts';
import type { MetadataImage } from '../../meta/index.ts';
import { checkBatches } from './check-batches.ts';
import { epochsOf, firstKey } from './epochs.ts';
import type { Inventory, ListedStream } from './inventory.ts';
import type { PartitionLedger } from './partition-ledger.ts';
import type { Problems } from './problem.ts';
import { isDamagedObject } from './read-ahead.ts';
import { scrubStream } from './stream-scrub.ts';
import type { ScrubEnd } from './stream-scrub.ts';

/** A data stream, as `ls` shows it. */
export interface CheckedStream {
  readonly broker: number;
  readonly epoch: number;
  readonly slots: number;
  readonly batches: number;
  readonly bytes: number;
  readonly end: ScrubEnd;
}

export interface CheckedData {
  readonly streams: readonly CheckedStream[];
  /** Streams that hold data and that the metadata do not know. They may have been registered since those were read. */
  readonly unregistered: readonly CheckedStream[];
}

export interface DataOptions {
  readonly image: MetadataImage;
  readonly ledger: PartitionLedger;
  readonly depth: ReadDepth;
  readonly problems: Problems;
  readonly onProgress: (objects: number) => void;
}

/** Reads every broker's WAL, epoch by epoch. */
export async function checkData(context: LogContext, inventory: Inventory, options: DataOptions): Promise<CheckedData> {
  const { image, problems } = options;
  const streams: CheckedStream[] = [];
  for (const broker of brokersOf(inventory, image)) {
    const line = { log: 'data', timeline: image.timeline, broker } as const;
    const epochs = await epochsOf(context, inventory, line, newestKnown(image, broker));
    for (const alien of epochs.aliens) {
      problems.add('alien-epoch', firstKey(alien), `nobody claimed epoch ${alien.stream.epoch} of broker ${broker}`);
    }
    for (const listed of epochs.streams) streams.push(await new DataScrub(context, listed, options).run());
  }
  const unregistered = streams.filter(
    ({ broker, epoch, batches }) => batches > 0 && image.stream(broker, epoch) === undefined,
  );
  return { streams, unregistered };
}

function brokersOf({ streams }: Inventory, image: MetadataImage): readonly number[] {
  const brokers = new Set<number>();
  for (const { broker } of image.streams()) brokers.add(broker);
  for (const { stream } of streams) {
    if (stream.log === 'data' && stream.timeline === image.timeline) brokers.add(stream.broker);
  }
  return [...brokers].toSorted((a, b) => a - b);
}

function newestKnown(image: MetadataImage, broker: number): number {
  return Math.max(0, ...[...image.streams()].filter((stream) => stream.broker === broker).map(({ epoch }) => epoch));
}

/** One stream: every slot, its batches, and whether it ends where the metadata say. */
class DataScrub {
  readonly #context: LogContext;
  readonly #listed: ListedStream;
  readonly #stream: StreamId;
  readonly #options: DataOptions;
  #slots = 0;
  #batches = 0;
  #bytes = 0;

  constructor(context: LogContext, listed: ListedStream, options: DataOptions) {
    this.#context = context;
    this.#listed = listed;
    this.#stream = listed.stream;
    this.#options = options;
  }

  async run(): Promise<CheckedStream> {
    const { image, depth, problems, onProgress } = this.#options;
    const { broker, epoch } = this.#stream;
    const sealed = image.stream(broker, epoch)?.sealed;
    const end = await scrubStream(this.#context, this.#listed, {
      depth,
      problems,
      committedAtLeast: Math.max(0, (sealed?.slot ?? 0) - 1),
      visit: (slot) => this.#visit(slot),
      onUnreadable: (slot) => this.#readDamaged(slot),
      onProgress,
    });
    this.#checkEnd(end, sealed);
    return { broker, epoch, slots: this.#slots, batches: this.#batches, bytes: this.#bytes, end };
  }

  #visit(slot: ReadSlot): void {
    const { image, ledger, problems } = this.#options;
    const { broker, epoch } = this.#stream;
    this.#slots += 1;
    this.#bytes += slot.sizeBytes;
    // A stream that the metadata do not know yet may lead under a leadership that they do not know either.
    const isRegistered = image.stream(broker, epoch) !== undefined;
    for (const entry of slot.entries) {
      if (entry.kind === 'close') continue;
      this.#batches += 1;
      if (isRegistered) ledger.add(entry, this.#stream, slot.slot);
    }
    if (slot.body !== undefined) checkBatches(this.#stream, slot, slot.body, image, problems);
  }

  /** A slot whose body alone is damaged still says by its footer what is in it: each batch is then looked at by itself. */
  async #readDamaged(number: number): Promise<boolean> {
    const key = slotKey(this.#stream, number);
    const whole = await this.#context.store.get(key).catch(ignoreDamage);
    if (whole === undefined || whole.length === 0) return false;
    let slot: ReadSlot;
    try {
      // Without the body's first byte, the body's checksum is not asked for.
      slot = decodeSlot(key, whole.subarray(1), whole.length);
      checkIdentity(key, this.#context.lineage, this.#stream, number, slot.header);
    } catch (error) {
      if (error instanceof CorruptSlotError) return false;
      throw error;
    }
    this.#visit({ ...slot, body: whole });
    return true;
  }

  #checkEnd(end: ScrubEnd, sealed: { readonly slot: number; readonly hash: Buffer } | undefined): void {
    const { image, problems } = this.#options;
    const { broker, epoch } = this.#stream;
    if (end.kind === 'open') {
      const isOver = sealed !== undefined || epoch < (image.broker(broker)?.streamEpoch ?? 0);
      // The last object cannot be read, and was reported: it may be the seal.
      if (!isOver || end.unreadable) return;
      const at = slotKey(this.#stream, sealed?.slot ?? end.next);
      problems.add('missing-seal', at, `epoch ${epoch} of broker ${broker} is over; nothing keeps its writer out`);
      return;
    }
    if (sealed === undefined) return;
    const key = slotKey(this.#stream, end.at);
    if (end.at !== sealed.slot) {
      problems.add('mismatch', key, `the stream ends here; the metadata say that it ended at slot ${sealed.slot}`);
    } else if (end.lastHash !== undefined && !end.lastHash.equals(sealed.hash)) {
      problems.add('chain-break', key, 'the metadata name another last slot before it');
    }
  }
}

function ignoreDamage(error: unknown): undefined {
  if (!isDamagedObject(error)) throw error;
}

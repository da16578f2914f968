import { CorruptSlotError, checkIdentity, compareHlc, decodeSlot, slotKey } from '../../log/index.ts';
import type { Hlc, LogContext, ReadDepth, ReadSlot, StreamId } from '../../log/index.ts';
import { streamKey } from '../../meta/index.ts';
import type { Ancestry, MetadataImage, TimelineBase } from '../../meta/index.ts';
import { countsUpTo } from '../timelines.ts';
import { checkBatches } from './check-batches.ts';
import { epochsOf, firstKey } from './epochs.ts';
import type { Inventory, ListedStream } from './inventory.ts';
import type { PartitionLedger } from './partition-ledger.ts';
import type { Problems } from './problem.ts';
import { isDamagedObject } from './read-ahead.ts';
import { scrubStream } from './stream-scrub.ts';
import type { ScrubEnd } from './stream-scrub.ts';

/** A data stream, as `ls` shows it. Of an ancestor's, what counts of it. */
export interface CheckedStream {
  readonly timeline: string;
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
  /** Listed slots of ancestors' streams that lie behind the cut. */
  readonly beyondCut: number;
}

export interface DataOptions {
  readonly image: MetadataImage;
  /** Where the timeline begins, and how it came to be. */
  readonly base: TimelineBase;
  readonly ancestry: Ancestry;
  readonly ledger: PartitionLedger;
  readonly depth: ReadDepth;
  readonly problems: Problems;
  readonly onProgress: (objects: number) => void;
}

/** Reads every broker's WAL, epoch by epoch. */
export async function checkData(context: LogContext, inventory: Inventory, options: DataOptions): Promise<CheckedData> {
  const { image, base, problems } = options;
  const { streams, beyondCut } = await checkAncestors(context, inventory, options);
  for (const broker of brokersOf(inventory, image)) {
    const line = { log: 'data', timeline: image.timeline, broker } as const;
    const epochs = await epochsOf(
      context,
      inventory,
      line,
      newestKnown(image, broker),
      (base.image.broker(broker)?.streamEpoch ?? 0) + 1,
    );
    for (const alien of epochs.aliens) {
      problems.add('alien-epoch', firstKey(alien), `nobody claimed epoch ${alien.stream.epoch} of broker ${broker}`);
    }
    for (const listed of epochs.streams) streams.push(await new DataScrub(context, listed, options).run());
  }
  const unregistered = streams.filter((stream) => stream.batches > 0 && image.stream(stream) === undefined);
  return { streams, unregistered, beyondCut };
}

/** Streams of ancestors are checked up to where the history left them; what lies behind was never part of it. */
async function checkAncestors(
  context: LogContext,
  inventory: Inventory,
  options: DataOptions,
): Promise<{ readonly streams: CheckedStream[]; readonly beyondCut: number }> {
  const { image, ancestry } = options;
  const inUse = streamsInUse(image);
  const streams: CheckedStream[] = [];
  let checkedSlots = 0;
  for (const { timeline, broker, epoch, sealed } of image.streams()) {
    // Of what nothing leans on any more a copy may lack anything.
    const isNeeded = inUse.has(streamKey({ timeline, broker, epoch }));
    if (timeline === image.timeline || sealed === undefined || !isNeeded) continue;
    const stream = { log: 'data', timeline, broker, epoch } as const;
    const listed = inventory.streams.find((found) => sameStream(found.stream, stream));
    const count = (listed?.slots ?? []).filter((slot) => slot < sealed.slot).length;
    const whole = { stream, slots: listed?.slots.slice(0, count) ?? [], sizes: listed?.sizes.slice(0, count) ?? [] };
    streams.push(await new DataScrub(context, whole, options, countsUpTo(ancestry, timeline)).run());
    checkedSlots += count;
  }
  const ofAncestors = inventory.streams.filter(({ stream }) => stream.log === 'data' && isAncestor(stream, options));
  const listedSlots = ofAncestors.reduce((sum, { slots }) => sum + slots.length, 0);
  return { streams, beyondCut: listedSlots - checkedSlots };
}

function streamsInUse(image: MetadataImage): ReadonlySet<string> {
  const found = new Set<string>();
  for (const { partitions } of image.topics()) {
    for (const { history } of partitions) for (const { stream } of history) found.add(streamKey(stream));
  }
  return found;
}

function isAncestor({ timeline }: StreamId, { image, ancestry }: DataOptions): boolean {
  return timeline !== image.timeline && ancestry.some((step) => step.timeline === timeline);
}

function sameStream(a: StreamId, b: StreamId): boolean {
  return a.log === b.log && a.timeline === b.timeline && a.broker === b.broker && a.epoch === b.epoch;
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
  const { timeline } = image;
  const own = [...image.streams()].filter((stream) => stream.timeline === timeline && stream.broker === broker);
  return Math.max(0, ...own.map(({ epoch }) => epoch));
}

/** One stream: every slot, its batches, and whether it ends where the metadata say. */
class DataScrub {
  readonly #context: LogContext;
  readonly #listed: ListedStream;
  readonly #stream: StreamId;
  readonly #options: DataOptions;
  /** Entries later than this are not part of the history. */
  readonly #upTo: Hlc | undefined;
  #slots = 0;
  #batches = 0;
  #bytes = 0;

  constructor(context: LogContext, listed: ListedStream, options: DataOptions, upTo?: Hlc) {
    this.#context = context;
    this.#listed = listed;
    this.#stream = listed.stream;
    this.#options = options;
    this.#upTo = upTo;
  }

  async run(): Promise<CheckedStream> {
    const { image, depth, problems, onProgress } = this.#options;
    const { timeline, broker, epoch } = this.#stream;
    const sealed = image.stream(this.#stream)?.sealed;
    const end = await scrubStream(this.#context, this.#listed, {
      depth,
      problems,
      committedAtLeast: Math.max(0, (sealed?.slot ?? 0) - 1),
      visit: (slot) => this.#visit(slot),
      onUnreadable: (slot) => this.#readDamaged(slot),
      onProgress,
    });
    if (timeline === image.timeline) this.#checkEnd(end, sealed);
    return { timeline, broker, epoch, slots: this.#slots, batches: this.#batches, bytes: this.#bytes, end };
  }

  #visit(slot: ReadSlot): void {
    const { image, ledger, problems } = this.#options;
    this.#slots += 1;
    this.#bytes += slot.sizeBytes;
    // A stream that the metadata do not know yet may lead under a leadership that they do not know either.
    const isRegistered = image.stream(this.#stream) !== undefined;
    for (const entry of slot.entries) {
      if (entry.kind === 'close' || (this.#upTo !== undefined && compareHlc(entry.hlc, this.#upTo) > 0)) continue;
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

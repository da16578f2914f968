import { compareHlc, describeStream, listEpochs, readThrough, sealStream, slotKey } from '../log/index.ts';
import type { Hlc, LogContext, SealOptions, SealedStream, StreamId, WalkedSlot } from '../log/index.ts';
import type { Ancestry, MetadataImage, StreamName, StreamSealed } from '../meta/index.ts';
import type { PartitionManager } from '../partition/index.ts';
import { RefusalError } from './boot-error.ts';
import type { Anomaly } from './report.ts';
import type { BootProgress } from './progress.ts';
import { countsUpTo } from './timelines.ts';

/** Sealed streams read at a time; each reads ahead by itself within a bound of its own. */
const STREAMS_AT_ONCE = 4;

export interface LoadOptions {
  /** Epochs of our own line below this one are our predecessors'. */
  readonly ownEpoch: number;
  /** How this timeline came to be; streams of the others in it are read in place, up to where they were left. */
  readonly ancestry: Ancestry;
  /** What to do about committed slots that are missing. */
  readonly damage: Pick<SealOptions, 'onDamage' | 'repairFrom' | 'metadataEpoch'>;
}

export interface LoadedStreams {
  /** What the metadata do not say yet: ends of registered streams that were sealed just now. */
  readonly sealed: readonly StreamSealed[];
  readonly streams: number;
  readonly slots: number;
  readonly batches: number;
  readonly records: number;
  readonly bytes: number;
  readonly anomalies: readonly Anomaly[];
}

/**
 * Seals every stream that an earlier incarnation of this broker may still be writing to (rules 07, 11), claimed but never
 * registered ones too, and reads the footers of these and of every other stream that holds offsets of a partition, handing each
 * batch to its partition. One pass: a stream is read while it is being sealed.
 */
export async function loadStreams(
  context: LogContext,
  image: MetadataImage,
  partitions: PartitionManager,
  progress: BootProgress,
  options: LoadOptions,
): Promise<LoadedStreams> {
  const loader = new StreamLoader(context, image, partitions, progress, options);
  const open = await unsealedEpochs(context, image, options.ownEpoch);
  progress.enter('seal', 'slots');
  for (const epoch of open) await loader.loadAndSeal(epoch);
  const queue = [...streamsInUse(image)].filter(
    ({ timeline, broker, epoch }) => timeline !== image.timeline || broker !== context.broker || !open.includes(epoch),
  );
  const slots = queue.reduce((sum, name) => sum + (image.stream(name)?.sealed?.slot ?? 0), 0);
  progress.enter('walk', 'slots', slots);
  const workers = Array.from({ length: STREAMS_AT_ONCE }, async () => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) await loader.load(next);
  });
  await Promise.all(workers);
  return loader.result();
}

/** Our own epochs below `ownEpoch` that have no seal in the metadata, ascending. */
export async function unsealedEpochs(
  context: LogContext,
  image: MetadataImage,
  ownEpoch: number,
): Promise<readonly number[]> {
  const { timeline } = image;
  const line = { log: 'data', timeline, broker: context.broker } as const;
  const ours = [...image.streams()].filter(
    (stream) => stream.timeline === timeline && stream.broker === context.broker,
  );
  const sealed = new Set(ours.filter((stream) => stream.sealed !== undefined).map((stream) => stream.epoch));
  const newest = Math.max(0, ...ours.map((stream) => stream.epoch));
  const lowest = Math.min(newest + 1, ...ours.filter((stream) => !sealed.has(stream.epoch)).map(({ epoch }) => epoch));
  const known = await listEpochs(context, line, lowest - 1);
  // A registered stream of which nothing is left has lost its claim: that is for its sealing to say.
  const registered = ours.map((stream) => stream.epoch);
  const epochs = [...new Set([...known, ...registered])].sort((a, b) => a - b);
  return epochs.filter((epoch) => epoch < ownEpoch && !sealed.has(epoch));
}

/** Streams that some partition's history points to. */
function streamsInUse(image: MetadataImage): Iterable<StreamName> {
  const found = new Map<string, StreamName>();
  for (const topic of image.topics()) {
    for (const partition of topic.partitions) {
      for (const { stream } of partition.history) found.set(describeName(stream), stream);
    }
  }
  return found.values();
}

class StreamLoader {
  readonly #context: LogContext;
  readonly #image: MetadataImage;
  readonly #partitions: PartitionManager;
  readonly #progress: BootProgress;
  readonly #damage: LoadOptions['damage'];
  readonly #ancestry: Ancestry;
  readonly #sealed: StreamSealed[] = [];
  readonly #anomalies: Anomaly[] = [];
  readonly #lostSlots = new Set<string>();
  #streams = 0;
  #slots = 0;
  #batches = 0;
  #records = 0;
  #bytes = 0;
  #ignoredBatches = 0;

  constructor(
    context: LogContext,
    image: MetadataImage,
    partitions: PartitionManager,
    progress: BootProgress,
    { damage, ancestry }: LoadOptions,
  ) {
    this.#context = context;
    this.#image = image;
    this.#partitions = partitions;
    this.#progress = progress;
    this.#damage = damage;
    this.#ancestry = ancestry;
  }

  /** One of our own that may still have a writer. */
  async loadAndSeal(epoch: number): Promise<void> {
    const { broker } = this.#context;
    const before = this.#ignoredBatches;
    const { timeline } = this.#image;
    const stream: StreamId = { log: 'data', timeline, broker, epoch };
    const { sealedAt, last } = await this.#walk(stream, undefined);
    const isRegistered = this.#image.stream(stream) !== undefined;
    if (!isRegistered && this.#ignoredBatches > before) this.#registrationLost(stream, this.#ignoredBatches - before);
    this.#sealed.push({ kind: 'streamSealed', broker, epoch, slot: sealedAt, hash: last.hash });
  }

  /** One whose end the metadata know; slots missing below it are damage, not an end. */
  async load(name: StreamName): Promise<void> {
    const stream: StreamId = { log: 'data', ...name };
    const known = this.#image.stream(name)?.sealed;
    if (name.timeline !== this.#image.timeline) {
      // Unknown: it had been registered, and the cut holds nothing of it.
      if (known !== undefined && known.slot > 0) await this.#readAncestor(stream, known.slot - 1);
      return;
    }
    if (known === undefined) {
      throw new RefusalError('STREAM_NOT_SEALED', `${describeStream(stream)} of another broker was never sealed`, {
        remedy: `Start this broker with broker id ${name.broker}; this release runs one broker on a bucket.`,
      });
    }
    const { sealedAt } = await this.#walk(stream, known.slot);
    // A seal that could not be read was marked lost, and another put behind it.
    if (sealedAt === known.slot || this.#lostSlots.has(slotKey(stream, known.slot))) return;
    const told = `${describeStream(stream)} ends at slot ${sealedAt}, but the metadata say ${known.slot}`;
    throw new RefusalError('STREAM_END_MISMATCH', told, {
      remedy: 'Objects of the bucket were removed or replaced. Put them back from a copy; nothing was changed.',
    });
  }

  /**
   * Data only follow a committed registration (rule 09), so the metadata have lost their newest part: going on would give the
   * offsets of acknowledged records to others.
   */
  #registrationLost(stream: StreamId, batches: number): void {
    const what = describeStream(stream);
    const detail = `${batches} batches are in it, but the metadata do not know that it was registered`;
    if (this.#damage.onDamage === 'mark-lost') {
      this.#anomalies.push({ kind: 'registration-lost', what, detail });
      return;
    }
    throw new RefusalError('REGISTRATION_LOST', `${what}: ${detail}`, {
      remedy:
        'Slots at the end of the metadata log are gone. Put the bucket back from a copy; to go on without these records, set CHRONIK_ON_DAMAGE=mark-lost.',
    });
  }

  result(): LoadedStreams {
    return {
      sealed: this.#sealed,
      streams: this.#streams,
      slots: this.#slots,
      batches: this.#batches,
      records: this.#records,
      bytes: this.#bytes,
      anomalies: this.#anomalies,
    };
  }

  /**
   * Reads what counts of an ancestor's stream. Nothing is ever written under an ancestor's names but what was there: late
   * arrivals from its store may come at any time.
   */
  async #readAncestor(stream: StreamId, through: number): Promise<void> {
    this.#streams += 1;
    const upTo = countsUpTo(this.#ancestry, stream.timeline);
    await readThrough(this.#context, stream, {
      ...this.#damage,
      onDamage: 'hold',
      through,
      depth: 'tails',
      visit: (slot) => this.#take(stream, slot, upTo),
    });
  }

  #walk(stream: StreamId, knownEnd: number | undefined): Promise<SealedStream> {
    this.#streams += 1;
    return sealStream(this.#context, stream, {
      ...this.#damage,
      ...(knownEnd === undefined ? {} : { committedAtLeast: knownEnd - 1 }),
      depth: 'tails',
      visit: (slot) => this.#take(stream, slot),
    });
  }

  /** `upTo`: entries later than this are not part of the history. */
  #take(stream: StreamId, slot: WalkedSlot, upTo?: Hlc): void {
    this.#slots += 1;
    this.#progress.advance(1, slot.sizeBytes);
    if (slot.kind === 'lost') {
      this.#lostSlots.add(slotKey(stream, slot.slot));
      const what = `${describeStream(stream)} slot ${slot.slot}`;
      this.#anomalies.push({ kind: 'lost-slots', what, detail: 'marked lost: its records cannot be read any more' });
    }
    for (const entry of slot.entries) {
      if (entry.kind === 'close' || (upTo !== undefined && compareHlc(entry.hlc, upTo) > 0)) continue;
      const { position, length } = entry;
      const loaded = this.#partitions.loadBatch(entry, { stream, slot: slot.slot, position, length });
      if (loaded === 'ignored') this.#ignoredBatches += 1;
      if (loaded !== 'kept') continue;
      this.#batches += 1;
      this.#records += entry.recordCount;
      this.#bytes += length;
    }
  }
}

function describeName({ timeline, broker, epoch }: StreamName): string {
  return `${timeline}/${broker}/${epoch}`;
}

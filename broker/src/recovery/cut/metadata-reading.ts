import { StreamWalker, compareHlc } from '../../log/index.ts';
import type { Hlc, LogContext, StreamId, WalkedSlot } from '../../log/index.ts';
import { Replay, streamKey } from '../../meta/index.ts';
import type { Ancestry, FrozenImage, MetadataPosition, StreamName } from '../../meta/index.ts';
import type { KnownStream, MetadataChain, MetadataStep } from './cut.ts';
import { holeAt, holeOfDamage } from './hole.ts';
import type { Hole } from './hole.ts';

/** Where a reading of the metadata log begins. */
export interface ReadingStart {
  readonly image: FrozenImage;
  readonly slotHash: Buffer;
  /** No event in the image is later, and no cut before this time can be had from it. */
  readonly hlc: Hlc;
  /** The epoch that is read first; from its claim on, unless the image stands in it. */
  readonly epoch: number;
}

/** The metadata log of a copy from one base on, read as far as it goes without a gap; it goes on where it stopped. */
export class MetadataReading {
  readonly #context: LogContext;
  readonly #timeline: string;
  readonly #base: MetadataStep;
  readonly #streams = new Map<string, KnownStream>();
  #steps: MetadataStep[] = [];
  #image: FrozenImage;
  #replay: Replay;
  #epoch: number;
  #walker: StreamWalker | undefined;
  #hole: Hole | undefined;

  constructor(context: LogContext, { timeline }: Ancestry[number], start: ReadingStart) {
    this.#context = context;
    this.#timeline = timeline;
    this.#image = start.image;
    this.#base = { position: start.image.position, hlc: start.hlc };
    this.#epoch = start.epoch;
    this.#replay = this.#replayFrom(start.image, { slotHash: start.slotHash, hlc: start.hlc });
    for (const name of streamsOf(start.image)) this.#streams.set(streamKey(name), { name, registeredAt: undefined });
  }

  /** State after the last slot that was read. */
  get image(): FrozenImage {
    return this.#image;
  }

  get last(): MetadataStep {
    return this.#steps.at(-1) ?? this.#base;
  }

  /** Where it does not go on. */
  get hole(): Hole | undefined {
    return this.#hole;
  }

  get chain(): MetadataChain {
    return { base: this.#base, steps: this.#steps, streams: [...this.#streams.values()] };
  }

  /** Reads what has come. */
  async advance(): Promise<void> {
    do {
      this.#hole = await this.#walkEpoch();
    } while (this.#hole === undefined);
    const { stamp } = this.#replay;
    this.#image = this.#replay.finish();
    this.#replay = this.#replayFrom(this.#image, stamp);
  }

  /** No cut before that time will be asked for any more. */
  forgetBefore(hlc: Hlc): void {
    const keep = this.#steps.findLastIndex((step) => compareHlc(step.hlc, hlc) <= 0);
    if (keep > 0) this.#steps = this.#steps.slice(keep);
  }

  /** Undefined: the epoch is sealed, and the next one is to be read. */
  async #walkEpoch(): Promise<Hole | undefined> {
    const stream: StreamId = {
      log: 'metadata',
      timeline: this.#timeline,
      broker: this.#context.broker,
      epoch: this.#epoch,
    };
    this.#walker ??= this.#walkerOf(stream);
    try {
      const end = await this.#walker.walk();
      if (end.kind !== 'sealed') return holeAt(stream, end);
    } catch (error) {
      const { position } = this.last;
      const hole = holeOfDamage(stream, position.epoch === this.#epoch ? position.slot + 1 : 0, error);
      if (hole === undefined) throw error;
      return hole;
    }
    this.#epoch += 1;
    this.#walker = undefined;
    return undefined;
  }

  #walkerOf(stream: StreamId): StreamWalker {
    const after = this.#replay.after(stream.epoch);
    return new StreamWalker(this.#context, stream, {
      ...(after && { after }),
      depth: 'whole',
      visit: (slot) => this.#take(stream, slot),
    });
  }

  #take(stream: StreamId, slot: WalkedSlot): void {
    const events = this.#replay.take(stream, slot);
    const { hlc } = this.#replay.stamp;
    const position: MetadataPosition = { epoch: stream.epoch, slot: slot.slot };
    this.#steps.push({ position, hlc });
    for (const event of events) {
      if (event.kind !== 'brokerRegistered') continue;
      const name = { timeline: this.#timeline, broker: event.broker, epoch: event.streamEpoch };
      const key = streamKey(name);
      if (!this.#streams.has(key)) this.#streams.set(key, { name, registeredAt: hlc });
    }
  }

  #replayFrom(image: FrozenImage, stamp: { readonly slotHash: Buffer; readonly hlc: Hlc }): Replay {
    return new Replay(this.#context, image, stamp, () => undefined);
  }
}

/** Streams in which some partition's history lies, of ancestors too, and those that may still grow. */
function streamsOf(image: FrozenImage): Iterable<StreamName> {
  const found = new Map<string, StreamName>();
  for (const { timeline, broker, epoch, sealed } of image.streams()) {
    const name = { timeline, broker, epoch };
    if (sealed === undefined) found.set(streamKey(name), name);
  }
  for (const { partitions } of image.topics()) {
    for (const { history } of partitions) {
      for (const { stream } of history) {
        // An ancestor's stream of which the cut held nothing is in no list.
        if (image.stream(stream) !== undefined) found.set(streamKey(stream), stream);
      }
    }
  }
  return found.values();
}

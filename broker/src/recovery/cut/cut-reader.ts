import { hasCode, silentLogger } from '../../edge/index.ts';
import { compareHlc } from '../../log/index.ts';
import type { Hlc, LogContext } from '../../log/index.ts';
import { isSnapshotDamage, listSnapshots, loadSnapshot, loadTimelineBase, streamKey } from '../../meta/index.ts';
import type { Ancestry, CutStream, FrozenImage, StreamName, TimelineFile } from '../../meta/index.ts';
import { cutOf } from './cut.ts';
import type { CutPosition, NoCut } from './cut.ts';
import type { Hole } from './hole.ts';
import { MetadataReading } from './metadata-reading.ts';
import { StreamReading } from './stream-reading.ts';

/** Streams read at a time; each reads ahead by itself within a bound of its own. */
const STREAMS_AT_ONCE = 4;

/** How far one log of the copy reaches. */
export interface LogReach {
  readonly log: 'metadata' | StreamName;
  /** The last slot without a gap before it; undefined: not even its first. Of the metadata, with its epoch. */
  readonly through: number | undefined;
  readonly epoch: number;
  readonly hlc: Hlc | undefined;
  /** Read to its end: it holds nothing back. */
  readonly isComplete: boolean;
  readonly hole: Hole | undefined;
}

/** What a copy of a bucket allows at this moment. */
export interface CutReading {
  readonly timeline: string;
  readonly lineage: string;
  /** Undefined: no consistent state can be had yet. `heldBackBy` says why. */
  readonly cut: CutPosition | undefined;
  readonly heldBackBy: CutPosition['heldBackBy'];
  /** The metadata log first, then the streams that are not complete, the one that reaches least first. */
  readonly logs: readonly LogReach[];
}

/**
 * Reads a copy of a bucket that somebody fills in any order, and says which consistent cut it allows. Only reads. Can be asked
 * again and again: it goes on where it stopped, and the cut never goes back while nothing that was there vanishes.
 */
export class CutReader {
  readonly #context: LogContext;
  readonly #ancestry: Ancestry;
  readonly #own: Pick<TimelineFile, 'timeline' | 'cut'>;
  readonly #streams = new Map<string, StreamReading>();
  /** The chain that gave the last cut. */
  #current: MetadataReading | undefined;

  /** `context.store` is the copy; the ancestry leads to the timeline that is copied. */
  constructor(context: LogContext, ancestry: Ancestry) {
    this.#context = { ...context, logger: silentLogger };
    this.#ancestry = ancestry;
    this.#own = ancestry.at(-1)!;
  }

  /**
   * Reads what has come since. Waits for as long as the store is away. Rejects with what no waiting cures: metadata that
   * contradict themselves, a later format.
   */
  async read(): Promise<CutReading> {
    let best: { readonly metadata: MetadataReading; readonly found: CutPosition | NoCut } | undefined;
    for await (const metadata of this.#candidates()) {
      await metadata.advance();
      await this.#advanceStreams(metadata);
      const found = cutOf(
        metadata.chain,
        ({ timeline, broker, epoch }) => this.#reading({ timeline, broker, epoch }).reach,
      );
      if (found.metadata !== undefined) {
        this.#adopt(metadata, found.hlc);
        return this.#told(metadata, found);
      }
      best ??= { metadata, found };
    }
    return best === undefined ? this.#nothingYet() : this.#told(best.metadata, best.found);
  }

  /** Streams that had not ended at the cut of the last reading, each with its last slot that holds anything of it. */
  async streamsAt(hlc: Hlc, image: FrozenImage): Promise<readonly CutStream[]> {
    const open = [...image.streams()].filter(({ sealed }) => sealed === undefined);
    const ends: CutStream[] = [];
    for (const stream of open) {
      const end = await this.#streams.get(streamKey(stream))?.lastSlotAt(hlc);
      if (end !== undefined) ends.push(end);
    }
    return ends;
  }

  /**
   * Readings of the metadata log that may give a cut, the most promising first. The newest snapshot may hold more than the
   * streams reach; then an older one, and a longer log, give the state that they do (rule 12).
   */
  async *#candidates(): AsyncGenerator<MetadataReading> {
    const current = this.#current;
    if (current !== undefined) await current.advance();
    for (const name of await listSnapshots(this.#context, this.#own.timeline)) {
      if (current !== undefined && !isBeyond(name.position, current.last.position)) break;
      const reading = await this.#fromSnapshot(name);
      if (reading !== undefined) yield reading;
    }
    if (current !== undefined) yield current;
    else yield* this.#fromBeginning();
  }

  async #fromSnapshot(name: Awaited<ReturnType<typeof listSnapshots>>[number]): Promise<MetadataReading | undefined> {
    try {
      const { image, slotHash, hlc } = await loadSnapshot(this.#context, name);
      return new MetadataReading(this.#context, this.#own, { image, slotHash, hlc, epoch: image.position.epoch });
    } catch (error) {
      if (isSnapshotDamage(error)) return undefined;
      throw error;
    }
  }

  /** The beginning of the timeline. Of a fork that is what its parent held at the cut, if that is all there. */
  async *#fromBeginning(): AsyncGenerator<MetadataReading> {
    const base = await loadTimelineBase(this.#context, this.#ancestry).catch((error: unknown) => {
      if (!isIncomplete(error)) throw error;
      return undefined;
    });
    if (base === undefined) return;
    const { image, stamp, firstEpoch } = base;
    const hlc = this.#own.cut?.hlc ?? stamp.hlc;
    const reading = new MetadataReading(this.#context, this.#own, {
      image,
      slotHash: stamp.slotHash,
      hlc,
      epoch: firstEpoch,
    });
    await reading.advance();
    // Of a root without its first slot there is nothing that could be gone back to.
    if (this.#own.cut !== undefined || reading.last.position.epoch > 0) yield reading;
  }

  async #advanceStreams({ chain, image }: MetadataReading): Promise<void> {
    const queue = chain.streams.map(({ name }) => name);
    const workers = Array.from({ length: STREAMS_AT_ONCE }, async () => {
      for (let name = queue.shift(); name !== undefined; name = queue.shift()) {
        await this.#reading(name, image).advance(image.stream(name)?.sealed?.slot);
      }
    });
    await Promise.all(workers);
  }

  #reading(name: StreamName, image?: FrozenImage): StreamReading {
    const key = streamKey(name);
    const known = this.#streams.get(key);
    if (known !== undefined) return known;
    const isAncestor = name.timeline !== this.#own.timeline;
    const reading = new StreamReading(this.#context, name, isAncestor ? image?.stream(name)?.sealed?.slot : undefined);
    this.#streams.set(key, reading);
    return reading;
  }

  #adopt(metadata: MetadataReading, hlc: Hlc): void {
    this.#current = metadata;
    metadata.forgetBefore(hlc);
    for (const stream of this.#streams.values()) stream.forgetBefore(hlc);
  }

  #told(metadata: MetadataReading, found: CutPosition | NoCut): CutReading {
    const { position, hlc } = metadata.last;
    const log: LogReach = {
      log: 'metadata',
      epoch: position.epoch,
      through: position.slot,
      hlc,
      isComplete: false,
      hole: metadata.hole,
    };
    return {
      timeline: this.#own.timeline,
      lineage: this.#context.lineage,
      cut: found.metadata === undefined ? undefined : found,
      heldBackBy: found.heldBackBy,
      logs: [log, ...this.#streamsBehind(metadata)],
    };
  }

  #nothingYet(): CutReading {
    const { lineage } = this.#context;
    return { timeline: this.#own.timeline, lineage, cut: undefined, heldBackBy: 'metadata', logs: [] };
  }

  #streamsBehind({ chain }: MetadataReading): readonly LogReach[] {
    const behind: LogReach[] = [];
    for (const { name } of chain.streams) {
      const reading = this.#reading(name);
      const { reach, through, hole } = reading;
      if (reach.kind === 'complete') continue;
      const reached = through < 0 ? undefined : through;
      behind.push({ log: name, epoch: name.epoch, through: reached, hlc: reach.hlc, isComplete: false, hole });
    }
    return behind.toSorted((a, b) => compareHlc(a.hlc ?? ZERO, b.hlc ?? ZERO));
  }
}

const ZERO: Hlc = { ms: 0, counter: 0 };

function isBeyond(a: { epoch: number; slot: number }, b: { epoch: number; slot: number }): boolean {
  return a.epoch > b.epoch || (a.epoch === b.epoch && a.slot > b.slot);
}

/** Something that the state is made of has not come, or came damaged. */
function isIncomplete(error: unknown): boolean {
  return isSnapshotDamage(error) || hasCode(error, 'DAMAGED_STREAM') || hasCode(error, 'CORRUPT_SLOT');
}

import {
  CorruptSlotError,
  DATA_WINDOW,
  METADATA_WINDOW,
  parseSlotKey,
  slotKey,
  streamPrefix,
} from '../../log/index.ts';
import type { LogContext, ReadDepth, ReadSlot, WalkedSlot } from '../../log/index.ts';
import type { ListedStream } from './inventory.ts';
import type { Problems } from './problem.ts';
import { readListed, tryReadSlot } from './read-ahead.ts';
import type { SlotReading } from './read-ahead.ts';

export interface ScrubOptions {
  readonly depth: ReadDepth;
  readonly problems: Problems;
  /** Highest slot that committed metadata mention; -1 = none. */
  readonly committedAtLeast: number;
  /** Called for every intact slot but the seal, in order. */
  readonly visit: (slot: WalkedSlot) => void | Promise<void>;
  /** Called where the slots that are visited do not follow one another: what lay between could not be read. */
  readonly onBreak?: (slot: number) => void;
  /** Called when a slot cannot be read, after it was reported; answers whether its entries could be had nevertheless. */
  readonly onUnreadable?: (slot: number) => Promise<boolean>;
  readonly onProgress: (slots: number) => void;
}

/** How a stream ends, as far as it could be read. */
export type ScrubEnd =
  | { readonly kind: 'sealed'; readonly at: number; readonly lastHash: Buffer | undefined }
  /** `unreadable`: the last slot that is there cannot be read; it may be the seal. */
  | { readonly kind: 'open'; readonly next: number; readonly unreadable: boolean };

/**
 * Reads every slot of a stream that was listed, and goes on behind damage: reports what is missing, what does not verify, and
 * where the chain breaks. What lies behind the end of a stream (slots in flight, slots above a seal) is nobody's loss and is
 * passed over.
 */
export function scrubStream(context: LogContext, listed: ListedStream, options: ScrubOptions): Promise<ScrubEnd> {
  return new StreamScrub(context, listed, options).run();
}

class StreamScrub {
  readonly #context: LogContext;
  readonly #listed: ListedStream;
  readonly #options: ScrubOptions;
  #window: number;
  #committed: number;
  #next = 0;
  /** Hash of the slot before `next`; undefined where it is not known. */
  #lastHash: Buffer | undefined;
  #lastUnreadable = false;
  #sealedAt: number | undefined;

  constructor(context: LogContext, listed: ListedStream, options: ScrubOptions) {
    this.#context = context;
    this.#listed = listed;
    this.#options = options;
    this.#window = listed.stream.log === 'metadata' ? METADATA_WINDOW : DATA_WINDOW;
    this.#committed = options.committedAtLeast;
  }

  async run(): Promise<ScrubEnd> {
    for await (const { number, reading } of readListed(this.#context, this.#listed, this.#options.depth)) {
      this.#options.onProgress(1);
      if (this.#next < number && !(await this.#crossGap(number))) return this.#end();
      await this.#take(number, reading);
      if (this.#sealedAt !== undefined) return this.#end();
    }
    if (this.#committed >= this.#next) await this.#crossGap(this.#committed + 1);
    return this.#end();
  }

  #end(): ScrubEnd {
    if (this.#sealedAt !== undefined) return { kind: 'sealed', at: this.#sealedAt, lastHash: this.#lastHash };
    return { kind: 'open', next: this.#next, unreadable: this.#lastUnreadable };
  }

  /**
   * Goes over slots up to `to` that were not listed. One that has come meanwhile is taken; one that was committed is reported
   * (rule 01); false if the stream ends here, or at a seal that has come.
   */
  async #crossGap(to: number): Promise<boolean> {
    const came = await this.#lookAgain(to);
    while (this.#next < to && this.#sealedAt === undefined) {
      const late = came.find((slot) => slot >= this.#next) ?? to;
      if (late > this.#next) {
        const through = Math.min(late - 1, await this.#evidence(late));
        if (through < this.#next) return false;
        this.#reportMissing(this.#next, through);
        this.#skip(through);
      } else {
        await this.#take(late, await this.#read(late));
      }
    }
    return this.#sealedAt === undefined;
  }

  /** Slots below `to` that are there now: a writer was at work while the bucket was listed. */
  async #lookAgain(to: number): Promise<readonly number[]> {
    const { stream } = this.#listed;
    const after = this.#next === 0 ? {} : { after: slotKey(stream, this.#next - 1) };
    const came: number[] = [];
    for await (const { key } of this.#context.store.listAll(streamPrefix(stream), after)) {
      const slot = parseSlotKey(key)?.slot;
      if (slot === undefined || slotKey(stream, slot) !== key) continue;
      if (slot >= to) break;
      came.push(slot);
    }
    return came;
  }

  /** The highest slot that is known to have been committed, after a look at slots from `from` on. */
  async #evidence(from: number): Promise<number> {
    for (const [index, number] of this.#listed.slots.entries()) {
      if (this.#committed >= from - 1) break;
      if (number < from) continue;
      const reading = await tryReadSlot(
        this.#context,
        this.#listed.stream,
        number,
        'tails',
        this.#listed.sizes[index] ?? 0,
      );
      if (reading.kind === 'slot') this.#learn(reading.slot);
    }
    return this.#committed;
  }

  #learn({ slot, kind, header }: ReadSlot): void {
    this.#committed = Math.max(this.#committed, header.committedThrough);
    if (kind !== 'seal') this.#committed = Math.max(this.#committed, slot - this.#window);
  }

  #read(slot: number): Promise<SlotReading> {
    return tryReadSlot(this.#context, this.#listed.stream, slot, this.#options.depth);
  }

  async #take(number: number, reading: SlotReading): Promise<void> {
    switch (reading.kind) {
      case 'absent':
        this.#options.problems.add('missing', this.#key(number), 'it was listed, and was gone when it was read');
        this.#skip(number);
        return;
      case 'unreadable': {
        const { error } = reading;
        const isAlien = error instanceof CorruptSlotError && error.reason === 'alien';
        this.#options.problems.add(isAlien ? 'alien-epoch' : 'mismatch', this.#key(number), error.message);
        const known = (await this.#options.onUnreadable?.(number)) ?? false;
        this.#skip(number, !known);
        this.#lastUnreadable = true;
        return;
      }
      case 'slot':
        await this.#takeIntact(reading.slot);
    }
  }

  async #takeIntact(slot: ReadSlot): Promise<void> {
    const { problems, visit } = this.#options;
    this.#learn(slot);
    this.#checkPlace(slot);
    if (slot.kind === 'seal') {
      this.#sealedAt = slot.slot;
      return;
    }
    if (slot.kind === 'lost') problems.add('lost', this.#key(slot.slot), 'marked lost: what it held is gone');
    if (slot.header.part.kind === 'claim') this.#window = slot.header.part.window;
    this.#next = slot.slot + 1;
    this.#lastHash = slot.kind === 'lost' ? undefined : slot.hash;
    this.#lastUnreadable = false;
    if (slot.kind === 'lost') this.#options.onBreak?.(slot.slot);
    await visit(slot as WalkedSlot);
  }

  #checkPlace(slot: ReadSlot): void {
    const { problems } = this.#options;
    const key = this.#key(slot.slot);
    const mayBeFirst = slot.kind === 'claim' || slot.kind === 'lost';
    if (slot.slot === 0 ? !mayBeFirst : slot.kind === 'claim') {
      problems.add('mismatch', key, `a ${slot.kind} cannot be slot ${slot.slot}`);
    }
    if (slot.kind !== 'data' || this.#lastHash === undefined) return;
    if (slot.header.previousHash?.equals(this.#lastHash) === true) return;
    problems.add('chain-break', key, `it does not follow slot ${slot.slot - 1} as it is there`);
  }

  #reportMissing(from: number, to: number): void {
    const detail =
      from === to ? 'it was committed and is not there' : `slots ${from}..${to} were committed and are not there`;
    this.#options.problems.add('missing', this.#key(from), detail);
  }

  /** Goes on behind `slot`, whose hash is not known. */
  #skip(slot: number, isBreak = true): void {
    this.#next = slot + 1;
    this.#lastHash = undefined;
    if (isBreak) this.#options.onBreak?.(slot);
  }

  #key(slot: number): string {
    return slotKey(this.#listed.stream, slot);
  }
}

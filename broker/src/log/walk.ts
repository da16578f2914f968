import { invariant } from '../edge/index.ts';
import type { LogContext } from './context.ts';
import { CorruptSlotError } from './errors.ts';
import { examineGap } from './gap.ts';
import type { SlotRange } from './gap.ts';
import { DATA_WINDOW, METADATA_WINDOW } from './slot.ts';
import type { ReadSlot, SlotRef, WalkedSlot } from './slot.ts';
import { feedSlots } from './slot-feed.ts';
import { readSlot } from './slot-reader.ts';
import type { ReadDepth } from './slot-reader.ts';
import { slotKey } from './stream-names.ts';
import type { StreamId } from './stream-names.ts';

export interface WalkOptions {
  /** A checkpoint: the walk begins behind it, and whatever lies at or below it is a ghost (rule 19). */
  readonly after?: SlotRef;
  readonly depth: ReadDepth;
  /** The highest slot of the stream that committed metadata mentions: it was committed, found or not. */
  readonly committedAtLeast?: number;
  /** The walk ends behind this slot, as if the stream were open there; it, and all below, were committed. */
  readonly through?: number;
  /** Called for every slot but the seal, in order; the next one waits for it. */
  readonly visit?: (slot: WalkedSlot) => void | Promise<void>;
}

export type WalkEnd =
  /** The seal lies at `at`, `last` is the slot before it. */
  | { readonly kind: 'sealed'; readonly at: number; readonly last: SlotRef }
  /** The writer may still be at work: slot `next` was absent, and nothing says that it was ever committed. */
  | { readonly kind: 'open'; readonly next: number; readonly last: SlotRef }
  /** Committed slots are gone. `last` is undefined if the claim is among them. */
  | { readonly kind: 'damaged'; readonly missing: SlotRange; readonly last: SlotRef | undefined }
  /** There is no slot 0, and no trace of any other. */
  | { readonly kind: 'unclaimed' };

/**
 * Reads a stream from a checkpoint to its end, verifying every link of the chain. Rejects with CorruptSlotError at a slot that
 * is not what it should be: nothing is skipped.
 */
export function walkStream(context: LogContext, stream: StreamId, options: WalkOptions): Promise<WalkEnd> {
  return new StreamWalker(context, stream, options).walk();
}

/** A walk that can go on where it stopped: a sealer walks, acts on what it met, and walks on. */
export class StreamWalker {
  readonly #context: LogContext;
  readonly #stream: StreamId;
  readonly #options: WalkOptions;
  #next: number;
  #last: SlotRef | undefined;
  /** What the next slot must name as the slot before it; undefined where that cannot be known: behind a LOST slot. */
  #expectedHash: Buffer | undefined;
  #window: number | undefined;
  /** Highest slot that anything seen calls committed. */
  #committed: number;

  constructor(context: LogContext, stream: StreamId, options: WalkOptions) {
    this.#context = context;
    this.#stream = stream;
    this.#options = options;
    this.#next = options.after === undefined ? 0 : options.after.slot + 1;
    this.#last = options.after;
    this.#expectedHash = options.after?.hash;
    this.#committed = Math.max(options.committedAtLeast ?? -1, options.through ?? -1, options.after?.slot ?? -1);
  }

  /** Number of the slot that is to be taken next. */
  get next(): number {
    return this.#next;
  }

  /** Hash that the next slot's link must show, if it is known. */
  get expectedHash(): Buffer | undefined {
    return this.#expectedHash;
  }

  /** W of the stream, from its claim; of a claim that is lost, the format's own. */
  async window(): Promise<number> {
    this.#window ??= windowOf(await readSlot(this.#context, this.#stream, 0, 'tails'), this.#stream);
    return this.#window;
  }

  /** Something else than the stream's own slots says that this one was committed. True if that is news: walk on. */
  learnCommitted(slot: number): boolean {
    this.#committed = Math.max(this.#committed, slot);
    return this.#committed >= this.#next;
  }

  async walk(): Promise<WalkEnd> {
    for (;;) {
      const end = (await this.#walkListed()) ?? (await this.#judgeGap());
      if (end !== undefined) return end;
    }
  }

  /** Takes slots in order up to the seal or the first that is not there; undefined = the gap needs a closer look. */
  async #walkListed(): Promise<WalkEnd | undefined> {
    const { depth } = this.#options;
    for await (const fed of feedSlots(this.#context, this.#stream, { from: this.#next, depth })) {
      if (fed.kind === 'slot') {
        const end = await this.#take(fed.slot);
        if (end !== undefined) return end;
      } else if (!fed.beyond && this.#committed < fed.at) {
        return this.#endAt(fed.at);
      }
    }
    return undefined;
  }

  async #judgeGap(): Promise<WalkEnd | undefined> {
    const verdict = await examineGap(this.#context, this.#stream, {
      at: this.#next,
      window: await this.window(),
      committedAtLeast: this.#committed,
      depth: this.#options.depth,
    });
    switch (verdict.kind) {
      case 'present':
        return this.#take(verdict.slot);
      case 'end':
        return this.#endAt(this.#next);
      case 'damaged':
        return { kind: 'damaged', missing: verdict.missing, last: this.#last };
    }
  }

  #endAt(next: number): WalkEnd {
    return this.#last === undefined ? { kind: 'unclaimed' } : { kind: 'open', next, last: this.#last };
  }

  /** Verifies one slot and hands it out; the seal ends the walk. */
  async #take(slot: ReadSlot): Promise<WalkEnd | undefined> {
    await this.#checkLink(slot);
    if (!isWalked(slot)) {
      invariant(this.#last !== undefined, 'a seal without a slot before it');
      return { kind: 'sealed', at: slot.slot, last: this.#last };
    }
    if (slot.slot === 0) this.#window = windowOf(slot, this.#stream);
    this.#next = slot.slot + 1;
    this.#last = { slot: slot.slot, hash: slot.hash };
    this.#expectedHash = slot.kind === 'lost' ? undefined : slot.hash;
    this.#committed = Math.max(this.#committed, slot.header.committedThrough);
    await this.#options.visit?.(slot);
    return slot.slot === this.#options.through ? this.#endAt(this.#next) : undefined;
  }

  async #checkLink(slot: ReadSlot): Promise<void> {
    const key = slotKey(this.#stream, slot.slot);
    const isFirst = slot.slot === 0;
    if (isFirst ? slot.kind === 'data' || slot.kind === 'seal' : slot.kind === 'claim') {
      throw new CorruptSlotError(key, 'malformed', `a ${slot.kind} cannot be slot ${slot.slot}`);
    }
    if (slot.kind !== 'data') return;
    const found = slot.header.previousHash;
    if (found === undefined) throw new CorruptSlotError(key, 'broken chain', 'it names no slot before it');
    if (this.#expectedHash === undefined || found.equals(this.#expectedHash)) return;
    if (await this.#beginsBehindLostSlot()) return;
    throw new CorruptSlotError(key, 'broken chain', 'it follows another slot than the one that is there');
  }

  /** A checkpoint may name a LOST slot, whose hash is not the one that its successor was chained to. */
  async #beginsBehindLostSlot(): Promise<boolean> {
    const { after } = this.#options;
    if (after === undefined || this.#next !== after.slot + 1) return false;
    const slot = await readSlot(this.#context, this.#stream, after.slot, 'tails');
    return slot?.kind === 'lost' && slot.hash.equals(after.hash);
  }
}

function isWalked(slot: ReadSlot): slot is WalkedSlot {
  return slot.kind !== 'seal';
}

function windowOf(claim: ReadSlot | undefined, stream: StreamId): number {
  if (claim?.header.part.kind === 'claim') return claim.header.part.window;
  return stream.log === 'metadata' ? METADATA_WINDOW : DATA_WINDOW;
}

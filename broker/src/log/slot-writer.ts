import { ChronikError, invariant } from '../edge/index.ts';
import type { LogContext } from './context.ts';
import { CorruptSlotError, FencedError, FormatTooNewError } from './errors.ts';
import type { FencedBy } from './errors.ts';
import { compareHlc } from './hlc.ts';
import type { Hlc } from './hlc.ts';
import { OpenProver } from './prove-open.ts';
import type { MetadataMark, ReadSlot, SealPart, SealedStream, SlotContent } from './slot.ts';
import { createSlot, freezeSlot } from './slot-create.ts';
import type { CreatedSlot, FrozenSlot } from './slot-create.ts';
import { readSlot } from './slot-reader.ts';
import { slotKey } from './stream-names.ts';
import type { StreamId } from './stream-names.ts';

/** A slot that was frozen and is not committed yet. */
interface PendingSlot {
  readonly frozen: FrozenSlot;
  /** It exists and is ours; committed once all before it are. */
  isStored: boolean;
  readonly resolve: () => void;
  readonly reject: (error: ChronikError) => void;
  readonly settled: Promise<void>;
}

/** What a claim hands over to the writer. */
export interface ClaimedStream {
  readonly stream: StreamId;
  readonly window: number;
  readonly claimHash: Buffer;
  readonly claimHlc: Hlc;
  /** See ClaimOptions. */
  readonly metadataThrough?: (() => MetadataMark) | undefined;
}

/**
 * The one writer of a stream. Slots are frozen in order, sent up to `window` at a time and committed as the gap-free prefix
 * of those that exist and are ours:
 *
 *     0 ──────── committedThrough ─── in flight, at most W ─── nextSlot ──▶
 *     claim   all exist, all ours      some exist already       not frozen
 *
 * The first slot that turns out to be another's fences the writer: what is below it may still commit, nothing else ever will.
 */
export class SlotWriter {
  readonly stream: StreamId;
  /** W: at most so many slots are frozen and not committed (rule 01). */
  readonly window: number;
  readonly #context: LogContext;
  readonly #metadataThrough: (() => MetadataMark) | undefined;
  readonly #prover = new OpenProver(() => this.#lookIfOpen());
  readonly #fencing = new AbortController();
  /** Slots committedThrough+1 .. nextSlot-1, in order. */
  readonly #pending: PendingSlot[] = [];
  #committedThrough = 0;
  #nextSlot = 1;
  #lastHash: Buffer;
  #lastHlc: Hlc;
  /** Why nothing more is appended, and from which slot on. */
  #ended: { readonly error: ChronikError; readonly slot: number } | undefined;
  #isSealing = false;

  constructor(context: LogContext, claimed: ClaimedStream) {
    this.#context = context;
    this.stream = claimed.stream;
    this.window = claimed.window;
    this.#metadataThrough = claimed.metadataThrough;
    this.#lastHash = claimed.claimHash;
    this.#lastHlc = claimed.claimHlc;
  }

  /** All slots up to this one exist and are ours. */
  get committedThrough(): number {
    return this.#committedThrough;
  }

  /** Slots frozen and not committed, 0..window. */
  get inFlight(): number {
    return this.#nextSlot - 1 - this.#committedThrough;
  }

  /** Number of the slot that the next append takes. */
  get nextSlot(): number {
    return this.#nextSlot;
  }

  /** Hash of the last frozen slot. */
  get lastHash(): Buffer {
    return this.#lastHash;
  }

  /**
   * Aborts once the writer has lost its stream and everything below the foreign slot is settled. The reason is the
   * FencedError, or the store's error if that can never take the slot.
   */
  get fenced(): AbortSignal {
    return this.#fencing.signal;
  }

  /** True from the moment at which no append can succeed any more. */
  get hasEnded(): boolean {
    return this.#ended !== undefined || this.#isSealing;
  }

  /**
   * Freezes the content as the next slot and sends it. Resolves, in the order of the slots, when this slot and all before it
   * exist and are ours; rejects with FencedError if that will never be. Throws InvariantError if the window is full.
   */
  append(content: SlotContent): Promise<void> {
    if (this.#ended !== undefined) return Promise.reject(this.#ended.error);
    invariant(!this.#isSealing, 'append to a stream that is being sealed');
    invariant(this.inFlight < this.window, 'more slots in flight than the window allows', { window: this.window });
    const [firstHlc, lastHlc] = this.#hlcRange(content);
    const frozen = freezeSlot(this.#context, this.stream, {
      slot: this.#nextSlot,
      part: { kind: 'data' },
      previousHash: this.#lastHash,
      committedThrough: this.#committedThrough,
      firstHlc,
      lastHlc,
      ...(this.#metadataThrough && { metadataThrough: this.#metadataThrough() }),
      content,
    });
    this.#nextSlot += 1;
    this.#lastHash = frozen.hash;
    this.#lastHlc = lastHlc;
    const pending = pendingSlot(frozen);
    this.#pending.push(pending);
    void this.#send(pending);
    return pending.settled;
  }

  /**
   * Proves that nobody has ended the stream, by something that happens after the call (rule 18): a slot of ours commits, or
   * the lowest slot not known to exist is found absent. Rejects with FencedError. Waits as long as the store is away.
   */
  proveOpen(): Promise<void> {
    if (this.#ended !== undefined) return Promise.reject(this.#ended.error);
    return this.#prover.prove(this.#nextSlot);
  }

  /** Ends the stream oneself, after everything in flight has committed. Rejects with FencedError if another was first. */
  async seal(): Promise<SealedStream> {
    invariant(!this.#isSealing, 'a stream is sealed once');
    this.#isSealing = true;
    await this.#pending.at(-1)?.settled;
    if (this.#ended !== undefined) throw this.#ended.error;
    const last = { slot: this.#nextSlot - 1, hash: this.#lastHash };
    const hlc = this.#context.hlc.now();
    const part: SealPart = { sealedBy: this.#context.broker, metadataEpoch: 0, clean: true };
    const frozen = freezeSlot(this.#context, this.stream, {
      slot: this.#nextSlot,
      part: { kind: 'seal', ...part },
      previousHash: undefined,
      committedThrough: this.#committedThrough,
      firstHlc: hlc,
      lastHlc: hlc,
    });
    const created = await createSlot(this.#context, frozen, this.fenced);
    if (created.outcome !== 'ours') throw this.#fence(frozen.slot, fencedBy(created));
    // Whoever asks from now on whether the stream is open must not be told that it is.
    const error = new FencedError(this.stream, frozen.slot, 'seal');
    this.#ended = { error, slot: frozen.slot };
    this.#prover.fail(error);
    return { sealedAt: frozen.slot, last };
  }

  /** Hybrid times along a stream never fall: only then is everything up to time T a prefix of it (rule 12). */
  #hlcRange(content: SlotContent): readonly [Hlc, Hlc] {
    if (content.kind !== 'batches') {
      const hlc = this.#context.hlc.now();
      return [hlc, hlc];
    }
    let last = this.#lastHlc;
    for (const { hlc } of content.batches) {
      invariant(compareHlc(hlc, last) >= 0, 'a batch is older than what stands before it in the stream');
      last = hlc;
    }
    for (const { hlc } of content.closes) if (compareHlc(hlc, last) > 0) last = hlc;
    return [(content.batches[0] ?? content.closes[0])?.hlc ?? last, last];
  }

  async #send(pending: PendingSlot): Promise<void> {
    const { slot } = pending.frozen;
    try {
      const created = await createSlot(this.#context, pending.frozen, this.fenced);
      if (created.outcome !== 'ours') {
        this.#fence(slot, fencedBy(created));
        return;
      }
      pending.isStored = true;
      this.#advance();
    } catch (error) {
      this.#end(asChronikError(error, slotKey(this.stream, slot)), slot);
    }
  }

  /** Commits what has become the prefix, in order; with it gone, carries out a fencing that waited for it. */
  #advance(): void {
    while (this.#pending[0]?.isStored === true && this.#pending[0].frozen.slot < this.#endSlot()) {
      const { frozen, resolve } = this.#pending.shift()!;
      this.#committedThrough = frozen.slot;
      resolve();
      this.#prover.slotCommitted(frozen.slot);
    }
    const ended = this.#ended;
    if (ended === undefined || this.#committedThrough < ended.slot - 1) return;
    // Behind the promises of the slots that committed just now: what they hold is answered before everything is given up.
    queueMicrotask(() => this.#fencing.abort(ended.error));
  }

  #endSlot(): number {
    return this.#ended?.slot ?? Number.POSITIVE_INFINITY;
  }

  /** Something that is not ours lies, or lay, at `slot`: no slot from there on will ever commit. */
  #fence(slot: number, by: FencedBy): FencedError {
    const error = new FencedError(this.stream, slot, by);
    this.#context.logger.error(error.message, error.details);
    this.#end(error, slot);
    return error;
  }

  #end(error: ChronikError, slot: number): void {
    if (slot >= this.#endSlot()) return;
    this.#ended = { error, slot };
    this.#prover.fail(error);
    while ((this.#pending.at(-1)?.frozen.slot ?? -1) >= slot) this.#pending.pop()!.reject(error);
    this.#advance();
  }

  /** One proof: resolves if the lowest slot not known to exist is absent at some moment from now on. */
  async #lookIfOpen(): Promise<void> {
    let slot = this.#pending.find((pending) => !pending.isStored)?.frozen.slot ?? this.#nextSlot;
    for (;;) {
      const found = await this.#context.store.head(slotKey(this.stream, slot), this.fenced);
      if (this.#ended !== undefined) throw this.#ended.error;
      if (found === undefined) return;
      // Our own seal may be on its way to this very slot: seal() finds out whose it is.
      if (this.#isSealing && slot === this.#nextSlot) throw new FencedError(this.stream, slot, 'seal');
      const by = await this.#foreignSlot(slot, found.sizeBytes);
      if (by !== undefined) throw this.#fence(slot, by);
      slot += 1;
    }
  }

  /** A slot that exists: undefined if it is one of ours whose answer is still on its way, else what it is. */
  async #foreignSlot(slot: number, sizeBytes: number): Promise<FencedBy | undefined> {
    const found = await readOrDamage(this.#context, this.stream, slot, sizeBytes);
    if (slot <= this.#committedThrough) return undefined;
    if (found === undefined) return 'vanished slot';
    const pending = this.#pending[slot - this.#committedThrough - 1];
    if (found === 'damaged') {
      if (pending === undefined) return 'damaged slot';
      // Whether the store has taken it as ours is for the answer to its create to say; all slots before it are stored.
      await pending.settled;
      return undefined;
    }
    if (pending?.frozen.hash.equals(found.hash) === true) return undefined;
    return found.kind === 'seal' ? 'seal' : 'other writer';
  }
}

function fencedBy(created: Exclude<CreatedSlot, { outcome: 'ours' }>): FencedBy {
  if (created.outcome === 'vanished') return 'vanished slot';
  if (created.outcome === 'damaged') return 'damaged slot';
  return created.kind === 'seal' ? 'seal' : 'other writer';
}

/** A slot that does not verify, or that a later release wrote, is certainly not one that this process wrote. */
async function readOrDamage(
  context: LogContext,
  stream: StreamId,
  slot: number,
  sizeBytes: number,
): Promise<ReadSlot | 'damaged' | undefined> {
  try {
    return await readSlot(context, stream, slot, 'tails', sizeBytes);
  } catch (error) {
    if (error instanceof CorruptSlotError || error instanceof FormatTooNewError) return 'damaged';
    throw error;
  }
}

function pendingSlot(frozen: FrozenSlot): PendingSlot {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  // The caller holds the promise too; a second handler only keeps a rejection from counting as unhandled.
  promise.catch(() => undefined);
  return { frozen, isStored: false, resolve, reject, settled: promise };
}

/** A store that can never take the slot ends the writer as surely as a fence does; the cause is kept. */
function asChronikError(error: unknown, key: string): ChronikError {
  if (error instanceof ChronikError) return error;
  return new ChronikError('SLOT_NOT_WRITTEN', `${key} could not be written`, {
    remedy: 'See the cause; the broker stops and recovers from the bucket when it is started again.',
    cause: error,
  });
}

import { ChronikError } from '../edge/index.ts';
import { DATA_WINDOW, METADATA_WINDOW, describeStream, listSlots, readSlot, slotKey } from '../log/index.ts';
import type { ReadSlot, StreamId } from '../log/index.ts';
import type { CopyContext } from './copy-context.ts';
import { fetchSlot, writeSlot } from './copy-slot.ts';
import type { FetchedSlot } from './copy-slot.ts';
import { ReplicaConflictError, SourceGapError } from './errors.ts';
import type { ReplicaProblem } from './report.ts';
import { problemOf } from './report.ts';
import { SlotBacklog } from './slot-backlog.ts';

/** Slots that are read ahead of their turn to be written. */
const READ_AHEAD = 8;

interface ReadAhead {
  readonly slot: number;
  readonly sizeBytes: number;
  readonly fetched: Promise<FetchedSlot | undefined>;
}

export interface CopyTurn {
  /** False: nothing more is begun. */
  readonly goesOn: () => boolean;
  /** Waited for before a slot is written. */
  readonly before?: (slot: ReadSlot) => Promise<void>;
}

/**
 * One stream on its way:
 *
 *     0 ────────── next ── at most W on their way ──┬── waiting, seen in the bucket ──┬── not seen yet
 *     in the replica, gap-free                      └ slot next+W waits for next       └ seen by the next look
 *
 * Only the gap-free prefix is copied: what lies behind a gap may never become part of the history (a slot above a seal).
 */
export class StreamCopy {
  readonly stream: StreamId;
  readonly #context: CopyContext;
  readonly #window: number;
  #next = 0;
  /** Slots next, next+1, ... that a look has shown. */
  readonly #waiting = new SlotBacklog();
  /** The slot that the last look missed before others. */
  #missed: number | undefined;
  #lastHlcMs: number | undefined;
  #listedAtMs: number | undefined;
  #hasEnded = false;
  #problem: ChronikError | undefined;

  constructor(context: CopyContext, stream: StreamId) {
    this.#context = context;
    this.stream = stream;
    this.#window = stream.log === 'metadata' ? METADATA_WINDOW : DATA_WINDOW;
  }

  /** The lowest slot that is not known to be in the replica. */
  get next(): number {
    return this.#next;
  }

  /** True once the seal is in the replica: nothing follows, for ever. */
  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** Everything that was seen is in the replica. */
  get isLevel(): boolean {
    return this.#waiting.length === 0 && this.#problem === undefined;
  }

  get waitingObjects(): number {
    return this.#waiting.length;
  }

  get waitingBytes(): number {
    return this.#waiting.bytes;
  }

  get problem(): ReplicaProblem | undefined {
    return this.#problem && problemOf(this.#problem);
  }

  /** What the stream held before this time is in the replica; undefined if nothing is known of it. */
  get levelSinceMs(): number | undefined {
    return this.isLevel ? this.#listedAtMs : this.#lastHlcMs;
  }

  /** Finds the position: both stores are listed side by side, up to the first slot that the replica lacks. */
  async locate(): Promise<void> {
    const { sourceLog, targetLog, target } = this.#context;
    const there = listSlots(targetLog, this.stream, 0);
    let found = await there.next();
    for await (const { slot, sizeBytes } of listSlots(sourceLog, this.stream, 0)) {
      while (found.done !== true && found.value.slot < slot) found = await there.next();
      if (slot !== this.#next || found.done === true || found.value.slot !== slot) break;
      if (found.value.sizeBytes !== sizeBytes) {
        this.#stopAt(new ReplicaConflictError(slotKey(this.stream, slot), target.description));
        break;
      }
      this.#next = slot + 1;
    }
    await there.return();
    if (this.#next === 0) return;
    const last = await readSlot(targetLog, this.stream, this.#next - 1, 'tails');
    if (last === undefined) {
      this.#next = 0;
      return;
    }
    this.#passed(last);
  }

  /** Looks what has come. */
  async look(): Promise<void> {
    const startMs = this.#context.clock.nowMs();
    if (this.#hasEnded) {
      // Behind a seal nothing comes.
      this.#listedAtMs = startMs;
      return;
    }
    let expected = this.#next + this.#waiting.length;
    let missed: number | undefined;
    for await (const { slot, sizeBytes } of listSlots(this.#context.sourceLog, this.stream, expected)) {
      if (slot === expected) {
        this.#waiting.push(sizeBytes);
        expected += 1;
      } else {
        // Slots on their way land in any order; what is W behind had to wait for this one (rule 01).
        if (slot < expected + this.#window) continue;
        missed = expected;
        break;
      }
    }
    // Once is no proof: it may have come between two pages, or a sealer is at work.
    if (missed !== undefined && missed === this.#missed) {
      this.#stopAt(new SourceGapError(slotKey(this.stream, missed)));
    }
    this.#missed = missed;
    this.#listedAtMs = startMs;
  }

  /** What stood in the way is tried again. */
  tryAgain(): void {
    this.#problem = undefined;
  }

  /** Copies the claim, if it is not there, whatever else waits. */
  async copyClaim(): Promise<void> {
    if (this.#next > 0) return;
    if (this.#waiting.length === 0) await this.look();
    if (this.#waiting.length === 0) throw new SourceGapError(slotKey(this.stream, 0));
    await this.#copy(1, { goesOn: () => true });
    if (this.#problem !== undefined) throw this.#problem;
  }

  /** Copies what waits, as far as the turn goes. What stands in the way becomes the problem; rejects only when the copier ends. */
  async copy(turn: CopyTurn): Promise<void> {
    await this.#copy(this.#waiting.length, turn);
  }

  async #copy(count: number, turn: CopyTurn): Promise<void> {
    if (this.#problem !== undefined) return;
    const end = this.#next + count;
    const ahead: ReadAhead[] = [];
    const writes: { readonly slot: ReadSlot; readonly written: Promise<void> }[] = [];
    const settleFirst = async (): Promise<void> => {
      const { slot, written } = writes.shift()!;
      await written;
      this.#waiting.shift();
      this.#next = slot.slot + 1;
      this.#passed(slot);
    };
    let read = this.#next;
    try {
      for (;;) {
        while (read < end && ahead.length < READ_AHEAD && turn.goesOn()) {
          ahead.push(this.#readAhead(read, this.#waiting.at(read - this.#next)));
          read += 1;
        }
        const first = ahead.shift();
        if (first === undefined) break;
        const fetched = await first.fetched;
        if (fetched === undefined) {
          // It was listed and is gone: look again before anything is said.
          this.#forgetFrom(first.slot);
          break;
        }
        // Everything rests on the claim: nothing is sent before it is there.
        while (writes.length >= (this.#next === 0 ? 1 : this.#window)) await settleFirst();
        await turn.before?.(fetched.value);
        const written = writeSlot(this.#context, this.stream, fetched).finally(() =>
          this.#context.throttle.leave(first.sizeBytes),
        );
        written.catch(() => undefined);
        writes.push({ slot: fetched.value, written });
        if (fetched.value.kind === 'seal') break;
      }
      while (writes.length > 0) await settleFirst();
    } catch (error) {
      this.#context.signal.throwIfAborted();
      if (!(error instanceof ChronikError)) throw error;
      this.#stopAt(error);
    } finally {
      for (const { written } of writes) await written.catch(() => undefined);
      for (const { sizeBytes, fetched } of ahead) {
        if ((await fetched.catch(() => undefined)) !== undefined) this.#context.throttle.leave(sizeBytes);
      }
    }
  }

  /** Resolves with a slot that has room in memory, to be left by whoever gets it; with undefined, or rejected, it has none. */
  #readAhead(slot: number, sizeBytes: number): ReadAhead {
    const { throttle } = this.#context;
    const fetched = throttle.enter(sizeBytes).then(async () => {
      let result: FetchedSlot | undefined;
      try {
        result = await fetchSlot(this.#context, this.stream, slot, sizeBytes);
      } finally {
        if (result === undefined) throttle.leave(sizeBytes);
      }
      return result;
    });
    fetched.catch(() => undefined);
    return { slot, sizeBytes, fetched };
  }

  #passed({ kind, header }: ReadSlot): void {
    this.#lastHlcMs = Math.max(this.#lastHlcMs ?? 0, header.lastHlc.ms);
    if (kind !== 'seal') return;
    this.#hasEnded = true;
    this.#waiting.truncate(0);
  }

  #forgetFrom(slot: number): void {
    this.#waiting.truncate(slot - this.#next);
  }

  #stopAt(error: ChronikError): void {
    const { logger, target } = this.#context;
    if (this.#problem?.message !== error.message) {
      logger.error(`Replication of ${describeStream(this.stream)} to ${target.description} has stopped`, {
        code: error.code,
        reason: error.message,
        remedy: error.remedy,
      });
    }
    this.#problem = error;
  }
}

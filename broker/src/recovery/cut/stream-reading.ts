import { StreamWalker, compareHlc, readSlot } from '../../log/index.ts';
import type { Hlc, LogContext, StreamId, WalkedSlot } from '../../log/index.ts';
import type { CutStream, StreamName } from '../../meta/index.ts';
import type { StreamReach } from './cut.ts';
import { holeAt, holeOfDamage } from './hole.ts';
import type { Hole } from './hole.ts';

/** One data stream of a copy, read as far as it goes without a gap; it goes on where it stopped. */
export class StreamReading {
  readonly stream: StreamId;
  readonly #walker: StreamWalker;
  readonly #context: LogContext;
  /** Slots that may be the last one of a cut: the first of them, and the time at which each begins. There may be millions. */
  #firstSlot = 0;
  #firstMs: number[] = [];
  #firstCounters: number[] = [];
  #hlc: Hlc | undefined;
  #through = -1;
  #isComplete = false;
  #hole: Hole | undefined;

  /** `endsAt`: of an ancestor's stream, the first slot that is not part of the history. */
  constructor(context: LogContext, name: StreamName, endsAt: number | undefined) {
    this.#context = context;
    this.stream = { log: 'data', ...name };
    this.#walker = new StreamWalker(context, this.stream, {
      ...(endsAt === undefined ? {} : { through: endsAt - 1 }),
      depth: 'tails',
      visit: (slot) => this.#take(slot),
    });
  }

  get reach(): StreamReach {
    return this.#isComplete ? { kind: 'complete' } : { kind: 'open', hlc: this.#hlc };
  }

  /** The last slot read; -1 = none. */
  get through(): number {
    return this.#through;
  }

  /** Where it does not go on; undefined once it is complete. */
  get hole(): Hole | undefined {
    return this.#isComplete ? undefined : this.#hole;
  }

  /** Reads what has come. `endsAt`: the slot of its end, if the metadata know it; whatever lies there need not have come. */
  async advance(endsAt: number | undefined): Promise<void> {
    if (this.#isComplete) return;
    if (!this.#reaches(endsAt)) await this.#walk();
    if (this.#reaches(endsAt)) this.#isComplete = true;
  }

  /** The last slot that holds anything of a cut at that time; undefined if none does. */
  async lastSlotAt(hlc: Hlc): Promise<CutStream | undefined> {
    const slot = this.#lastBegunAt(hlc);
    if (slot === undefined) return undefined;
    const read = await readSlot(this.#context, this.stream, slot, 'tails');
    if (read === undefined) return undefined;
    const { timeline, broker, epoch } = this.stream;
    return { timeline, broker, epoch, through: slot, hash: Buffer.from(read.hash) };
  }

  /** No cut before that time will be asked for any more. */
  forgetBefore(hlc: Hlc): void {
    const slot = this.#lastBegunAt(hlc);
    if (slot === undefined) return;
    const gone = slot - this.#firstSlot;
    this.#firstMs = this.#firstMs.slice(gone);
    this.#firstCounters = this.#firstCounters.slice(gone);
    this.#firstSlot = slot;
  }

  /** Times never fall along a stream, so a search by halves finds it. */
  #lastBegunAt(hlc: Hlc): number | undefined {
    let low = 0;
    let high = this.#firstMs.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const begins = { ms: this.#firstMs[middle]!, counter: this.#firstCounters[middle]! };
      if (compareHlc(begins, hlc) <= 0) low = middle + 1;
      else high = middle;
    }
    return low === 0 ? undefined : this.#firstSlot + low - 1;
  }

  #reaches(endsAt: number | undefined): boolean {
    return endsAt !== undefined && this.#through >= endsAt - 1;
  }

  async #walk(): Promise<void> {
    try {
      const end = await this.#walker.walk();
      this.#isComplete = end.kind === 'sealed';
      this.#hole = end.kind === 'sealed' ? undefined : holeAt(this.stream, end);
    } catch (error) {
      this.#hole = holeOfDamage(this.stream, this.#through + 1, error);
      if (this.#hole === undefined) throw error;
    }
  }

  #take({ slot, header }: WalkedSlot): void {
    this.#through = slot;
    // A LOST slot has no time of its own.
    const isLater = this.#hlc === undefined || compareHlc(header.lastHlc, this.#hlc) > 0;
    const first = isLater ? header.firstHlc : this.#hlc!;
    this.#firstMs.push(first.ms);
    this.#firstCounters.push(first.counter);
    if (isLater) this.#hlc = header.lastHlc;
  }
}

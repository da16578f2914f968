import { ChronikError } from '../edge/index.ts';
import type { Timer } from '../edge/index.ts';
import type { LogContext } from './context.ts';
import type { BatchEntry, CloseMeta } from './entry.ts';
import { IdleWatch } from './idle-watch.ts';
import { ItemQueue } from './item-queue.ts';
import type { Item, SlotLoad } from './item-queue.ts';
import { RETURN_MS, ReturningClients } from './returning-clients.ts';
import type { SealedStream, SlotContent } from './slot.ts';
import type { SlotWriter } from './slot-writer.ts';
import type { StreamId } from './stream-names.ts';
import { describeStream } from './stream-names.ts';

export interface DataStreamOptions {
  /** `wal.linger.ms`: at most one flush in so many milliseconds; 0 = the next as soon as the last is done. */
  readonly lingerMs: number;
  /** With linger 0: so long batches gather that nobody waits for (see `hurry`); left out: not at all. */
  readonly patienceMs?: number;
  /** `wal.target.bytes`: a slot that would grow beyond this is flushed at once. */
  readonly targetBytes: number;
  /** An idle stream writes an empty slot after so long; left out: never (no replica is configured). */
  readonly heartbeatMs?: number;
  /** An idle stream without heartbeats looks so often whether it has been sealed (rule 18). */
  readonly lookMs?: number;
  /** Is told which batches became which slot: the local WAL. */
  readonly observer?: SlotObserver;
}

export interface SlotObserver {
  /** The next `batchCount` batches, in the order in which they were appended, are slot `slot`. */
  slotFrozen(slot: number, batchCount: number): void;
  slotCommitted(slot: number): void;
}

const DEFAULT_LOOK_MS = 10_000;
/** With linger 0: a second slot is not worth its PUT for less than this part of a full one. */
const PIPELINED_PART = 8;

interface FlushWaiter {
  /** Number of the last item that must be committed. */
  readonly item: number;
  readonly resolve: () => void;
  readonly reject: (error: ChronikError) => void;
}

/**
 * Batches of all partitions of a broker on their way into the slots of its stream.
 *
 * Flushing is adaptive: the first batch after at least one linger of silence goes at once, together with what the same I/O
 * event brings; after that one flush per linger, or whenever `targetBytes` wait. With linger 0 (a local directory) a batch goes
 * at once if no slot is on its way (or as soon as those are back who were answered last); else it waits for that slot, whose duration is then the batching window, unless an eighth of
 * `targetBytes` have gathered: then up to W slots run in parallel, so that throughput is not bound to one PUT at a time. While
 * nobody waits for a commit (acks=1 without a consumer at the end), slots are `patienceMs` apart or full: a slot costs more CPU
 * and disk time than the batches in it.
 * When W slots are on their way everything waits: `pendingBytes` is what back-pressure is measured by.
 */
export class DataStream {
  readonly #clock: LogContext['clock'];
  readonly #writer: SlotWriter;
  readonly #options: DataStreamOptions;
  readonly #queue = new ItemQueue();
  readonly #idle: IdleWatch;
  readonly #returning = new ReturningClients();
  readonly #flushWaiters: FlushWaiter[] = [];
  #timer: Timer | undefined;
  #isDeferred = false;
  /** What waits is to go as soon as the window allows, however little it is. */
  #isDue = false;
  /** Somebody waits for the commit of what waits. */
  #isHurried = false;
  #isLooking = false;
  #lastFlushMs = Number.NEGATIVE_INFINITY;
  #appendedItems = 0;
  #committedItems = 0;
  #pendingBytes = 0;
  /** Why nothing more is taken. */
  #ended: ChronikError | undefined;

  constructor(context: LogContext, writer: SlotWriter, options: DataStreamOptions) {
    this.#clock = context.clock;
    this.#writer = writer;
    this.#options = options;
    const idleMs = options.heartbeatMs ?? options.lookMs ?? DEFAULT_LOOK_MS;
    this.#idle = new IdleWatch(this.#clock, idleMs, () => this.#whenIdle());
    writer.fenced.addEventListener('abort', () => this.#fail(writer.fenced.reason as ChronikError), { once: true });
  }

  get stream(): StreamId {
    return this.#writer.stream;
  }

  /** See SlotWriter.committedThrough. */
  get committedThrough(): number {
    return this.#writer.committedThrough;
  }

  /** Bytes appended and neither committed nor failed. */
  get pendingBytes(): number {
    return this.#pendingBytes;
  }

  /** See SlotWriter.fenced. */
  get fenced(): AbortSignal {
    return this.#writer.fenced;
  }

  /** Takes a batch; never waits. Its owner is told, later, what became of it. */
  append(entry: BatchEntry): void {
    const ended = this.#ended;
    if (ended !== undefined) {
      this.#clock.defer(() => entry.owner.failed(entry, ended));
      return;
    }
    this.#pendingBytes += entry.bytes.length;
    this.#push(entry);
  }

  /** Somebody waits for the commit of what was appended: with linger 0 it is not held back any longer. */
  hurry(): void {
    if (this.#isHurried || this.#queue.isEmpty) return;
    this.#isHurried = true;
    if (this.#isDue || this.#isDeferred) return;
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#schedule();
  }

  /** Writes a leader's last word on a partition behind all its batches; resolves with the slot once that is committed (rule 17). */
  appendClose(close: CloseMeta): Promise<number> {
    if (this.#ended !== undefined) return Promise.reject(this.#ended);
    return new Promise((resolve, reject) => {
      this.#push({ close, committed: resolve, failed: reject });
      this.hurry();
    });
  }

  /** Sends what waits without regard to the linger; resolves when all that was appended before is committed. */
  flush(): Promise<void> {
    if (this.#ended !== undefined) return Promise.reject(this.#ended);
    const item = this.#appendedItems;
    if (this.#committedItems >= item) return Promise.resolve();
    return new Promise((resolve, reject) => {
      this.#flushWaiters.push({ item, resolve, reject });
      this.#isDue = true;
      this.#pump();
    });
  }

  /** Flushes and seals the stream: a clean stop. Batches appended from now on fail. */
  async close(): Promise<SealedStream> {
    const flushed = this.flush();
    const closed = new ChronikError('STREAM_CLOSED', `${describeStream(this.stream)} has been closed`, {
      remedy: 'The broker is stopping; the client finds the new leader by itself.',
    });
    this.#ended ??= closed;
    this.#idle.stop();
    await flushed;
    return this.#writer.seal();
  }

  /** See SlotWriter.proveOpen. */
  proveOpen(): Promise<void> {
    return this.#writer.proveOpen();
  }

  #push(item: Item): void {
    this.#queue.push(item);
    this.#appendedItems += 1;
    if (this.#queue.bytes >= this.#options.targetBytes) this.#pump();
    else if (!this.#isDue && !this.#isDeferred) this.#schedule();
  }

  /** Decides when what has begun to wait goes. */
  #schedule(): void {
    const { lingerMs, patienceMs = 0 } = this.#options;
    if (lingerMs > 0) {
      if (this.#timer === undefined) this.#flushIn(this.#leftOf(lingerMs));
    } else if (this.#isWorthASlot()) {
      this.#defer();
    } else if (this.#writer.inFlight === 0 && this.#timer === undefined) {
      this.#flushIn(this.#isAwaited ? RETURN_MS : this.#leftOf(patienceMs));
    }
    // Else the commit of what is on its way sends what has gathered by then.
  }

  /** Of linger 0: enough is awaited to run beside what is on its way, or nothing is on its way and there is no reason to wait. */
  #isWorthASlot(): boolean {
    const { targetBytes, patienceMs = 0 } = this.#options;
    if (this.#isAwaited && this.#queue.bytes >= targetBytes / PIPELINED_PART) return true;
    if (this.#writer.inFlight > 0) return false;
    return this.#isAwaited ? !this.#returning.expectsMore(this.#queue.length) : this.#leftOf(patienceMs) <= 0;
  }

  get #isAwaited(): boolean {
    return this.#isHurried || (this.#options.patienceMs ?? 0) === 0;
  }

  /** Milliseconds until the last flush is so long ago. */
  #leftOf(windowMs: number): number {
    return this.#lastFlushMs + windowMs - this.#clock.monotonicMs();
  }

  #flushIn(waitMs: number): void {
    if (waitMs <= 0) this.#defer();
    else this.#timer = this.#clock.setTimer(waitMs, () => this.#flushDue());
  }

  #defer(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#isDeferred = true;
    this.#clock.defer(() => this.#flushDue());
  }

  #flushDue(): void {
    this.#isDeferred = false;
    this.#timer = undefined;
    this.#isDue = true;
    this.#pump();
  }

  /** Freezes slots while something should go and the window allows. */
  #pump(): void {
    const { targetBytes } = this.#options;
    while (!this.#queue.isEmpty && this.#writer.inFlight < this.#writer.window && !this.#writer.hasEnded) {
      if (!this.#isDue && this.#queue.bytes < targetBytes) return;
      const load = this.#queue.take(targetBytes);
      this.#returning.sent(load.batches.length);
      this.#send(load);
      this.#lastFlushMs = this.#clock.monotonicMs();
    }
    if (!this.#queue.isEmpty) return;
    this.#isDue = false;
    this.#isHurried = false;
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #send(load: SlotLoad): void {
    const slot = this.#writer.nextSlot;
    const appended = this.#writer.append(contentOf(load));
    this.#idle.active();
    this.#options.observer?.slotFrozen(slot, load.batches.length);
    // An owner that throws breaks the order of everything behind it: the rejection is left unhandled and ends the process.
    void appended.then(
      () => this.#slotCommitted(slot, load),
      (error: ChronikError) => {
        this.#failLoad(load, error);
        this.#fail(error);
      },
    );
  }

  #slotCommitted(slot: number, { batches, closes, bytes }: SlotLoad): void {
    this.#options.observer?.slotCommitted(slot);
    this.#pendingBytes -= bytes;
    this.#committedItems += batches.length + closes.length;
    const { stream } = this;
    let position = 0;
    for (const entry of batches) {
      const { length } = entry.bytes;
      entry.owner.committed(entry, { stream, slot, position, length });
      position += length;
    }
    for (const close of closes) close.committed(slot);
    while ((this.#flushWaiters[0]?.item ?? Number.POSITIVE_INFINITY) <= this.#committedItems) {
      this.#flushWaiters.shift()!.resolve();
    }
    if (this.#options.lingerMs === 0 && this.#isWorthASlot()) this.#isDue = true;
    this.#pump();
    if (!this.#queue.isEmpty && !this.#isDue && !this.#isDeferred) this.#schedule();
  }

  #whenIdle(): void {
    if (this.#ended !== undefined || this.#writer.inFlight > 0 || !this.#queue.isEmpty) return;
    if (this.#options.heartbeatMs !== undefined) {
      this.#send({ batches: [], closes: [], bytes: 0 });
    } else if (!this.#isLooking) {
      this.#isLooking = true;
      const done = (): void => void (this.#isLooking = false);
      this.#writer.proveOpen().then(done, done);
    }
  }

  #failLoad({ batches, closes, bytes }: SlotLoad, error: ChronikError): void {
    this.#pendingBytes -= bytes;
    for (const entry of batches) entry.owner.failed(entry, error);
    for (const close of closes) close.failed(error);
  }

  /** The stream is lost: whatever has no slot fails too, and nothing more is taken. */
  #fail(error: ChronikError): void {
    this.#ended = error;
    this.#idle.stop();
    this.#timer?.cancel();
    this.#timer = undefined;
    while (!this.#queue.isEmpty) this.#failLoad(this.#queue.take(Number.POSITIVE_INFINITY), error);
    for (const waiter of this.#flushWaiters.splice(0)) waiter.reject(error);
  }
}

function contentOf({ batches, closes }: SlotLoad): SlotContent {
  if (batches.length === 0 && closes.length === 0) return { kind: 'heartbeat' };
  return { kind: 'batches', batches, closes: closes.map(({ close }) => close) };
}

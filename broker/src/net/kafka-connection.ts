import { type Clock, type Connection, InvariantError, type Logger, hasCode } from '../edge/index.ts';
import type { ByteBudget } from './byte-budget.ts';
import type { NetCounters } from './counters.ts';
import { type Dispatcher, HANG_UP, NO_RESPONSE, type Peer, type Reply } from './dispatcher.ts';
import { FrameParser, type FrameSink } from './frame-parser.ts';

export interface ConnectionOptions {
  /** `socket.request.max.bytes` */
  readonly maxRequestBytes: number;
  /** Requests of one connection that may wait for their answer at a time; more are not read. */
  readonly maxInFlight: number;
}

export interface ConnectionContext {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly dispatcher: Dispatcher;
  /** Requests being received and batches not yet committed: producers are held back above its cap. */
  readonly budget: ByteBudget;
  /** Answers that are not sent yet. Apart from the other, so that clients who do not read cannot stop those who write. */
  readonly answers: ByteBudget;
  readonly counters: NetCounters;
  readonly options: ConnectionOptions;
  /** An invariant is broken: the process has to end. */
  readonly onFatal: (error: Error) => void;
}

/** A request whose answer is not there yet, or waits for those before it. */
interface Pending {
  reply: Reply | undefined;
  readonly isFetch: boolean;
}

const PRODUCE_KEY = 0;
const FETCH_KEY = 1;
/** Requests up to this size are taken whatever memory is short, so that groups and consumers live on. */
const SMALL_REQUEST_BYTES = 1024 * 1024;
/** A request whose rest does not come for so long is given up: it holds memory that others wait for. */
const STALLED_MS = 30_000;

/**
 * One client's connection: requests are handled as they come, responses leave in the order of the requests (Kafka's
 * protocol has no other way to tell them apart for most clients), all that one event answers in one write.
 */
export class KafkaConnection implements FrameSink, Peer {
  readonly id: number;
  readonly host: string;
  readonly onClosed = new Set<() => void>();
  readonly #connection: Connection;
  readonly #context: ConnectionContext;
  readonly #ended: (connection: KafkaConnection) => void;
  readonly #parser: FrameParser;
  /** Oldest first. */
  readonly #pending: Pending[] = [];
  #outgoing: Buffer[] = [];
  #flushScheduled = false;
  /** Bytes given to the connection that the kernel has not taken, as counted among the answers. */
  #unsentBytes = 0;
  /**
   * A fetch is large, so each connection has one under way, until its answer has left; Kafka's own broker takes one request
   * after the other. The next one is kept here until then, and nothing is read meanwhile.
   */
  #fetching: 'no' | 'answering' | 'sending' = 'no';
  #nextFetch: Buffer | undefined;
  /** Bytes of a fetch's answer that waits for answers before it, as counted among the answers. */
  #queuedBytes = 0;
  #reservedBytes = 0;
  /** Reasons not to read: nothing is cut up or delivered while there is one. */
  #waitsForRoom = false;
  #waitsForDrain = false;
  #paused = false;
  /** No more requests are taken; the connection closes when what was answered is sent. */
  #ending = false;
  #closed = false;
  #lastActiveMs: number;

  constructor(
    id: number,
    connection: Connection,
    context: ConnectionContext,
    ended: (connection: KafkaConnection) => void,
  ) {
    this.id = id;
    this.#connection = connection;
    this.#context = context;
    this.#ended = ended;
    this.host = connection.remote.slice(0, Math.max(0, connection.remote.lastIndexOf(':')));
    this.#parser = new FrameParser(this, context.options.maxRequestBytes);
    this.#lastActiveMs = context.clock.monotonicMs();
    connection.onData = (chunk) => this.#onData(chunk);
    connection.onDrain = () => this.#onDrain();
    connection.onClose = () => this.#onClose();
  }

  /** Whether the connection has been idle for `maxIdleMs`, or has stopped in the middle of a request. */
  isIdle(nowMs: number, maxIdleMs: number): boolean {
    const idleMs = nowMs - this.#lastActiveMs;
    // Who does not read is not waiting; when memory is short, it is in the way of those who do.
    if (this.#waitsForDrain) {
      return idleMs >= (this.#context.answers.full ? Math.min(STALLED_MS, maxIdleMs) : maxIdleMs);
    }
    if (this.#pending.length > 0 || this.#waitsForRoom) return false;
    return idleMs >= maxIdleMs || (idleMs >= STALLED_MS && this.#reservedBytes > 0);
  }

  /** Ends at once, without answering what waits. */
  destroy(): void {
    this.#connection.destroy();
    this.#onClose();
  }

  /** Ends after what is answered has been sent. */
  end(): void {
    if (this.#closed || this.#ending) return;
    this.#flush();
    this.#ending = true;
    this.#connection.end();
  }

  admit(sizeBytes: number, apiKey: number | undefined): boolean {
    if (!this.#context.budget.full) return true;
    if (apiKey !== PRODUCE_KEY && sizeBytes <= SMALL_REQUEST_BYTES) return true;
    this.#waitForRoom();
    return false;
  }

  begin(sizeBytes: number): void {
    this.#reservedBytes = sizeBytes;
    this.#context.budget.add(sizeBytes);
  }

  frame(payload: Buffer): boolean {
    const isFetch = payload.readInt16BE(0) === FETCH_KEY;
    if (isFetch && this.#fetching !== 'no') {
      this.#nextFetch = payload;
      return false;
    }
    if (isFetch) this.#fetching = 'answering';
    this.#dispatch(payload, isFetch);
    return this.#mayRead;
  }

  #dispatch(payload: Buffer, isFetch: boolean): void {
    const { counters, dispatcher } = this.#context;
    counters.requests++;
    let reply: Reply | Promise<Reply>;
    try {
      reply = dispatcher.dispatch(payload, this);
    } catch (error) {
      this.#broken(error);
      return;
    }
    // What the request brought is counted by now by whoever keeps it.
    if (this.#reservedBytes > 0) this.#releaseReserved();
    if (reply instanceof Promise) {
      this.#enqueue(reply, isFetch);
    } else if (this.#pending.length > 0) {
      this.#pending.push({ reply, isFetch });
      if (isFetch) this.#countQueued(reply);
    } else {
      this.#send(reply, isFetch);
    }
  }

  get #mayRead(): boolean {
    if (this.#closed || this.#ending || this.#waitsForRoom || this.#waitsForDrain) return false;
    if (this.#nextFetch !== undefined) return false;
    return this.#pending.length < this.#context.options.maxInFlight;
  }

  #onData(chunk: Buffer): void {
    const { clock, counters } = this.#context;
    this.#lastActiveMs = clock.monotonicMs();
    counters.receivedBytes += chunk.length;
    this.#parser.push(chunk);
    this.#proceed();
  }

  /** Cuts up and handles what is there, as far as allowed, and sends what that answered. */
  #proceed(): void {
    do {
      if (this.#closed) return;
      try {
        this.#takeNextFetch();
        if (this.#mayRead) this.#parser.advance();
      } catch (error) {
        this.#broken(error);
        return;
      }
      this.#flush();
    } while (this.#nextFetchMayGo);
    this.#steer();
  }

  get #nextFetchMayGo(): boolean {
    return this.#nextFetch !== undefined && this.#fetching === 'no' && !this.#waitsForDrain && !this.#ending;
  }

  #takeNextFetch(): void {
    const payload = this.#nextFetch;
    if (payload === undefined || !this.#nextFetchMayGo) return;
    this.#nextFetch = undefined;
    this.frame(payload);
  }

  /** Stops or resumes the delivery of data. */
  #steer(): void {
    const stop = !this.#mayRead;
    if (stop === this.#paused || this.#closed) return;
    this.#paused = stop;
    if (stop) this.#connection.pause();
    else this.#connection.resume();
  }

  #enqueue(reply: Promise<Reply>, isFetch: boolean): void {
    const pending: Pending = { reply: undefined, isFetch };
    this.#pending.push(pending);
    reply.then(
      (settled) => {
        pending.reply = settled;
        if (isFetch && this.#pending[0] !== pending) this.#countQueued(settled);
        this.#sendSettled();
      },
      (error: unknown) => this.#broken(error),
    );
  }

  /** Sends the answers at the front of the queue. */
  #sendSettled(): void {
    if (this.#closed) return;
    const wasFull = this.#pending.length >= this.#context.options.maxInFlight;
    let settled = 0;
    for (const { reply, isFetch } of this.#pending) {
      if (reply === undefined || this.#closed) break;
      settled++;
      this.#send(reply, isFetch);
    }
    this.#pending.splice(0, settled);
    if (settled === 0) return;
    this.#lastActiveMs = this.#context.clock.monotonicMs();
    if (wasFull) this.#proceed();
    else this.#scheduleFlush();
  }

  /** Counts an answer that cannot leave yet. */
  #countQueued(reply: Reply): void {
    if (this.#closed || typeof reply === 'symbol') return;
    for (const chunk of reply) this.#queuedBytes += chunk.length;
    this.#context.answers.add(this.#queuedBytes);
  }

  #send(reply: Reply, isFetch: boolean): void {
    if (isFetch) this.#fetching = 'sending';
    if (reply === NO_RESPONSE) return;
    if (reply === HANG_UP) this.end();
    else for (const chunk of reply) this.#outgoing.push(chunk);
  }

  /** One write for all that the current event answers. */
  #scheduleFlush(): void {
    if (this.#flushScheduled) return;
    this.#flushScheduled = true;
    queueMicrotask(() => {
      this.#flushScheduled = false;
      this.#flush();
      if (this.#nextFetchMayGo) this.#proceed();
      else this.#steer();
    });
  }

  #flush(): void {
    if (this.#outgoing.length === 0 || this.#closed || this.#ending) return;
    const chunks = this.#outgoing;
    this.#outgoing = [];
    const { counters, answers } = this.#context;
    for (const chunk of chunks) counters.sentBytes += chunk.length;
    if (!this.#connection.write(chunks)) this.#waitsForDrain = true;
    const unsentBytes = this.#waitsForDrain ? this.#connection.bufferedBytes : 0;
    answers.add(unsentBytes - this.#unsentBytes);
    this.#unsentBytes = unsentBytes;
    this.#endFetch();
  }

  /** The answer of a fetch has left, unless the client does not read. */
  #endFetch(): void {
    if (this.#fetching !== 'sending') return;
    this.#context.answers.release(this.#queuedBytes);
    this.#queuedBytes = 0;
    if (!this.#waitsForDrain) this.#fetching = 'no';
  }

  #onDrain(): void {
    const unsentBytes = this.#unsentBytes;
    this.#unsentBytes = 0;
    this.#waitsForDrain = false;
    this.#lastActiveMs = this.#context.clock.monotonicMs();
    this.#context.answers.release(unsentBytes);
    this.#endFetch();
    this.#proceed();
  }

  #waitForRoom(): void {
    this.#waitsForRoom = true;
    this.#context.counters.producersHeldBack++;
    this.#context.budget.whenRoom(() => {
      this.#waitsForRoom = false;
      this.#proceed();
    });
  }

  #releaseReserved(): void {
    const reservedBytes = this.#reservedBytes;
    this.#reservedBytes = 0;
    this.#context.budget.release(reservedBytes);
  }

  /** The connection ends with one line in the log; an invariant that broke ends the process. */
  #broken(error: unknown): void {
    const { counters, logger, onFatal } = this.#context;
    if (error instanceof InvariantError) onFatal(error);
    if (this.#closed) return;
    counters.connectionsBroken++;
    const fields = { remote: this.#connection.remote, error: error instanceof Error ? error.message : String(error) };
    if (hasCode(error, 'FRAME_SIZE') || hasCode(error, 'UNSUPPORTED_REQUEST') || isMalformed(error)) {
      logger.warn('Connection closed: not a request that can be answered', fields);
    } else {
      logger.error('Connection closed: a request failed', { ...fields, cause: error });
    }
    this.destroy();
  }

  #onClose(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#pending.length = 0;
    this.#outgoing = [];
    this.#context.counters.connectionsClosed++;
    this.#context.budget.release(this.#reservedBytes);
    this.#context.answers.release(this.#unsentBytes + this.#queuedBytes);
    this.#parser.clear();
    this.#nextFetch = undefined;
    this.#unsentBytes = 0;
    this.#queuedBytes = 0;
    this.#reservedBytes = 0;
    for (const callback of this.onClosed) callback();
    this.onClosed.clear();
    this.#ended(this);
  }
}

function isMalformed(error: unknown): boolean {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('KAFKA_');
}

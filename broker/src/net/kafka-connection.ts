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
  readonly budget: ByteBudget;
  readonly counters: NetCounters;
  readonly options: ConnectionOptions;
  /** An invariant is broken: the process has to end. */
  readonly onFatal: (error: Error) => void;
}

/** A request whose answer is not there yet, or waits for those before it. */
interface Pending {
  reply: Reply | undefined;
}

const PRODUCE_KEY = 0;
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
  /** Bytes given to the connection that the kernel has not taken, as counted in the budget. */
  #unsentBytes = 0;
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
    if (this.#pending.length > 0 || this.#waitsForRoom) return false;
    const idleMs = nowMs - this.#lastActiveMs;
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
    const { counters, dispatcher } = this.#context;
    counters.requests++;
    let reply: Reply | Promise<Reply>;
    try {
      reply = dispatcher.dispatch(payload, this);
    } catch (error) {
      this.#broken(error);
      return false;
    }
    // What the request brought is counted by now by whoever keeps it.
    if (this.#reservedBytes > 0) this.#releaseReserved();
    if (reply instanceof Promise) {
      this.#enqueue(reply);
    } else if (this.#pending.length > 0) {
      this.#pending.push({ reply });
    } else {
      this.#send(reply);
    }
    if (this.#closed) return false;
    return this.#mayRead;
  }

  get #mayRead(): boolean {
    if (this.#closed || this.#ending || this.#waitsForRoom || this.#waitsForDrain) return false;
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
    if (this.#closed) return;
    try {
      if (this.#mayRead) this.#parser.advance();
    } catch (error) {
      this.#broken(error);
      return;
    }
    this.#flush();
    this.#steer();
  }

  /** Stops or resumes the delivery of data. */
  #steer(): void {
    const stop = !this.#mayRead;
    if (stop === this.#paused || this.#closed) return;
    this.#paused = stop;
    if (stop) this.#connection.pause();
    else this.#connection.resume();
  }

  #enqueue(reply: Promise<Reply>): void {
    const pending: Pending = { reply: undefined };
    this.#pending.push(pending);
    reply.then(
      (settled) => {
        pending.reply = settled;
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
    for (const { reply } of this.#pending) {
      if (reply === undefined || this.#closed) break;
      settled++;
      this.#send(reply);
    }
    this.#pending.splice(0, settled);
    if (settled === 0) return;
    this.#lastActiveMs = this.#context.clock.monotonicMs();
    if (wasFull) this.#proceed();
    else this.#scheduleFlush();
  }

  #send(reply: Reply): void {
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
      this.#steer();
    });
  }

  #flush(): void {
    if (this.#outgoing.length === 0 || this.#closed || this.#ending) return;
    const chunks = this.#outgoing;
    this.#outgoing = [];
    const { counters, budget } = this.#context;
    for (const chunk of chunks) counters.sentBytes += chunk.length;
    if (!this.#connection.write(chunks)) this.#waitsForDrain = true;
    const unsentBytes = this.#waitsForDrain ? this.#connection.bufferedBytes : 0;
    budget.add(unsentBytes - this.#unsentBytes);
    this.#unsentBytes = unsentBytes;
  }

  #onDrain(): void {
    const unsentBytes = this.#unsentBytes;
    this.#unsentBytes = 0;
    this.#waitsForDrain = false;
    this.#lastActiveMs = this.#context.clock.monotonicMs();
    this.#context.budget.release(unsentBytes);
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
    this.#context.budget.release(this.#unsentBytes + this.#reservedBytes);
    this.#unsentBytes = 0;
    this.#reservedBytes = 0;
    for (const callback of this.onClosed) callback();
    this.onClosed.clear();
    this.#ended(this);
  }
}

function isMalformed(error: unknown): boolean {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('KAFKA_');
}

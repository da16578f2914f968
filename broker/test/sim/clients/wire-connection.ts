import type { Clock, Connection, Timer, Transport } from '../../../src/edge/index.ts';
import { decodeCorrelationId, decodeResponse, encodeRequest } from '../../../src/kafka/index.ts';
import type { ApiKey, ApiNameOf, RequestInput, ResponseOf } from '../../../src/kafka/index.ts';
import { SimConnection } from '../sim-connection.ts';

/** The request may or may not have been carried out: the connection was lost, or no answer came in time. */
export class NoAnswerError extends Error {
  readonly reason: 'connection' | 'timeout';

  constructor(reason: 'connection' | 'timeout', message: string) {
    super(message);
    this.reason = reason;
  }
}

interface Waiting {
  readonly resolve: (payload: Buffer) => void;
  readonly reject: (error: Error) => void;
  readonly timer: Timer;
}

/** A client's connection to one broker: frames out, frames in, matched by correlation id. Answers come in order. */
export class WireConnection {
  readonly #connection: Connection;
  readonly #clock: Clock;
  readonly #clientId: string;
  readonly #waiting = new Map<number, Waiting>();
  #received: Buffer = Buffer.alloc(0);
  #correlationId = 0;
  #closed = false;

  private constructor(connection: Connection, clock: Clock, clientId: string) {
    this.#connection = connection;
    this.#clock = clock;
    this.#clientId = clientId;
    connection.onData = (chunk) => this.#onData(chunk);
    connection.onClose = (error) => this.#onClose(error?.message ?? 'closed by the broker');
  }

  static async open(transport: Transport, clock: Clock, clientId: string, host: string, port: number) {
    try {
      return new WireConnection(await transport.connect(host, port), clock, clientId);
    } catch (error) {
      throw new NoAnswerError('connection', error instanceof Error ? error.message : String(error));
    }
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** The simulated process at the other end: for the history, which has to know whose word an answer was. */
  get serverName(): string {
    return this.#connection instanceof SimConnection ? this.#connection.peer.process.name : this.#connection.remote;
  }

  /** Sends a request that is never answered (Produce with acks=0). */
  send<K extends ApiKey>(apiKey: K, version: number, body: RequestInput<ApiNameOf<K>>): void {
    this.#connection.write(encodeRequest(apiKey, version, this.#correlationId++, this.#clientId, body));
  }

  /** Rejects with NoAnswerError when the connection ends or `timeoutMs` pass; a time-out ends the connection. */
  async request<K extends ApiKey>(
    apiKey: K,
    version: number,
    body: RequestInput<ApiNameOf<K>>,
    timeoutMs: number,
  ): Promise<ResponseOf<ApiNameOf<K>>> {
    if (this.#closed) throw new NoAnswerError('connection', 'The connection is closed.');
    const correlationId = this.#correlationId++;
    const payload = await new Promise<Buffer>((resolve, reject) => {
      const timer = this.#clock.setTimer(timeoutMs, () => {
        this.#connection.destroy();
        this.#onClose('no answer in time', 'timeout');
      });
      this.#waiting.set(correlationId, { resolve, reject, timer });
      this.#connection.write(encodeRequest(apiKey, version, correlationId, this.#clientId, body));
    });
    return decodeResponse(apiKey, version, payload).body;
  }

  close(): void {
    this.#connection.destroy();
    this.#onClose('closed by this client');
  }

  #onData(chunk: Buffer): void {
    this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk]);
    while (this.#received.length >= 4) {
      const end = 4 + this.#received.readInt32BE(0);
      if (this.#received.length < end) return;
      const payload = this.#received.subarray(4, end);
      this.#received = this.#received.subarray(end);
      this.#answer(payload);
    }
  }

  #answer(payload: Buffer): void {
    const correlationId = decodeCorrelationId(payload);
    const [oldest] = this.#waiting.keys();
    if (oldest !== correlationId) {
      throw new Error(`Answer ${correlationId} came while ${oldest ?? 'nothing'} was the oldest request outstanding.`);
    }
    const waiting = this.#waiting.get(correlationId) as Waiting;
    this.#waiting.delete(correlationId);
    waiting.timer.cancel();
    waiting.resolve(payload);
  }

  #onClose(message: string, reason: 'connection' | 'timeout' = 'connection'): void {
    if (this.#closed) return;
    this.#closed = true;
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const one of waiting) {
      one.timer.cancel();
      one.reject(new NoAnswerError(reason, message));
    }
  }
}

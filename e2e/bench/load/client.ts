import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { apis, decodeCorrelationId, decodeResponse, encodeRequest } from '../../../broker/src/kafka/index.ts';
import type { ApiKey, ApiNameOf, RequestInput, ResponseOf } from '../../../broker/src/kafka/index.ts';

export const CLIENT_ID = 'chronik-bench';
const SIZE_BYTES = 4;
const CORRELATION_ID_AT = 8;

export interface Address {
  readonly host: string;
  readonly port: number;
}

/** Takes the payload of one response (without its size; a view that is only good during the call). */
export type ResponseHandler = (payload: Buffer) => void;

/** Reads `host:port`. */
export function parseAddress(text: string): Address {
  const colon = text.lastIndexOf(':');
  return { host: text.slice(0, colon), port: Number(text.slice(colon + 1)) };
}

/**
 * One connection that sends any number of requests ahead of their responses, which come in the order of the requests.
 * Knows no retries: whatever goes wrong ends the measurement with an error.
 */
export class Client {
  readonly #socket: Socket;
  readonly #handlers: ResponseHandler[] = [];
  #head = 0;
  #nextCorrelationId = 0;
  #firstCorrelationId = 0;
  #parts: Buffer[] = [];
  #partBytes = 0;
  #corked = false;
  #failed: (error: Error) => void = (error) => {
    throw error;
  };
  #closing = false;
  #receivedBytes = 0;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (chunk: Buffer) => this.#onData(chunk));
    socket.on('error', (error) => this.#failed(error));
    socket.on('close', () => {
      if (!this.#closing) this.#failed(new Error('the broker closed the connection'));
    });
  }

  static connect(address: Address): Promise<Client> {
    return new Promise((resolve, reject) => {
      const socket = connect({ ...address, noDelay: true });
      socket.once('error', reject);
      socket.once('connect', () => {
        socket.off('error', reject);
        resolve(new Client(socket));
      });
    });
  }

  /** Requests that wait for their response. */
  get inFlight(): number {
    return this.#handlers.length - this.#head;
  }

  /** Bytes that came, of whole responses or not. */
  get receivedBytes(): number {
    return this.#receivedBytes;
  }

  /** Who is told when the connection fails; otherwise the process ends with the error. */
  onFailure(failed: (error: Error) => void): void {
    this.#failed = failed;
  }

  /** Sends a frame as `encodeRequest` made it; its correlation id is filled in, in a copy of the first chunk. */
  send(frame: readonly Buffer[], handler: ResponseHandler): void {
    const [first, ...rest] = frame;
    if (first === undefined) throw new Error('an empty frame');
    const head = Buffer.from(first);
    head.writeInt32BE(this.#nextCorrelationId, CORRELATION_ID_AT);
    this.#nextCorrelationId = (this.#nextCorrelationId + 1) | 0;
    this.#handlers.push(handler);
    this.#cork();
    this.#socket.write(head);
    for (const chunk of rest) this.#socket.write(chunk);
  }

  /** One request and its response. */
  request<K extends ApiKey>(
    key: K,
    version: number,
    body: RequestInput<ApiNameOf<K>>,
  ): Promise<ResponseOf<ApiNameOf<K>>> {
    if (!apis.has(key)) throw new Error(`there is no API with key ${key}`);
    return new Promise((resolve, reject) => {
      this.#failed = reject;
      this.send(encodeRequest(key, version, 0, CLIENT_ID, body), (payload) => {
        resolve(decodeResponse(key, version, Buffer.from(payload)).body);
      });
    });
  }

  /** Takes one chunk of what has arrived (64 KiB at most) and then nothing until it is called again: a slow reader. */
  takeOneChunk(): void {
    this.#socket.once('data', () => this.#socket.pause());
    this.#socket.resume();
  }

  close(): void {
    this.#closing = true;
    this.#socket.destroy();
  }

  /** All that one event sends goes out in one system call. */
  #cork(): void {
    if (this.#corked) return;
    this.#corked = true;
    this.#socket.cork();
    process.nextTick(() => {
      this.#corked = false;
      this.#socket.uncork();
    });
  }

  #onData(chunk: Buffer): void {
    this.#receivedBytes += chunk.length;
    this.#parts.push(chunk);
    this.#partBytes += chunk.length;
    while (this.#partBytes >= SIZE_BYTES) {
      const size = this.#peekSize();
      if (this.#partBytes < SIZE_BYTES + size) return;
      const bytes = this.#parts.length === 1 ? this.#parts[0]! : Buffer.concat(this.#parts);
      this.#answer(bytes.subarray(SIZE_BYTES, SIZE_BYTES + size));
      const rest = bytes.subarray(SIZE_BYTES + size);
      this.#parts = rest.length === 0 ? [] : [rest];
      this.#partBytes = rest.length;
    }
  }

  #peekSize(): number {
    if (this.#parts[0]!.length < SIZE_BYTES) this.#parts = [Buffer.concat(this.#parts)];
    return this.#parts[0]!.readInt32BE(0);
  }

  #answer(payload: Buffer): void {
    const handler = this.#handlers[this.#head];
    if (handler === undefined) throw new Error('a response without a request');
    const correlationId = decodeCorrelationId(payload);
    if (correlationId !== this.#firstCorrelationId) {
      throw new Error(`response ${correlationId} came where ${this.#firstCorrelationId} was expected`);
    }
    this.#firstCorrelationId = (this.#firstCorrelationId + 1) | 0;
    this.#head += 1;
    if (this.#head === this.#handlers.length) {
      this.#handlers.length = 0;
      this.#head = 0;
    } else if (this.#head >= 1024) {
      this.#handlers.splice(0, this.#head);
      this.#head = 0;
    }
    handler(payload);
  }
}

import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { decodeResponse, encodeRequest } from '../../../broker/src/kafka/index.ts';
import type { ApiKey, ApiNameOf, RequestInput, ResponseOf } from '../../../broker/src/kafka/index.ts';

const SIZE_BYTES = 4;
const TIMEOUT_MS = 20_000;

/** One connection to a broker; one request at a time. */
export class WireConnection {
  readonly #socket: Socket;
  #received: Buffer = Buffer.alloc(0);
  #waiting: PromiseWithResolvers<Buffer> | undefined;
  #nextCorrelationId = 1;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (chunk: Buffer) => this.#onData(chunk));
    socket.on('error', (error) => this.#waiting?.reject(error));
    socket.on('close', () => this.#waiting?.reject(new Error('the broker closed the connection')));
    socket.setTimeout(TIMEOUT_MS, () => {
      if (this.#waiting !== undefined) socket.destroy(new Error(`no answer within ${TIMEOUT_MS} ms`));
    });
  }

  static open(port: number): Promise<WireConnection> {
    return new Promise((resolve, reject) => {
      const socket = connect({ host: '127.0.0.1', port, noDelay: true });
      socket.once('error', reject);
      socket.once('connect', () => {
        socket.off('error', reject);
        resolve(new WireConnection(socket));
      });
    });
  }

  async request<K extends ApiKey>(
    key: K,
    version: number,
    body: RequestInput<ApiNameOf<K>>,
  ): Promise<ResponseOf<ApiNameOf<K>>> {
    const waiting = Promise.withResolvers<Buffer>();
    this.#waiting = waiting;
    for (const chunk of encodeRequest(key, version, this.#nextCorrelationId++, 'observer', body)) {
      this.#socket.write(chunk);
    }
    return decodeResponse(key, version, await waiting.promise).body;
  }

  close(): void {
    this.#waiting = undefined;
    this.#socket.destroy();
  }

  #onData(chunk: Buffer): void {
    this.#received = Buffer.concat([this.#received, chunk]);
    if (this.#received.length < SIZE_BYTES) return;
    const end = SIZE_BYTES + this.#received.readInt32BE(0);
    if (this.#received.length < end) return;
    const payload = this.#received.subarray(SIZE_BYTES, end);
    this.#received = this.#received.subarray(end);
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.resolve(payload);
  }
}

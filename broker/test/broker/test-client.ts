import assert from 'node:assert/strict';
import type { Connection, Transport } from '../../src/edge/index.ts';
import {
  type ApiKey,
  type ApiNameOf,
  type RequestInput,
  type ResponseOf,
  decodeCorrelationId,
  decodeResponse,
  encodeRequest,
} from '../../src/kafka/index.ts';

/** A client that sends decoded requests and gives back decoded responses. */
export class TestClient {
  readonly #connection: Connection;
  readonly #waiting = new Map<number, PromiseWithResolvers<Buffer>>();
  #received = Buffer.alloc(0);
  #nextCorrelationId = 1;
  closed = false;
  readonly whenClosed: Promise<void>;

  private constructor(connection: Connection) {
    this.#connection = connection;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.whenClosed = promise;
    connection.onData = (chunk) => this.#onData(chunk);
    connection.onClose = () => {
      this.closed = true;
      resolve();
      for (const { reject } of this.#waiting.values()) reject(new Error('The connection was closed.'));
    };
  }

  static async connect(transport: Transport, port: number): Promise<TestClient> {
    return new TestClient(await transport.connect('127.0.0.1', port));
  }

  /** Sends a request and resolves with its response; rejects if the connection ends first. */
  async send<K extends ApiKey>(
    apiKey: K,
    version: number,
    body: RequestInput<ApiNameOf<K>>,
  ): Promise<ResponseOf<ApiNameOf<K>>> {
    const correlationId = this.#nextCorrelationId++;
    const waiting = Promise.withResolvers<Buffer>();
    const frame = encodeRequest(apiKey, version, correlationId, 'test', body);
    this.#waiting.set(correlationId, waiting);
    this.#connection.write(frame);
    return decodeResponse(apiKey, version, await waiting.promise).body;
  }

  /** Sends a request that gets no response. */
  post<K extends ApiKey>(apiKey: K, version: number, body: RequestInput<ApiNameOf<K>>): void {
    this.#connection.write(encodeRequest(apiKey, version, this.#nextCorrelationId++, 'test', body));
  }

  sendRaw(bytes: Buffer): void {
    this.#connection.write([bytes]);
  }

  close(): void {
    this.#connection.destroy();
  }

  #onData(chunk: Buffer): void {
    this.#received = Buffer.concat([this.#received, chunk]);
    while (this.#received.length >= 4) {
      const end = 4 + this.#received.readInt32BE(0);
      if (this.#received.length < end) return;
      const payload = this.#received.subarray(4, end);
      this.#received = this.#received.subarray(end);
      const correlationId = decodeCorrelationId(payload);
      const waiting = this.#waiting.get(correlationId);
      assert.ok(waiting !== undefined, `an answer to request ${correlationId}, which was not sent`);
      this.#waiting.delete(correlationId);
      waiting.resolve(payload);
    }
  }
}

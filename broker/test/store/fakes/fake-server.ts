import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request as it came over the wire, with its body whole. */
export interface WireRequest {
  readonly method: string;
  /** Path as sent, still encoded. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Buffer;
}

export interface WireAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}

/** What happens to a request instead of the plain course; `applies` left out: to the next one, whatever it is. */
export type Fault = { readonly applies?: (request: WireRequest) => boolean } & (
  | { readonly kind: 'answer'; readonly answer: WireAnswer }
  /** The connection breaks before the store acts. */
  | { readonly kind: 'reset-before' }
  /** The store acts, and the connection breaks before the answer. */
  | { readonly kind: 'reset-after' }
  /** The store acts, and its answer breaks off after so many bytes of the body. */
  | { readonly kind: 'truncated'; readonly bytes: number }
  /** The store acts; its answer is changed on the way. */
  | { readonly kind: 'altered'; readonly alter: (answer: WireAnswer) => WireAnswer }
  /** No answer at all. */
  | { readonly kind: 'silence' }
);

/**
 * A store on the wire, at a free port of the loopback interface: plain HTTP/1.1 as the provider documents it, with faults
 * on demand. A subclass is one provider.
 */
export abstract class FakeServer {
  /** Everything that arrived, in order. */
  readonly requests: WireRequest[] = [];
  readonly #server: Server;
  readonly #faults: Fault[] = [];
  #onRequest: (() => void) | undefined;

  constructor() {
    this.#server = createServer((request, response) => {
      // A client that ends its request in the middle.
      this.#serve(request, response).catch(() => response.destroy());
    });
  }

  /** The provider's rules. */
  protected abstract handle(request: WireRequest): WireAnswer;

  async listen(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#server.listen(0, '127.0.0.1', resolve);
    });
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
    });
  }

  /** Each fault meets one request: the first that it applies to. */
  inject(...faults: readonly Fault[]): void {
    this.#faults.push(...faults);
  }

  /** Resolves when the next request has arrived. */
  nextRequest(): Promise<void> {
    return new Promise((resolve) => {
      this.#onRequest = resolve;
    });
  }

  async #serve(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const request = await readRequest(message);
    this.requests.push(request);
    this.#onRequest?.();
    this.#onRequest = undefined;
    const index = this.#faults.findIndex(({ applies }) => applies?.(request) ?? true);
    const [fault] = index === -1 ? [] : this.#faults.splice(index, 1);
    if (fault === undefined) return send(response, request, this.handle(request));
    switch (fault.kind) {
      case 'answer':
        return send(response, request, fault.answer);
      case 'reset-before':
        response.destroy();
        return;
      case 'reset-after':
        this.handle(request);
        response.destroy();
        return;
      case 'truncated':
        return breakOff(response, this.handle(request), fault.bytes);
      case 'altered':
        return send(response, request, fault.alter(this.handle(request)));
      case 'silence':
        break;
    }
  }
}

async function readRequest(message: IncomingMessage): Promise<WireRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of message as AsyncIterable<Buffer>) chunks.push(chunk);
  const [path = '', query = ''] = (message.url ?? '').split('?');
  return {
    method: message.method ?? '',
    path,
    query: new URLSearchParams(query),
    headers: message.headers as Record<string, string | undefined>,
    body: Buffer.concat(chunks),
  };
}

function send(response: ServerResponse, request: WireRequest, answer: WireAnswer): void {
  const body = Buffer.from(answer.body ?? '');
  const length = request.method === 'HEAD' ? {} : { 'content-length': String(body.length) };
  response.writeHead(answer.status, { ...length, ...answer.headers });
  response.end(request.method === 'HEAD' ? undefined : body);
}

function breakOff(response: ServerResponse, answer: WireAnswer, bytes: number): void {
  const body = Buffer.from(answer.body ?? '');
  response.writeHead(answer.status, { 'content-length': String(body.length), ...answer.headers });
  response.write(body.subarray(0, bytes), () => response.destroy());
}

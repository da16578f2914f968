import { Agent, createServer, request as httpRequest } from 'node:http';
import type { IncomingHttpHeaders, IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** A request on its way to the store. */
export interface ProxiedRequest {
  readonly method: string;
  /** Path and query, as sent. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
}

export interface ProxyAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly body: Buffer;
}

/** What happens to a request instead of the plain course. */
export type ProxyFault =
  /** Answered here; the store does not see it. */
  | { readonly kind: 'answer-before'; readonly answer: ProxyAnswer }
  /** The store acts, and its answer is replaced. */
  | { readonly kind: 'answer-after'; readonly answer: ProxyAnswer }
  | { readonly kind: 'reset-before' }
  | { readonly kind: 'reset-after' }
  /** The store acts, and half of the answer's body arrives. */
  | { readonly kind: 'truncated' };

/**
 * Stands between a broker and a real store, over plain HTTP, and does what networks and stores do on bad days. Headers are
 * passed on as they are: requests are signed with the address of the proxy, and stores check the signature against that.
 */
export class FaultProxy {
  /** Extra time for every request. */
  latencyMs = 0;
  /** Of bodies, in each direction; Infinity = as fast as it goes. */
  bytesPerSecond = Number.POSITIVE_INFINITY;
  /** Asked for every request. */
  fault: (request: ProxiedRequest) => ProxyFault | undefined = () => undefined;
  /** Requests that arrived. */
  requests = 0;
  /** Requests that met a fault. */
  faults = 0;
  readonly #target: number;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 64 });
  #server: Server;
  #port = 0;

  private constructor(target: number) {
    this.#target = target;
    this.#server = this.#newServer();
  }

  /** Listens on a free port of the loopback interface for what is meant for `target`, another port of it. */
  static async start(target: number): Promise<FaultProxy> {
    const proxy = new FaultProxy(target);
    await proxy.#listen();
    return proxy;
  }

  get port(): number {
    return this.#port;
  }

  /** Breaks every connection and refuses new ones until `endOutage`. */
  async beginOutage(): Promise<void> {
    const closed = new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
    });
    this.#server.closeAllConnections();
    await closed;
  }

  async endOutage(): Promise<void> {
    this.#server = this.#newServer();
    await this.#listen();
  }

  async close(): Promise<void> {
    if (this.#server.listening) await this.beginOutage();
    this.#agent.destroy();
  }

  #newServer(): Server {
    return createServer((message, response) => {
      this.#serve(message, response).catch(() => response.destroy());
    });
  }

  async #listen(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(this.#port, '127.0.0.1', resolve);
    });
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  async #serve(message: IncomingMessage, response: ServerResponse): Promise<void> {
    this.requests += 1;
    const request = { method: message.method ?? 'GET', path: message.url ?? '/', headers: message.headers };
    const body = await bodyOf(message);
    const fault = this.fault(request);
    if (fault !== undefined) this.faults += 1;
    if (this.latencyMs > 0) await sleep(this.latencyMs);
    if (fault?.kind === 'reset-before') {
      response.destroy();
      return;
    }
    if (fault?.kind === 'answer-before') {
      send(response, fault.answer);
      return;
    }
    await this.#carry(body.length);
    const answer = await this.#forward(request, body);
    await this.#carry(answer.body.length);
    switch (fault?.kind) {
      case undefined:
        send(response, answer);
        return;
      case 'reset-after':
        response.destroy();
        return;
      case 'answer-after':
        send(response, fault.answer);
        return;
      case 'truncated':
        response.writeHead(answer.status, { ...answer.headers, 'content-length': String(answer.body.length) });
        response.write(answer.body.subarray(0, answer.body.length / 2), () => response.destroy());
    }
  }

  async #carry(bytes: number): Promise<void> {
    const neededMs = (bytes / this.bytesPerSecond) * 1000;
    if (neededMs >= 1) await sleep(neededMs);
  }

  #forward({ method, path, headers }: ProxiedRequest, body: Buffer): Promise<ProxyAnswer> {
    return new Promise((resolve, reject) => {
      const { 'transfer-encoding': _chunked, connection: _hop, ...passed } = headers;
      const request = httpRequest({
        host: '127.0.0.1',
        port: this.#target,
        agent: this.#agent,
        method,
        path,
        headers: body.length === 0 ? passed : { ...passed, 'content-length': body.length },
      });
      request.once('error', reject);
      request.once('response', (answer) => {
        const { connection: _hop2, 'transfer-encoding': _chunked2, ...kept } = answer.headers;
        bodyOf(answer).then(
          (bytes) =>
            resolve({
              status: answer.statusCode ?? 502,
              headers: kept as Readonly<Record<string, string | readonly string[]>>,
              body: bytes,
            }),
          reject,
        );
      });
      request.end(body);
    });
  }
}

function send(response: ServerResponse, { status, headers, body }: ProxyAnswer): void {
  const isHead = response.req.method === 'HEAD';
  response.writeHead(status, {
    ...(headers as Record<string, string | string[]>),
    ...(isHead || status === 204 ? {} : { 'content-length': String(body.length) }),
  });
  response.end(isHead ? undefined : body);
}

async function bodyOf(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of message as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}

import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { ChronikError } from '../edge/index.ts';

/** An answer of /healthz or /readyz: state, not the mere fact that a socket opened. */
export interface Verdict {
  readonly ok: boolean;
  /** One line for people, e.g. `restoring: 120 of 800 slots`. */
  readonly reason: string;
}

/** What the endpoints ask the process. Calls are synchronous or short; none of them touches the store. */
export interface HttpSources {
  /** False only if a restart is the remedy. Waiting for a store is healthy. */
  readonly healthy: () => Verdict;
  /** True once clients are served: identity verified, restore complete, epoch held. */
  readonly ready: () => Verdict;
  /** Anything JSON can hold; never a secret. */
  readonly status: () => unknown;
  /** Prometheus text format. */
  readonly metrics: () => Promise<string>;
}

export interface HttpListener {
  readonly port: number;
  close(): Promise<void>;
}

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

const TEXT = 'text/plain; charset=utf-8';
const JSON_TYPE = 'application/json; charset=utf-8';
const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/**
 * Serves /healthz, /readyz, /metrics and /status. Read-only and without authentication, hence bound to loopback unless told
 * otherwise. Rejects with HTTP_PORT_IN_USE, or HTTP_LISTEN_FAILED with the cause.
 */
export async function serveHttp(host: string, port: number, sources: HttpSources): Promise<HttpListener> {
  const server = createServer((request, response) => {
    void respond(request, response, sources);
  });
  await listen(server, host, port);
  const address = server.address();
  const bound = address !== null && typeof address === 'object' ? address.port : port;
  return { port: bound, close: () => close(server) };
}

async function respond(request: IncomingMessage, response: ServerResponse, sources: HttpSources): Promise<void> {
  const answer = await answerFor(request, sources);
  response.writeHead(answer.status, { 'content-type': answer.type, 'cache-control': 'no-store' });
  response.end(request.method === 'HEAD' ? undefined : answer.body);
}

async function answerFor(request: IncomingMessage, sources: HttpSources): Promise<Answer> {
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    return { status: 405, type: TEXT, body: 'only GET is served here\n' };
  }
  const [path = ''] = (request.url ?? '/').split('?');
  switch (path) {
    case '/healthz':
      return verdictAnswer(sources.healthy());
    case '/readyz':
      return verdictAnswer(sources.ready());
    case '/status':
      return { status: 200, type: JSON_TYPE, body: `${JSON.stringify(sources.status(), null, 2)}\n` };
    case '/metrics':
      return { status: 200, type: METRICS_TYPE, body: await sources.metrics() };
    default:
      return { status: 404, type: TEXT, body: 'there are /healthz, /readyz, /metrics and /status\n' };
  }
}

function verdictAnswer(verdict: Verdict): Answer {
  return { status: verdict.ok ? 200 : 503, type: TEXT, body: `${verdict.reason}\n` };
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const inUse = error.code === 'EADDRINUSE';
      const code = inUse ? 'HTTP_PORT_IN_USE' : 'HTTP_LISTEN_FAILED';
      const what = inUse ? 'is in use by another process' : `cannot be bound: ${error.code ?? error.message}`;
      reject(
        new ChronikError(code, `HTTP address ${host}:${port} ${what}`, {
          remedy: 'Choose another one with --http-port (CHRONIK_HTTP_PORT) or CHRONIK_HTTP_LISTEN_HOST.',
          cause: error,
        }),
      );
    });
    server.listen(port, host, () => resolve());
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

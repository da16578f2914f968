import { createServer } from 'node:http';
import type { Server } from 'node:http';

export interface HttpSources {
  /** Undefined = well; else why a restart is the remedy. */
  readonly unhealthy: () => string | undefined;
  /** Undefined = ready; else what is missing. */
  readonly unready: () => string | undefined;
  readonly metrics: () => Promise<string>;
}

/** Serves /healthz, /readyz and /metrics. Resolves once it listens. */
export function serveHttp(port: number, sources: HttpSources): Promise<Server> {
  const server = createServer((request, response) => {
    const verdict = (why: string | undefined): void => {
      response.writeHead(why === undefined ? 200 : 503, { 'content-type': 'text/plain' }).end(`${why ?? 'ok'}\n`);
    };
    switch (request.url ?? '/') {
      case '/healthz':
        return verdict(sources.unhealthy());
      case '/readyz':
        return verdict(sources.unready());
      case '/metrics':
        void sources.metrics().then(
          (text) => response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4' }).end(text),
          (error: unknown) => response.writeHead(500).end(`${String(error)}\n`),
        );
        return;
      default:
        response.writeHead(404).end('there are /healthz, /readyz and /metrics\n');
    }
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, () => resolve(server));
  });
}

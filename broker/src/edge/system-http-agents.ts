import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';

/** Pools of kept-alive connections, one for each scheme, for clients that take Node's agents. */
export interface HttpAgents {
  readonly http: HttpAgent;
  readonly https: HttpsAgent;
  /** Closes all connections, those in use included. */
  destroy(): void;
}

export interface HttpAgentOptions {
  /** Connections to one host, at most; further requests wait for a free one. */
  readonly maxConnections: number;
  /** Certificate authorities to trust instead of Node's, as PEM; undefined = Node's. */
  readonly ca: string | undefined;
  /** URL of an HTTP proxy, which may hold a user and a password; undefined = none. */
  readonly proxy: string | undefined;
}

/** Opens no connection yet. */
export function systemHttpAgents({ maxConnections, ca, proxy }: HttpAgentOptions): HttpAgents {
  const shared = {
    keepAlive: true,
    maxSockets: maxConnections,
    ...(proxy === undefined ? {} : { proxyEnv: { http_proxy: proxy, https_proxy: proxy } }),
  };
  const http = new HttpAgent(shared);
  const https = new HttpsAgent({ ...shared, ...(ca === undefined ? {} : { ca }) });
  return {
    http,
    https,
    destroy() {
      http.destroy();
      https.destroy();
    },
  };
}

import { request as httpRequest } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { RequestOptions } from 'node:https';
import { KubeConfig } from '@kubernetes/client-node';
import { KubeError } from './kube-error.ts';

export interface TransportRequest {
  readonly query: Readonly<Record<string, string>>;
  readonly contentType?: string;
  readonly body?: string;
  readonly signal?: AbortSignal;
}

export interface TransportAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: IncomingMessage;
}

/** One HTTP exchange with the API server: rejects with KubeError status 0 if there is no answer. */
export interface KubeTransport {
  open(method: string, path: string, request: TransportRequest): Promise<TransportAnswer>;
}

/** An answer begins within this time. */
const ANSWER_MS = 15_000;

/**
 * Talks to the API server that a kubeconfig (or the pod's service account) names. The client library knows how to prove who we
 * are; tokens are read anew by it as they rotate.
 */
export class ConfiguredTransport implements KubeTransport {
  readonly #config: KubeConfig;
  readonly #server: URL;

  constructor(config: KubeConfig) {
    const server = config.getCurrentCluster()?.server;
    if (server === undefined) throw new TypeError('the kubeconfig names no current cluster');
    this.#config = config;
    this.#server = new URL(server);
  }

  /** The pod's own identity, or KUBECONFIG and ~/.kube/config. */
  static fromEnvironment(): ConfiguredTransport {
    const config = new KubeConfig();
    config.loadFromDefault();
    return new ConfiguredTransport(config);
  }

  async open(method: string, path: string, request: TransportRequest): Promise<TransportAnswer> {
    const url = new URL(this.#server.href.replace(/\/$/, '') + path);
    for (const [name, value] of Object.entries(request.query)) url.searchParams.set(name, value);
    const options: RequestOptions = { method, headers: { accept: 'application/json' } };
    await this.#config.applyToHTTPSOptions(options);
    return send(url, options, request);
  }
}

function send(url: URL, options: RequestOptions, request: TransportRequest): Promise<TransportAnswer> {
  const headers: Record<string, string> = { ...(options.headers as Record<string, string>) };
  if (request.body !== undefined) {
    headers['content-type'] = request.contentType ?? 'application/json';
    headers['content-length'] = String(Buffer.byteLength(request.body));
  }
  return new Promise((resolve, reject) => {
    const make = url.protocol === 'http:' ? httpRequest : httpsRequest;
    const signal = request.signal === undefined ? {} : { signal: request.signal };
    const outgoing = make(url, { ...options, ...signal, headers, timeout: 0 }, (answer) => {
      clearTimeout(timer);
      resolve({ status: answer.statusCode ?? 0, headers: answer.headers as Record<string, string>, body: answer });
    });
    const timer = setTimeout(() => outgoing.destroy(new Error(`no answer within ${ANSWER_MS} ms`)), ANSWER_MS);
    outgoing.on('error', (error) => {
      clearTimeout(timer);
      const text = `the API server at ${url.host} did not answer: ${error.message}`;
      reject(new KubeError(0, 'Unreachable', text, { cause: error }));
    });
    outgoing.end(request.body);
  });
}

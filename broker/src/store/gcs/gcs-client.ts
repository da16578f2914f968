import { Storage } from '@google-cloud/storage';
import type { HttpAgents } from '../../edge/index.ts';
import { collect } from '../remote/body.ts';
import type { GcsStoreConfig } from './gcs-config.ts';
import { authClientFor } from './gcs-credentials.ts';

/** A request to the JSON API, as it goes over the wire. */
export interface GcsRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Path and query, e.g. `/storage/v1/b/bucket/o?prefix=a`. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer;
  readonly signal?: AbortSignal | undefined;
}

export interface GcsAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Buffer;
}

/**
 * Endpoint, project and credentials are the SDK's; requests go through its authorised transport and not through its
 * objects: those cannot be aborted, close the connections of all others after one error, and lose the error's reason.
 * Every request is sent once (rule 22), and every HTTP status is an answer here.
 */
export class GcsClient {
  /** `scheme://host:port` that requests go to. */
  readonly endpoint: string;
  readonly #config: GcsStoreConfig;
  readonly #agents: HttpAgents;
  readonly #readFile: (path: string) => Promise<string>;
  #storage: Promise<Storage> | undefined;

  constructor(config: GcsStoreConfig, agents: HttpAgents, readFile: (path: string) => Promise<string>) {
    this.endpoint = config.endpoint ?? 'https://storage.googleapis.com';
    this.#config = config;
    this.#agents = agents;
    this.#readFile = readFile;
  }

  /** Rejects only if there was no answer, or no credentials to ask with. */
  async send({ method, path, headers, body, signal }: GcsRequest): Promise<GcsAnswer> {
    this.#storage ??= this.#newStorage();
    const storage = await this.#storage;
    const response = await storage.authClient.request<AsyncIterable<Uint8Array>>({
      url: this.endpoint + path,
      method,
      // Bytes as they are stored, whatever lies between.
      headers: { 'accept-encoding': 'identity', ...headers },
      ...(body === undefined ? {} : { data: body }),
      ...(signal === undefined ? {} : { signal }),
      responseType: 'stream',
      retry: false,
      // It would look for secrets in every byte of the body, for seconds, on the only thread; errors of the SDK are never passed on.
      errorRedactor: false,
      redirect: 'manual',
      validateStatus: () => true,
    });
    const announced = response.headers.get('content-length');
    const expectedBytes = announced === null ? undefined : Number(announced);
    return {
      status: response.status,
      headers: response.headers,
      body: await collect(response.data, expectedBytes, `read the answer to ${method}`),
    };
  }

  /** The next request reads credentials anew, from a file that may have been rotated. */
  forgetCredentials(): void {
    this.#storage = undefined;
  }

  async #newStorage(): Promise<Storage> {
    const { projectId, credentials } = this.#config;
    const { http, https } = this.#agents;
    const transporterOptions = { agent: (url: URL) => (url.protocol === 'https:' ? https : http) };
    const authClient = await authClientFor(credentials, this.#readFile, transporterOptions);
    return new Storage({
      apiEndpoint: this.endpoint,
      retryOptions: { autoRetry: false, maxRetries: 0 },
      clientOptions: { transporterOptions },
      ...(projectId === undefined ? {} : { projectId }),
      ...(authClient === undefined ? {} : { authClient }),
    });
  }
}

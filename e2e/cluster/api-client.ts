import { request as requestPlain } from 'node:http';
import { request } from 'node:https';

export interface Access {
  readonly server: string;
  /** PEM of the authority that the server's certificate is checked with. */
  readonly authority: string;
  /** Empty: nothing has to be proved. */
  readonly token: string;
}

export interface Answer {
  readonly status: number;
  readonly body: KubeObject;
}

export interface KubeObject {
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly uid: string;
    readonly resourceVersion: string;
    readonly deletionTimestamp?: string;
    readonly finalizers?: readonly string[];
    readonly annotations?: Readonly<Record<string, string>>;
    readonly labels?: Readonly<Record<string, string>>;
  };
  readonly items?: readonly KubeObject[];
  readonly message?: string;
  readonly [field: string]: unknown;
}

/** A field deep inside an object, by its path: `at(cluster, 'status.nodes.0.volume')`; undefined if it is not there. */
export function at(value: unknown, path: string): unknown {
  let found = value;
  for (const step of path.split('.')) {
    if (typeof found !== 'object' || found === null) return undefined;
    found = (found as Readonly<Record<string, unknown>>)[step];
  }
  return found;
}

/** HTTPS to an API server (or HTTP to `kubectl proxy`): an answer is an answer, whatever its status. */
export class ApiClient {
  readonly access: Access;
  readonly #timeoutMs: number;

  constructor(access: Access, timeoutMs = 20_000) {
    this.access = access;
    this.#timeoutMs = timeoutMs;
  }

  call(method: string, path: string, body?: object, contentType = 'application/json'): Promise<Answer> {
    const { server, authority, token } = this.access;
    const text = body === undefined ? undefined : JSON.stringify(body);
    const headers = {
      ...(token === '' ? {} : { authorization: `Bearer ${token}` }),
      accept: 'application/json',
      // Node sends the body of a DELETE without saying how long it is.
      ...(text === undefined ? {} : { 'content-type': contentType, 'content-length': String(Buffer.byteLength(text)) }),
    };
    const send = server.startsWith('http:') ? requestPlain : request;
    return new Promise((resolve, reject) => {
      const outgoing = send(
        `${server}${path}`,
        { method, ca: authority, headers, timeout: this.#timeoutMs },
        (answer) => {
          const chunks: Buffer[] = [];
          answer.on('data', (chunk: Buffer) => chunks.push(chunk));
          answer.on('error', reject);
          answer.on('end', () => {
            const said = Buffer.concat(chunks).toString('utf8');
            const isJson = said.startsWith('{');
            resolve({
              status: answer.statusCode ?? 0,
              body: (isJson ? JSON.parse(said) : { message: said }) as KubeObject,
            });
          });
        },
      );
      outgoing.on('error', reject);
      outgoing.on('timeout', () => outgoing.destroy(new Error(`${method} ${path}: no answer`)));
      outgoing.end(text);
    });
  }

  /** The same, but anything except success throws. */
  async must(method: string, path: string, body?: object, contentType?: string): Promise<KubeObject> {
    const answer = await this.call(method, path, body, contentType);
    if (answer.status >= 200 && answer.status < 300) return answer.body;
    throw new Error(`${method} ${path}: ${answer.status} ${answer.body.message ?? ''}`);
  }

  /** The object, or undefined if there is none. */
  async find(path: string): Promise<KubeObject | undefined> {
    const answer = await this.call('GET', path);
    if (answer.status === 404) return undefined;
    if (answer.status !== 200) throw new Error(`GET ${path}: ${answer.status} ${answer.body.message ?? ''}`);
    return answer.body;
  }

  merge(path: string, patch: object): Promise<KubeObject> {
    return this.must('PATCH', path, patch, 'application/merge-patch+json');
  }
}

import { createInterface } from 'node:readline';
import type { KubeObject } from '../plan/index.ts';
import type { KubeApi, ListPage, Scope, WatchEvent } from './kube-api.ts';
import { KubeError } from './kube-error.ts';
import { pathOf, typeOf } from './resource-type.ts';
import type { ResourceType } from './resource-type.ts';
import type { KubeTransport } from './transport.ts';

export const FIELD_MANAGER = 'chronik-operator';

/** The server ends a watch after this long; bookmarks come about once a minute before that. */
const WATCH_SECONDS = 290;

/** KubeApi over HTTP. Thin: no cache, no retry, every answer becomes an object or a KubeError. */
export class HttpKubeApi implements KubeApi {
  readonly #transport: KubeTransport;

  constructor(transport: KubeTransport) {
    this.#transport = transport;
  }

  async get(type: ResourceType, namespace: string, name: string): Promise<KubeObject | undefined> {
    try {
      return await this.#call('GET', pathOf(type, namespace, name));
    } catch (error) {
      if (error instanceof KubeError && error.status === 404) return undefined;
      throw error;
    }
  }

  async list(
    type: ResourceType,
    scope: Scope,
    page: { readonly limit: number; readonly continueToken?: string },
  ): Promise<ListPage> {
    const query = { ...selector(scope), limit: String(page.limit), ...optional('continue', page.continueToken) };
    const answer = (await this.#call('GET', pathOf(type, scope.namespace), { query })) as unknown as {
      readonly items?: readonly KubeObject[] | null;
      readonly metadata: { readonly resourceVersion?: string; readonly continue?: string };
    };
    const token = answer.metadata.continue;
    return {
      // Items of a list do not say what they are.
      items: (answer.items ?? []).map((item) => ({ ...item, apiVersion: type.apiVersion, kind: type.kind })),
      resourceVersion: answer.metadata.resourceVersion ?? '',
      continueToken: token === '' ? undefined : token,
    };
  }

  async *watch(
    type: ResourceType,
    scope: Scope,
    resourceVersion: string,
    signal: AbortSignal,
  ): AsyncGenerator<WatchEvent> {
    const query = {
      ...selector(scope),
      watch: 'true',
      allowWatchBookmarks: 'true',
      resourceVersion,
      timeoutSeconds: String(WATCH_SECONDS),
    };
    const { status, body } = await this.#transport.open('GET', pathOf(type, scope.namespace), { query, signal });
    if (status !== 200) throw errorOf(status, await readAll(body));
    for await (const line of createInterface({ input: body, crlfDelay: Infinity })) {
      if (line !== '') yield parseEvent(line);
    }
  }

  apply(object: KubeObject): Promise<KubeObject> {
    const query = { fieldManager: FIELD_MANAGER, force: 'true' };
    return this.#call('PATCH', pathOfObject(object), {
      query,
      body: object,
      contentType: 'application/apply-patch+yaml',
    });
  }

  create(object: KubeObject): Promise<KubeObject> {
    const query = { fieldManager: FIELD_MANAGER };
    return this.#call('POST', pathOf(typeOf(object), object.metadata.namespace), { query, body: object });
  }

  replace(object: KubeObject): Promise<KubeObject> {
    return this.#call('PUT', pathOfObject(object), { query: { fieldManager: FIELD_MANAGER }, body: object });
  }

  patch(
    type: ResourceType,
    namespace: string,
    name: string,
    patch: object,
    subresource?: 'status',
  ): Promise<KubeObject> {
    const path = pathOf(type, namespace, name) + (subresource === undefined ? '' : `/${subresource}`);
    const query = { fieldManager: FIELD_MANAGER };
    return this.#call('PATCH', path, { query, body: patch, contentType: 'application/merge-patch+json' });
  }

  async delete(
    type: ResourceType,
    namespace: string,
    name: string,
    uid: string,
    gracePeriodSeconds?: number,
  ): Promise<void> {
    const body = { apiVersion: 'v1', kind: 'DeleteOptions', preconditions: { uid }, gracePeriodSeconds };
    await this.#call('DELETE', pathOf(type, namespace, name), { body });
  }

  async #call(
    method: string,
    path: string,
    request: { readonly query?: Record<string, string>; readonly body?: object; readonly contentType?: string } = {},
  ): Promise<KubeObject> {
    const { status, body, headers } = await this.#transport.open(method, path, {
      query: request.query ?? {},
      contentType: request.contentType ?? 'application/json',
      ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
    });
    const text = await readAll(body);
    if (status < 200 || status > 299) throw errorOf(status, text, headers['retry-after']);
    return JSON.parse(text) as KubeObject;
  }
}

function pathOfObject(object: KubeObject): string {
  return pathOf(typeOf(object), object.metadata.namespace, object.metadata.name);
}

function selector({ labelSelector }: Scope): Record<string, string> {
  return optional('labelSelector', labelSelector);
}

function optional(name: string, value: string | undefined): Record<string, string> {
  return value === undefined ? {} : { [name]: value };
}

async function readAll(body: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of body) chunks.push(chunk);
  } catch (error) {
    throw new KubeError(0, 'ConnectionLost', `the answer was cut short: ${String(error)}`, { cause: error });
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parseEvent(line: string): WatchEvent {
  const event = JSON.parse(line) as { readonly type: string; readonly object: KubeObject };
  switch (event.type) {
    case 'ADDED':
    case 'MODIFIED':
    case 'DELETED':
      return { type: event.type, object: event.object };
    case 'BOOKMARK':
      return { type: 'BOOKMARK', resourceVersion: event.object.metadata.resourceVersion ?? '' };
    default: {
      const status = event.object as unknown as { readonly code?: number };
      throw errorOf(status.code ?? 500, JSON.stringify(event.object));
    }
  }
}

function errorOf(status: number, text: string, retryAfter?: string): KubeError {
  let answer: { readonly reason?: string; readonly message?: string } = {};
  try {
    answer = JSON.parse(text) as typeof answer;
  } catch {
    // A proxy in between answers in a language of its own; its text is the message.
    answer = { message: text.slice(0, 500) };
  }
  const seconds = Number(retryAfter);
  const message = answer.message ?? `the API server answered ${status}`;
  const options = retryAfter !== undefined && seconds > 0 ? { retryAfterMs: seconds * 1000 } : {};
  return new KubeError(status, answer.reason ?? String(status), message, options);
}

import type { KubeApi, ListPage, ResourceType, Scope, WatchEvent } from '../kube/index.ts';
import type { KubeObject } from '../plan/index.ts';

/** This process does not lead, or not any more. */
export class NotLeaderError extends Error {
  constructor() {
    super('this operator does not lead: nothing is written');
    this.name = 'NotLeaderError';
  }
}

/** Reads pass; every single write first asks whether this process still leads. */
export class GatedApi implements KubeApi {
  readonly #api: KubeApi;
  readonly #leads: () => boolean;
  readonly #onWrite: (verb: string) => void;

  constructor(api: KubeApi, leads: () => boolean, onWrite: (verb: string) => void) {
    this.#api = api;
    this.#leads = leads;
    this.#onWrite = onWrite;
  }

  get(type: ResourceType, namespace: string, name: string): Promise<KubeObject | undefined> {
    return this.#api.get(type, namespace, name);
  }

  list(type: ResourceType, scope: Scope, page: { readonly limit: number }): Promise<ListPage> {
    return this.#api.list(type, scope, page);
  }

  watch(type: ResourceType, scope: Scope, resourceVersion: string, signal: AbortSignal): AsyncIterable<WatchEvent> {
    return this.#api.watch(type, scope, resourceVersion, signal);
  }

  apply(object: KubeObject): Promise<KubeObject> {
    return this.#write('apply', () => this.#api.apply(object));
  }

  create(object: KubeObject): Promise<KubeObject> {
    return this.#write('create', () => this.#api.create(object));
  }

  replace(object: KubeObject): Promise<KubeObject> {
    return this.#write('replace', () => this.#api.replace(object));
  }

  patch(
    type: ResourceType,
    namespace: string,
    name: string,
    patch: object,
    subresource?: 'status',
  ): Promise<KubeObject> {
    return this.#write('patch', () => this.#api.patch(type, namespace, name, patch, subresource));
  }

  delete(...parameters: Parameters<KubeApi['delete']>): Promise<void> {
    return this.#write('delete', () => this.#api.delete(...parameters));
  }

  async #write<Result>(verb: string, write: () => Promise<Result>): Promise<Result> {
    if (!this.#leads()) throw new NotLeaderError();
    this.#onWrite(verb);
    return write();
  }
}

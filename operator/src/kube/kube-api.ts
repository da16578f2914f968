import type { KubeObject } from '../plan/index.ts';
import type { ResourceType } from './resource-type.ts';

export interface Scope {
  /** Undefined: all namespaces. */
  readonly namespace: string | undefined;
  readonly labelSelector?: string;
}

export interface ListPage {
  readonly items: readonly KubeObject[];
  readonly resourceVersion: string;
  readonly continueToken: string | undefined;
}

export type WatchEvent =
  | { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'; readonly object: KubeObject }
  | { readonly type: 'BOOKMARK'; readonly resourceVersion: string };

/** What the operator reads. All methods reject with KubeError. */
export interface KubeReader {
  /** The object as it is now, past every cache of ours; undefined if it is not there. */
  get(type: ResourceType, namespace: string, name: string): Promise<KubeObject | undefined>;
  list(
    type: ResourceType,
    scope: Scope,
    page: { readonly limit: number; readonly continueToken?: string },
  ): Promise<ListPage>;
  /** Ends when the server ends the watch; rejects with 410 if the position is too old, and when the signal aborts. */
  watch(type: ResourceType, scope: Scope, resourceVersion: string, signal: AbortSignal): AsyncIterable<WatchEvent>;
}

/** What the operator writes. All methods reject with KubeError. */
export interface KubeWriter {
  /** Server-side apply under our field manager, taking over fields that others have changed. */
  apply(object: KubeObject): Promise<KubeObject>;
  create(object: KubeObject): Promise<KubeObject>;
  /** PUT with the resourceVersion that the object carries. */
  replace(object: KubeObject): Promise<KubeObject>;
  /** JSON merge patch; a resourceVersion or uid in it is a precondition. */
  patch(
    type: ResourceType,
    namespace: string,
    name: string,
    patch: object,
    subresource?: 'status',
  ): Promise<KubeObject>;
  /**
   * Deletes the object if it still has this UID; 409 if it has another, 404 if it is gone. `graceSeconds`: of a pod, how long it has to
   * end; of one that is ending, less than it had.
   */
  delete(type: ResourceType, namespace: string, name: string, uid: string, graceSeconds?: number): Promise<void>;
}

export interface KubeApi extends KubeReader, KubeWriter {}

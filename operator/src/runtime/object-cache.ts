import type { CacheReader, ResourceType } from '../kube/index.ts';
import { CLUSTER_LABEL } from '../plan/index.ts';
import type { KubeObject } from '../plan/index.ts';

/** What informers have seen: by kind and name, and by the cluster that an object belongs to. */
export class ObjectCache implements CacheReader {
  readonly #objects = new Map<string, KubeObject>();
  readonly #ofCluster = new Map<string, Map<string, KubeObject>>();

  get size(): number {
    return this.#objects.size;
  }

  get(type: ResourceType, namespace: string, name: string): KubeObject | undefined {
    return this.#objects.get(keyOf(type, namespace, name));
  }

  labelled(type: ResourceType, namespace: string, label: string, value: string): readonly KubeObject[] {
    if (label !== CLUSTER_LABEL) throw new TypeError(`the cache has no index for label ${label}`);
    return [...(this.#ofCluster.get(keyOf(type, namespace, value))?.values() ?? [])];
  }

  put(type: ResourceType, object: KubeObject): void {
    const { name, namespace = '' } = object.metadata;
    this.remove(type, namespace, name);
    this.#objects.set(keyOf(type, namespace, name), object);
    const cluster = object.metadata.labels?.[CLUSTER_LABEL];
    if (cluster === undefined) return;
    const key = keyOf(type, namespace, cluster);
    const members = this.#ofCluster.get(key) ?? new Map<string, KubeObject>();
    this.#ofCluster.set(key, members.set(name, object));
  }

  remove(type: ResourceType, namespace: string, name: string): void {
    const key = keyOf(type, namespace, name);
    const old = this.#objects.get(key);
    if (old === undefined) return;
    this.#objects.delete(key);
    const cluster = keyOf(type, namespace, old.metadata.labels?.[CLUSTER_LABEL] ?? '');
    const members = this.#ofCluster.get(cluster);
    members?.delete(name);
    if (members?.size === 0) this.#ofCluster.delete(cluster);
  }
}

function keyOf(type: ResourceType, namespace: string, name: string): string {
  return `${type.apiVersion}/${type.kind}/${namespace}/${name}`;
}

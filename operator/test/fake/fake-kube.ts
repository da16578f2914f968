import { isDeepStrictEqual } from 'node:util';
import type { CacheReader, KubeApi, ListPage, ResourceType, WatchEvent } from '../../src/kube/index.ts';
import { KubeError, typeOf } from '../../src/kube/index.ts';
import type { KubeObject } from '../../src/plan/index.ts';

export type Fields = { [name: string]: unknown };
export type Stored = KubeObject & { metadata: Fields & { name: string; namespace: string; uid: string } };

/** What happens around a write; throws to refuse it before or to break off after it. */
export interface Faults {
  before?: (verb: string, kind: string) => void;
  after?: (verb: string, kind: string) => void;
}

/**
 * An API server in memory, as far as the operator sees it: resource versions, uids, generations, preconditions, server-side
 * apply of one manager, finalizers. It is its own cache, always fresh.
 */
export class FakeKube implements KubeApi, CacheReader {
  readonly objects = new Map<string, Stored>();
  readonly faults: Faults = {};
  /** Verb and kind of every write. */
  readonly writes: string[] = [];
  /** Wall clock, for deletion timestamps. */
  nowMs = Date.parse('2026-01-01T00:00:00Z');
  #version = 100;
  #uids = 0;
  readonly #applied = new Map<string, KubeObject>();

  // Reading.

  get(type: ResourceType, namespace: string, name: string): Promise<KubeObject | undefined> & KubeObject;
  get(type: ResourceType, namespace: string, name: string): unknown {
    const found = this.find(type.kind, name, namespace);
    // As a cache it answers at once, as an API later: a copy that serves both.
    return found === undefined ? undefined : structuredClone(found);
  }

  labelled(type: ResourceType, namespace: string, label: string, value: string): readonly KubeObject[] {
    return this.all(type.kind)
      .filter(({ metadata }) => metadata.namespace === namespace && metadata.labels?.[label] === value)
      .map((object) => structuredClone(object));
  }

  list(type: ResourceType): Promise<ListPage> {
    const items = this.all(type.kind).map((object) => structuredClone(object));
    return Promise.resolve({ items, resourceVersion: String(this.#version), continueToken: undefined });
  }

  // eslint-disable-next-line require-yield
  async *watch(): AsyncGenerator<WatchEvent> {
    await Promise.reject(new KubeError(500, 'InternalError', 'this fake has no watch'));
  }

  // Writing, as the operator does it.

  apply(object: KubeObject): Promise<KubeObject> {
    return this.#write('apply', object.kind, () => {
      const key = keyOf(object.kind, object.metadata.namespace ?? '', object.metadata.name);
      const found = this.objects.get(key);
      if (found !== undefined) this.#checkVersion(found, object.metadata.resourceVersion);
      const cleaned = structuredClone(found ?? {}) as Fields;
      prune(cleaned, this.#applied.get(key), object);
      const merged = merge(cleaned, structuredClone(object)) as unknown as KubeObject;
      this.#applied.set(key, structuredClone(object));
      return this.store(merged, found);
    });
  }

  create(object: KubeObject): Promise<KubeObject> {
    return this.#write('create', object.kind, () => {
      if (this.objects.has(keyOf(object.kind, object.metadata.namespace ?? '', object.metadata.name))) {
        throw new KubeError(409, 'AlreadyExists', `${object.kind} ${object.metadata.name} already exists`);
      }
      return this.store(structuredClone(object), undefined);
    });
  }

  replace(object: KubeObject): Promise<KubeObject> {
    return this.#write('replace', object.kind, () => {
      const found = this.#expect(typeOf(object), object.metadata.namespace ?? '', object.metadata.name);
      this.#checkVersion(found, object.metadata.resourceVersion);
      return this.store(structuredClone(object), found);
    });
  }

  patch(type: ResourceType, namespace: string, name: string, patch: object, subresource?: string): Promise<KubeObject> {
    return this.#write(subresource === undefined ? 'patch' : `patch ${subresource}`, type.kind, () => {
      const found = this.#expect(type, namespace, name);
      const wanted = patch as { readonly metadata?: { readonly resourceVersion?: string } };
      this.#checkVersion(found, wanted.metadata?.resourceVersion);
      const merged = mergePatch(structuredClone(found), structuredClone(patch)) as Stored;
      // As with the API server: what changes nothing makes no new version.
      if (isDeepStrictEqual(merged, found)) return found;
      const stored = this.store(merged, found);
      this.#finishDeletion(stored);
      return stored;
    });
  }

  delete(type: ResourceType, namespace: string, name: string, uid: string, graceSeconds?: number): Promise<void> {
    return this.#write('delete', type.kind, () => {
      const found = this.#expect(type, namespace, name);
      if (found.metadata.uid !== uid) throw new KubeError(409, 'Conflict', 'the uid in the precondition differs');
      if (graceSeconds !== undefined) (found.metadata as Fields)['deletionGracePeriodSeconds'] = graceSeconds;
      this.remove(found);
    });
  }

  // What others do: not counted, never refused.

  find(kind: string, name: string, namespace = 'default'): Stored | undefined {
    return this.objects.get(keyOf(kind, namespace, name));
  }

  /** One field of an object that has to be there, e.g. its spec. */
  fieldOf(kind: string, name: string, field: string): Fields {
    const found = this.find(kind, name);
    if (found === undefined) throw new Error(`no ${kind} ${name}`);
    return found[field] as Fields;
  }

  all(kind: string): readonly Stored[] {
    return [...this.objects.values()].filter((object) => object.kind === kind);
  }

  /** Stores an object as the API server would: uid, version, generation. */
  store(object: KubeObject, found: Stored | undefined): Stored {
    const { name, namespace = 'default' } = object.metadata;
    const generation = (found?.metadata.generation ?? 0) + (sameSpec(object, found) ? 0 : 1);
    const uid = found?.metadata.uid ?? `uid-${++this.#uids}`;
    const metadata = { ...object.metadata, name, namespace, uid, generation, resourceVersion: String(++this.#version) };
    const stored = { ...object, metadata } as Stored;
    this.objects.set(keyOf(object.kind, namespace, name), stored);
    return stored;
  }

  /** Changes an object in place, as somebody else. */
  edit(kind: string, name: string, change: (object: Fields) => void): void {
    const found = this.find(kind, name);
    if (found === undefined) throw new Error(`no ${kind} ${name}`);
    const copy = structuredClone(found);
    change(copy);
    this.store(copy, found);
  }

  /** Deletes as a user does: finalizers hold the object, owned objects follow. */
  remove(object: Stored): void {
    if ((object.metadata.finalizers ?? []).length > 0) {
      const time = new Date(this.nowMs).toISOString();
      this.store({ ...object, metadata: { ...object.metadata, deletionTimestamp: time } }, object);
      return;
    }
    const { kind, metadata } = object;
    this.objects.delete(keyOf(kind, metadata.namespace, metadata.name));
    this.#applied.delete(keyOf(kind, metadata.namespace, metadata.name));
    const others = Array.from(this.objects.values());
    for (const child of others) {
      if (child.metadata.ownerReferences?.some(({ uid }) => uid === metadata.uid) === true) this.remove(child);
    }
  }

  #finishDeletion(object: Stored): void {
    const { deletionTimestamp, finalizers = [] } = object.metadata;
    if (deletionTimestamp !== undefined && finalizers.length === 0) this.remove(object);
  }

  #expect(type: ResourceType, namespace: string, name: string): Stored {
    const found = this.find(type.kind, name, namespace);
    if (found === undefined) throw new KubeError(404, 'NotFound', `${type.plural} "${name}" not found`);
    return found;
  }

  #checkVersion(found: Stored, version: string | undefined): void {
    if (version === undefined || version === found.metadata.resourceVersion) return;
    throw new KubeError(409, 'Conflict', 'the object has been modified');
  }

  async #write<Result>(verb: string, kind: string, write: () => Result): Promise<Result> {
    this.faults.before?.(verb, kind);
    const result = write();
    this.writes.push(`${verb} ${kind}`);
    this.faults.after?.(verb, kind);
    return result;
  }
}

function keyOf(kind: string, namespace: string, name: string): string {
  return `${kind}/${namespace}/${name}`;
}

function sameSpec(object: KubeObject, found: Stored | undefined): boolean {
  return found !== undefined && JSON.stringify(object['spec']) === JSON.stringify(found['spec']);
}

function isMap(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function merge(into: Fields, from: object): Fields {
  for (const [name, value] of Object.entries(from)) {
    into[name] = isMap(value) && isMap(into[name]) ? merge(into[name], value) : value;
  }
  return into;
}

function mergePatch(into: object, patch: object): Fields {
  const result = into as Fields;
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete result[name];
    else result[name] = isMap(value) && isMap(result[name]) ? mergePatch(result[name], value) : (value as unknown);
  }
  return result;
}

/** Takes out what the manager applied before and does not apply any more. */
function prune(object: Fields, before: object | undefined, now: object): void {
  if (before === undefined) return;
  for (const [name, value] of Object.entries(before)) {
    const wanted = (now as Fields)[name];
    if (wanted === undefined) delete object[name];
    else if (isMap(value) && isMap(wanted) && isMap(object[name])) prune(object[name], value, wanted);
  }
}

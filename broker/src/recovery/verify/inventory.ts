import { parseLostMarkerKey, parseSlotKey, slotKey, streamPrefix } from '../../log/index.ts';
import type { StreamId } from '../../log/index.ts';
import { CLUSTER_FILE_KEY, parseSnapshotKey, parseTimelineFileKey } from '../../meta/index.ts';
import type { SnapshotName } from '../../meta/index.ts';
import { PROBE_PREFIX } from '../../store/index.ts';
import type { PatientStore } from '../../store/index.ts';

/** The slots of one stream that a listing showed, ascending; two arrays, because there may be millions. */
export interface ListedStream {
  readonly stream: StreamId;
  readonly slots: readonly number[];
  readonly sizes: readonly number[];
}

export interface ObjectCount {
  objects: number;
  bytes: number;
}

export const OBJECT_KINDS = ['files', 'metadata', 'snapshots', 'data', 'salvage', 'probe', 'unknown'] as const;
export type ObjectKind = (typeof OBJECT_KINDS)[number];

export interface ListedSnapshot extends SnapshotName {
  readonly sizeBytes: number;
}

/** Names and sizes of everything in a bucket, from one listing. */
export interface Inventory {
  readonly hasClusterFile: boolean;
  readonly timelines: readonly string[];
  /** Oldest state first. */
  readonly snapshots: readonly ListedSnapshot[];
  /** By line and epoch, ascending. */
  readonly streams: readonly ListedStream[];
  /** Names that are none of ours. */
  readonly unknown: readonly string[];
  readonly counts: Readonly<Record<ObjectKind, ObjectCount>>;
}

const SALVAGE_PREFIX = 'salvage/';

/** Lists the whole bucket once. Metadata come before data in the listing, so no batch is older than the state it is held against. */
export async function takeInventory(store: PatientStore, onObjects: (count: number) => void): Promise<Inventory> {
  const draft = new InventoryDraft();
  for await (const { key, sizeBytes } of store.listAll('')) {
    draft.add(key, sizeBytes);
    onObjects(1);
  }
  return draft.finish();
}

interface StreamDraft {
  readonly stream: StreamId;
  readonly slots: number[];
  readonly sizes: number[];
}

class InventoryDraft {
  readonly #counts = Object.fromEntries(OBJECT_KINDS.map((kind) => [kind, { objects: 0, bytes: 0 }])) as Record<
    ObjectKind,
    ObjectCount
  >;
  readonly #timelines: string[] = [];
  readonly #snapshots: ListedSnapshot[] = [];
  readonly #streams = new Map<string, StreamDraft>();
  readonly #unknown: string[] = [];
  #hasClusterFile = false;

  add(key: string, sizeBytes: number): void {
    const count = this.#counts[this.#place(key, sizeBytes)];
    count.objects += 1;
    count.bytes += sizeBytes;
  }

  finish(): Inventory {
    return {
      hasClusterFile: this.#hasClusterFile,
      timelines: this.#timelines,
      snapshots: this.#snapshots.toSorted(
        (a, b) => a.position.epoch - b.position.epoch || a.position.slot - b.position.slot,
      ),
      streams: [...this.#streams.values()].toSorted(byLineAndEpoch),
      unknown: this.#unknown,
      counts: this.#counts,
    };
  }

  #place(key: string, sizeBytes: number): ObjectKind {
    if (key.startsWith(PROBE_PREFIX)) return 'probe';
    if (key.startsWith(SALVAGE_PREFIX)) return 'salvage';
    if (key === CLUSTER_FILE_KEY) {
      this.#hasClusterFile = true;
      return 'files';
    }
    const timeline = parseTimelineFileKey(key);
    if (timeline !== undefined) {
      this.#timelines.push(timeline);
      return 'files';
    }
    const snapshot = parseSnapshotKey(key);
    if (snapshot !== undefined) {
      this.#snapshots.push({ ...snapshot, sizeBytes });
      return 'snapshots';
    }
    return this.#placeSlot(key, sizeBytes);
  }

  #placeSlot(key: string, sizeBytes: number): ObjectKind {
    const marked = parseLostMarkerKey(key);
    if (marked !== undefined) return marked.stream.log;
    const name = parseSlotKey(key);
    // A number written in another way (not padded) is a foreign object: ours have one name only.
    if (name === undefined || slotKey(name.stream, name.slot) !== key) {
      this.#unknown.push(key);
      return 'unknown';
    }
    const prefix = streamPrefix(name.stream);
    let draft = this.#streams.get(prefix);
    if (draft === undefined) {
      draft = { stream: name.stream, slots: [], sizes: [] };
      this.#streams.set(prefix, draft);
    }
    draft.slots.push(name.slot);
    draft.sizes.push(sizeBytes);
    return name.stream.log;
  }
}

function byLineAndEpoch({ stream: a }: ListedStream, { stream: b }: ListedStream): number {
  if (a.log !== b.log) return a.log === 'metadata' ? -1 : 1;
  if (a.timeline !== b.timeline) return a.timeline < b.timeline ? -1 : 1;
  return a.broker - b.broker || a.epoch - b.epoch;
}

import { KafkaCodecError, decodeGroupRecord, decodeRecords, isBatchCrcValid } from '../../kafka/index.ts';
import { CorruptSlotError, readBatch } from '../../log/index.ts';
import type { PatientStore } from '../../store/index.ts';
import type { MetadataImage } from '../../meta/index.ts';
import type { BatchPlace, PartitionLedger } from './partition-ledger.ts';
import { isDamagedObject } from './read-ahead.ts';

/** The topic that `examineBucket` must be told to keep the places of. */
export const OFFSETS_TOPIC = '__consumer_offsets';

/** A committed offset of a group. */
export interface StoredOffset {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
}

/** A consumer group as the records of `__consumer_offsets` tell it. */
export interface StoredGroup {
  readonly group: string;
  readonly members: number;
  readonly generation: number;
  readonly protocol: string | null;
  /** By topic and partition. */
  readonly offsets: readonly StoredOffset[];
}

export interface StoredGroups {
  readonly groups: readonly StoredGroup[];
  /** Batches that could not be read; what they said is missing here. */
  readonly unreadableBatches: number;
}

interface GroupDraft {
  members: number;
  generation: number;
  protocol: string | null;
  readonly offsets: Map<string, StoredOffset>;
}

/** Batches fetched at a time. */
const AT_ONCE = 16;

/** Where the batches of `__consumer_offsets` lie: a ledger that was told to keep their places. */
export interface GroupSource {
  readonly image: MetadataImage;
  readonly ledger: PartitionLedger;
}

/** Replays `__consumer_offsets` out of the bucket: the last record of each key counts. */
export async function readGroups(store: PatientStore, { image, ledger }: GroupSource): Promise<StoredGroups> {
  const replay = new GroupReplay();
  const topic = image.topic(OFFSETS_TOPIC);
  if (topic === undefined) return replay.finish();
  for (const { index } of topic.partitions) {
    const places = ledger.places(topic.id, index);
    for (let start = 0; start < places.length; start += AT_ONCE) {
      const batches = await Promise.all(places.slice(start, start + AT_ONCE).map((place) => readIntact(store, place)));
      for (const batch of batches) replay.take(batch);
    }
  }
  return replay.finish();
}

/** Undefined if the batch is damaged or gone, as verify reports in full. */
async function readIntact(store: PatientStore, place: BatchPlace): Promise<Buffer | undefined> {
  try {
    const batch = await readBatch(store, place);
    return isBatchCrcValid(batch) ? batch : undefined;
  } catch (error) {
    const isGone = error instanceof Error && 'code' in error && error.code === 'BATCH_MISSING';
    if (isGone || error instanceof CorruptSlotError || isDamagedObject(error)) return undefined;
    throw error;
  }
}

class GroupReplay {
  readonly #groups = new Map<string, GroupDraft>();
  #unreadable = 0;

  take(batch: Buffer | undefined): void {
    if (batch === undefined) {
      this.#unreadable += 1;
      return;
    }
    try {
      for (const { key, value } of decodeRecords(batch)) if (key !== null) this.#apply(key, value);
    } catch (error) {
      if (!(error instanceof KafkaCodecError)) throw error;
      this.#unreadable += 1;
    }
  }

  finish(): StoredGroups {
    const groups = [...this.#groups]
      .filter(([, { generation, offsets }]) => generation >= 0 || offsets.size > 0)
      .map(([group, { offsets, ...rest }]) => ({
        group,
        ...rest,
        offsets: [...offsets.values()].toSorted(byPartition),
      }))
      .toSorted((a, b) => (a.group < b.group ? -1 : 1));
    return { groups, unreadableBatches: this.#unreadable };
  }

  #apply(key: Buffer, value: Buffer | null): void {
    const record = decodeGroupRecord(key, value);
    if (record.name === 'GroupMetadata') {
      const draft = this.#draft(record.key.group);
      draft.members = record.value?.members.length ?? 0;
      // A tombstone ends the group; offsets that are there outlive it until they have tombstones of their own.
      draft.generation = record.value?.generation ?? -1;
      draft.protocol = record.value?.protocol ?? null;
    } else if (record.name === 'OffsetCommit' || record.name === 'LegacyOffsetCommit') {
      const { group, topic, partition } = record.key;
      const { offsets } = this.#draft(group);
      const name = `${partition}/${topic}`;
      if (record.value === null) offsets.delete(name);
      else offsets.set(name, { topic, partition, offset: record.value.offset });
    }
  }

  #draft(group: string): GroupDraft {
    let draft = this.#groups.get(group);
    if (draft === undefined) {
      draft = { members: 0, generation: -1, protocol: null, offsets: new Map() };
      this.#groups.set(group, draft);
    }
    return draft;
  }
}

function byPartition(a: StoredOffset, b: StoredOffset): number {
  if (a.topic !== b.topic) return a.topic < b.topic ? -1 : 1;
  return a.partition - b.partition;
}

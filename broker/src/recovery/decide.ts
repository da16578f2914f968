import type { Volume, VolumeIdentity } from './volume.ts';

/** What the bucket is, as far as a complete look at it can tell. "Unreachable" never gets here: the boot waits (P9). */
export type BucketState =
  /** A complete listing showed nothing, and the probe could write. */
  | { readonly kind: 'empty' }
  /** Objects, but no cluster.json. */
  | { readonly kind: 'foreign'; readonly keys: readonly string[] }
  | {
      readonly kind: 'cluster';
      readonly lineage: string;
      /** Timelines that count and have no child that counts (16-settled §1); more than one = nobody may choose. */
      readonly leaves: readonly TimelineLeaf[];
      /** Only cluster.json is there: a first boot was cut short before its root timeline, and nobody has written since. */
      readonly unfinished: boolean;
    };

export interface TimelineLeaf {
  readonly timeline: string;
  /** True if timelines/{tl}.json names the store that is being looked at as the one where the timeline is written (rule 02). */
  readonly ownedByThisStore: boolean;
  /** That store's address as text, for messages. */
  readonly ownerAddress: string;
}

/** What the configuration asks for. */
export interface Demands {
  /** `CHRONIK_LINEAGE`, if set: any other lineage is refused. */
  readonly lineage: string | undefined;
  readonly broker: number;
  /** Whether plan or CHRONIK_ACTIVE_STORE say which store the cluster runs on (rule 14). */
  readonly isStoreNamed?: boolean;
  /** Present if empty volumes are filled only once somebody has released them, and this one is empty. */
  readonly emptyVolume?: { readonly id: string; readonly isReleased: boolean };
}

/** What the other configured stores tell. */
export interface Others {
  /** Stores that did not tell: a newer timeline may lie there. */
  readonly unreachable: readonly string[];
  /** One that holds the history of a cluster. */
  readonly withHistory: { readonly description: string; readonly lineage: string } | undefined;
}

export const NO_OTHERS: Others = { unreachable: [], withHistory: undefined };

/** Facts that only become known once the metadata has been read. */
export interface History {
  /** Newest registered data epoch of this broker; 0 = none. */
  readonly newestRegisteredEpoch: number;
}

export type Decision =
  /** Create what is missing of cluster.json and the root timeline, then look again; losing a race for it is no harm. */
  | { readonly action: 'create' }
  /** Open the timeline: restore or attach, one path (P5). `localTail` says what the volume's own WAL is worth. */
  | {
      readonly action: 'open';
      readonly timeline: string;
      readonly mode: 'restore' | 'attach';
      readonly quarantine: 'nothing' | 'everything';
      readonly why: string;
    }
  | {
      readonly action: 'hold';
      readonly code: string;
      readonly message: string;
      readonly remedy: string;
      /** Of VOLUME_HELD: what a release has to name. */
      readonly volumeId?: string;
      /** Of STORE_IS_REPLICA: the store in which the timeline is written. */
      readonly owner?: string;
    }
  | { readonly action: 'refuse'; readonly code: string; readonly message: string; readonly remedy: string };

/**
 * The decision table of the design's recovery chapter as a function: volume × bucket × demands → what the boot does.
 * Pure. Rows that refuse or hold come first; what is left opens the bucket's history. The rows that need the history
 * itself (a volume whose epoch was overtaken) are `worthOfLocalTail`.
 */
export function decide(volume: Volume, bucket: BucketState, demands: Demands, others: Others = NO_OTHERS): Decision {
  if (volume.kind === 'foreign') return refuseForeignVolume(volume.names);
  if (others.unreachable.length > 0 && demands.isStoreNamed !== true) return holdOnUnreachable(others.unreachable);
  switch (bucket.kind) {
    case 'foreign':
      return {
        action: 'refuse',
        code: 'BUCKET_FOREIGN',
        message: `the bucket holds objects (${bucket.keys.join(', ')}) but no cluster.json: it is damaged or belongs to something else`,
        remedy:
          'Nothing was written. Point to the right bucket or to an empty prefix; to repair a damaged one, put cluster.json back from a copy.',
      };
    case 'empty':
      return decideOnEmptyBucket(volume, demands, others);
    case 'cluster':
      return decideOnCluster(volume, bucket, demands);
  }
}

function decideOnEmptyBucket(
  volume: Exclude<Volume, { kind: 'foreign' }>,
  demands: Demands,
  { withHistory }: Others,
): Decision {
  if (volume.kind === 'identified') return refuseEmptied(volume.identity);
  if (volume.kind === 'corrupt') {
    return {
      action: 'refuse',
      code: 'VOLUME_CORRUPT',
      message: `the data directory has an unreadable identity (${volume.reason}) and the bucket is empty, so there is nothing to restore from`,
      remedy: 'Point to the right bucket, or move the data directory away to begin a new cluster.',
    };
  }
  if (demands.lineage !== undefined) {
    return {
      action: 'refuse',
      code: 'LINEAGE_NOT_FOUND',
      message: `lineage ${demands.lineage} was demanded, but the bucket is empty`,
      remedy: 'Point to the bucket of that lineage, or remove CHRONIK_LINEAGE to begin a new cluster.',
    };
  }
  // A primary that was lost and made anew looks just like one that never was.
  if (withHistory !== undefined) return holdOnHistoryElsewhere(withHistory);
  return { action: 'create' };
}

function decideOnCluster(
  volume: Exclude<Volume, { kind: 'foreign' }>,
  bucket: Extract<BucketState, { kind: 'cluster' }>,
  demands: Demands,
): Decision {
  const demanded = demands.lineage;
  if (demanded !== undefined && demanded !== bucket.lineage) {
    return refuseOtherLineage(bucket.lineage, `lineage ${demanded} was demanded`);
  }
  if (volume.kind === 'identified' && volume.identity.lineage !== bucket.lineage) {
    return refuseOtherLineage(bucket.lineage, `this volume belongs to lineage ${volume.identity.lineage}`);
  }
  if (volume.kind === 'identified' && volume.identity.broker !== demands.broker) {
    return refuseOtherBroker(volume.identity, demands.broker);
  }
  if (bucket.unfinished) {
    return volume.kind === 'identified' ? refuseEmptied(volume.identity) : { action: 'create' };
  }
  const leaf = bucket.leaves[0];
  if (leaf === undefined || bucket.leaves.length > 1) return holdOnLeaves(bucket.leaves);
  if (!leaf.ownedByThisStore) {
    return {
      action: 'hold',
      code: 'STORE_IS_REPLICA',
      owner: leaf.ownerAddress,
      message: `timeline ${leaf.timeline} is written in ${leaf.ownerAddress}; this store is a replica of it, or was moved`,
      remedy:
        'Point the broker to the store that owns the timeline (CHRONIK_ACTIVE_STORE), or go on from this one with "chronik promote".',
    };
  }
  const open = { action: 'open', timeline: leaf.timeline } as const;
  switch (volume.kind) {
    case 'empty':
      if (demands.emptyVolume?.isReleased === false) return holdOnEmptyVolume(demands.emptyVolume.id);
      return { ...open, mode: 'restore', quarantine: 'nothing', why: 'the volume is empty' };
    case 'corrupt':
      return {
        ...open,
        mode: 'restore',
        quarantine: 'everything',
        why: `identity.json is unreadable (${volume.reason})`,
      };
    case 'identified':
      return decideOnOwnVolume(volume, open);
  }
}

function decideOnOwnVolume(
  volume: Extract<Volume, { kind: 'identified' }>,
  open: { readonly action: 'open'; readonly timeline: string },
): Decision {
  if (volume.identity.timeline !== open.timeline) {
    const why = `the volume is of timeline ${volume.identity.timeline}, the cluster went on as ${open.timeline}`;
    return { ...open, mode: 'restore', quarantine: 'everything', why };
  }
  if (!volume.walPresent) {
    return { ...open, mode: 'restore', quarantine: 'everything', why: 'the volume has lost its local WAL' };
  }
  return { ...open, mode: 'attach', quarantine: 'nothing', why: 'the volume is of this history' };
}

/**
 * What the volume's un-uploaded tail is worth once the metadata is known (rule 11). A volume whose epoch is older than
 * the newest registered one was overtaken: another incarnation led in the meantime, so its tail cannot continue the
 * history and goes to salvage. Identity is written before registration, so the volume of the newest incarnation never
 * looks overtaken.
 */
export function worthOfLocalTail(identity: VolumeIdentity, history: History): 're-append' | 'salvage' {
  return identity.epoch >= history.newestRegisteredEpoch ? 're-append' : 'salvage';
}

function refuseEmptied(identity: VolumeIdentity): Decision {
  return {
    action: 'refuse',
    code: 'BUCKET_EMPTIED',
    message: `this volume belongs to lineage ${identity.lineage}, but the bucket holds no history: it was emptied, or it is the wrong one`,
    remedy: 'Nothing was uploaded. Point to the right bucket. To begin a new cluster, use an empty data directory.',
  };
}

function refuseForeignVolume(names: readonly string[]): Decision {
  return {
    action: 'refuse',
    code: 'VOLUME_FOREIGN',
    message: `the data directory holds files (${names.join(', ')}) but no identity.json: it is not a Chronik broker's`,
    remedy: 'Nothing was touched. Choose an empty data directory (--data-dir, CHRONIK_DATA_DIR).',
  };
}

function refuseOtherLineage(found: string, expected: string): Decision {
  return {
    action: 'refuse',
    code: 'LINEAGE_MISMATCH',
    message: `the bucket belongs to lineage ${found}, but ${expected}`,
    remedy: `Use another bucket or prefix, or adopt the bucket on purpose: an empty data directory with CHRONIK_LINEAGE=${found}.`,
  };
}

function refuseOtherBroker(identity: VolumeIdentity, broker: number): Decision {
  return {
    action: 'refuse',
    code: 'BROKER_ID_MISMATCH',
    message: `this volume is of broker ${identity.broker}, but the configuration says ${broker}`,
    remedy: `Start with broker id ${identity.broker}, or with an empty data directory.`,
  };
}

function holdOnEmptyVolume(id: string): Decision {
  return {
    action: 'hold',
    code: 'VOLUME_HELD',
    volumeId: id,
    message: `the volume is empty and waits for its release, as the boot plan says; its id is ${id}`,
    remedy: `To restore onto it, add ${id} to releasedVolumes of the boot plan. If the old volume still exists, bring that back instead.`,
  };
}

function holdOnUnreachable(stores: readonly string[]): Decision {
  return {
    action: 'hold',
    code: 'STORES_UNTOLD',
    message: `${stores.join(', ')} cannot be read: the cluster may have gone on there`,
    remedy: 'Make it reachable, or say which store the cluster runs on (CHRONIK_ACTIVE_STORE, or the boot plan).',
  };
}

function holdOnHistoryElsewhere({ description, lineage }: { description: string; lineage: string }): Decision {
  return {
    action: 'hold',
    code: 'HISTORY_ELSEWHERE',
    message: `this store is empty, but ${description} holds the history of lineage ${lineage}`,
    remedy:
      'Go on from there (CHRONIK_ACTIVE_STORE, "chronik promote"), or point to the right primary. To begin a new cluster, take the other store out of the configuration.',
  };
}

function holdOnLeaves(leaves: readonly TimelineLeaf[]): Decision {
  const names = leaves.map((leaf) => leaf.timeline).join(', ');
  return {
    action: 'hold',
    code: leaves.length === 0 ? 'TIMELINE_MISSING' : 'TIMELINE_AMBIGUOUS',
    message:
      leaves.length === 0
        ? 'cluster.json names a root timeline of which the bucket holds no record'
        : `several timelines could be the newest: ${names}`,
    remedy:
      leaves.length === 0
        ? 'Put timelines/ back from a copy of the bucket.'
        : 'Nobody but you can choose: end the others with "chronik timeline abandon", then start again.',
  };
}

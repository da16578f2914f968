import { describeStream, slotKey } from '../log/index.ts';
import type { StreamId } from '../log/index.ts';
import type { PatientStore } from '../store/index.ts';
import { HoldError, RefusalError } from './boot-error.ts';
import type { TimelineTree } from './timelines.ts';
import type { Volume } from './volume.ts';

/**
 * A timeline that nobody knows of is newer than all that are known: the cluster went on in a store that does not tell, or this bucket
 * is an older copy (P9). Not asked where a promotion is ordered: whoever ordered that has decided.
 */
export function demandTimelineOf(volume: Volume, tree: TimelineTree, store: PatientStore): void {
  if (volume.kind !== 'identified' || tree.get(volume.identity.timeline) !== undefined) return;
  const told = `this volume is of timeline ${volume.identity.timeline}, of which neither ${store.description} nor any other store that answers has a record`;
  throw new HoldError('TIMELINE_UNTOLD', `${told}: the cluster went on elsewhere, or the bucket is an older copy`, {
    remedy:
      'Nothing was written. Name the store in which the cluster went on (CHRONIK_ACTIVE_STORE, or the boot plan), or make it reachable. To go on with the older history, use an empty data directory.',
  });
}

/** Claims are never deleted (rule 06): a bucket without the claim of the volume's epoch has lost its newest part (P9). */
export async function demandEpochOf(volume: Volume, store: PatientStore, timeline: string): Promise<void> {
  if (volume.kind !== 'identified' || volume.identity.timeline !== timeline || volume.identity.epoch === 0) return;
  const { broker, epoch } = volume.identity;
  const stream: StreamId = { log: 'data', timeline, broker, epoch };
  if ((await store.head(slotKey(stream, 0))) !== undefined) return;
  const told = `this volume has written ${describeStream(stream)}, of which ${store.description} knows nothing`;
  throw new RefusalError('BUCKET_OLDER_THAN_VOLUME', `${told}: the bucket is an older copy, or objects were removed`, {
    remedy:
      'Nothing was written. Point to the right bucket, or put its newest objects back. To go on with the older history, use an empty data directory.',
  });
}

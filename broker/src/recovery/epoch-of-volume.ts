import { describeStream, slotKey } from '../log/index.ts';
import type { StreamId } from '../log/index.ts';
import type { PatientStore } from '../store/index.ts';
import { RefusalError } from './boot-error.ts';
import type { Volume } from './volume.ts';

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

import type { LogContext } from '../log/index.ts';
import { recoverMetadata } from '../meta/index.ts';
import type { TimelineEnd, TimelineFile } from '../meta/index.ts';
import type { PatientStore } from '../store/index.ts';
import { HoldError } from './boot-error.ts';
import { describeAddress, sameStore } from './store-address.ts';
import type { EndOfTimeline, TimelineTree } from './timelines.ts';

/**
 * Reads the last word of timelines out of the store in which each is written; a copy may lack it. Rejects with HoldError
 * TIMELINE_UNDECIDED if that store is not one of `stores`.
 */
export function readEndsFrom(stores: readonly PatientStore[], context: LogContext, tree: TimelineTree): EndOfTimeline {
  return async (file: TimelineFile): Promise<TimelineEnd | undefined> => {
    const store = stores.find(({ address }) => sameStore(address, file.store));
    if (store === undefined) {
      const owner = describeAddress(file.store);
      throw new HoldError('TIMELINE_UNDECIDED', `only ${owner} knows how timeline ${file.timeline} ended`, {
        remedy: 'Configure that store as a replica, so that it can be asked.',
      });
    }
    const { image } = await recoverMetadata({ ...context, store }, { ancestry: tree.ancestry(file.timeline) });
    return image.timelineEnd;
  };
}

import { openMetadata } from '../meta/index.ts';
import { RefusalError } from './boot-error.ts';
import { leavesOfCopy } from './cut/copy-of.ts';
import type { CopyOptions } from './cut/copy-of.ts';
import { describeAddress, sameStore } from './store-address.ts';

/**
 * Ends a timeline for ever with the word that nothing follows: of two that could both be the newest, the one that is left counts.
 * `options.store` is the store in which it is written. Nothing is deleted. Rejects with RefusalError TIMELINE_UNKNOWN,
 * TIMELINE_NOT_HERE, or TIMELINE_ONLY if no other would be left.
 */
export async function abandonTimeline(options: CopyOptions, timeline: string): Promise<void> {
  const { context, tree, leaves } = await leavesOfCopy(options);
  const file = tree.get(timeline);
  const known = leaves.map((leaf) => leaf.timeline).join(', ');
  if (file === undefined || !leaves.includes(file)) {
    throw new RefusalError('TIMELINE_UNKNOWN', `${timeline} is not one of the timelines that could be the newest`, {
      remedy: `Those are: ${known}.`,
    });
  }
  if (!sameStore(file.store, options.store.address)) {
    throw new RefusalError('TIMELINE_NOT_HERE', `${timeline} is written in ${describeAddress(file.store)}`, {
      remedy: 'Name that store with --store.',
    });
  }
  if (leaves.length === 1) {
    throw new RefusalError('TIMELINE_ONLY', `${timeline} is the only timeline that counts`, {
      remedy: 'Without it the cluster could not start any more. Nothing was changed.',
    });
  }
  const { log } = await openMetadata(context, {
    ancestry: tree.ancestry(timeline),
    address: 'chronik timeline abandon',
    installation: 'chronik timeline abandon',
    heartbeatMs: NO_HEARTBEAT_MS,
    uploadIntervalMs: 0,
  });
  await log.append([{ kind: 'timelineEnded', child: undefined }]);
  await log.close();
}

/** The log is closed long before. */
const NO_HEARTBEAT_MS = 600_000;

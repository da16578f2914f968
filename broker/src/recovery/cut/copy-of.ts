import type { Clock, Logger, Random } from '../../edge/index.ts';
import { ChronikError } from '../../edge/index.ts';
import { HybridClock } from '../../log/index.ts';
import type { LogContext } from '../../log/index.ts';
import { readClusterFile, readTimelineFiles } from '../../meta/index.ts';
import type { TimelineFile } from '../../meta/index.ts';
import type { PatientStore } from '../../store/index.ts';
import { HoldError } from '../boot-error.ts';
import { askOtherStores } from '../other-stores.ts';
import { readEndsFrom } from '../timeline-end.ts';
import { TimelineTree } from '../timelines.ts';

export interface CopyOptions {
  /** The store that holds the copy. */
  readonly store: PatientStore;
  /** The other configured stores, as far as they can be reached: they may know a newer timeline. */
  readonly others: readonly PatientStore[];
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly broker: number;
}

/** A copy of a cluster's bucket, and the timeline that the cluster is in. */
export interface StoreCopy {
  readonly context: LogContext;
  readonly tree: TimelineTree;
  /** The timeline that counts. */
  readonly timeline: TimelineFile;
  /** Stores that did not tell whether they know a newer one. */
  readonly untold: readonly string[];
}

/**
 * Finds out whose copy a store holds and in which timeline that cluster is. Waits for the store itself, not for the others.
 * Rejects with COPY_EMPTY, or HoldError TIMELINE_MISSING, TIMELINE_AMBIGUOUS, TIMELINE_CONFLICT, TIMELINE_UNDECIDED.
 */
export async function openCopy(options: CopyOptions): Promise<StoreCopy> {
  const { leaves, ...copy } = await leavesOfCopy(options);
  const [timeline] = leaves;
  if (timeline === undefined || leaves.length > 1) throw undecided(options.store, leaves);
  return { ...copy, timeline };
}

/** The same, with all timelines that could be the newest. */
export async function leavesOfCopy(
  options: CopyOptions,
): Promise<Omit<StoreCopy, 'timeline'> & { readonly leaves: readonly TimelineFile[] }> {
  const { store, others, clock, random, logger, broker } = options;
  const cluster = await readClusterFile(store);
  if (cluster === undefined) {
    throw new ChronikError(
      'COPY_EMPTY',
      `${store.description} holds no cluster.json: nothing has been copied to it yet`,
      {
        remedy: 'Check bucket and prefix, and that somebody copies to it.',
      },
    );
  }
  const { lineage } = cluster;
  const context: LogContext = { store, clock, random, hlc: new HybridClock(clock), logger, lineage, broker };
  const told = await askOtherStores(others, clock);
  const tree = new TimelineTree([await readTimelineFiles(store), ...told.timelinesOf(lineage)]);
  const leaves = await tree.leaves(readEndsFrom([store, ...others], context, tree));
  return { context, tree, leaves, untold: told.unreachable };
}

function undecided(store: PatientStore, leaves: readonly TimelineFile[]): HoldError {
  const names = leaves.map(({ timeline }) => timeline).join(', ');
  return leaves.length === 0
    ? new HoldError('TIMELINE_MISSING', `no timeline has been copied to ${store.description} yet`, {
        remedy: 'Wait until timelines/ has been copied.',
      })
    : new HoldError('TIMELINE_AMBIGUOUS', `several timelines could be the newest: ${names}`, {
        remedy: 'Nobody but you can choose: end the others with "chronik timeline abandon".',
      });
}

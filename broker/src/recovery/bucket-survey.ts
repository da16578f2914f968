import { CLUSTER_FILE_KEY, readClusterFile, readTimelineFiles } from '../meta/index.ts';
import type { TimelineFile } from '../meta/index.ts';
import type { PatientStore, StoreAddress } from '../store/index.ts';
import type { BucketState, TimelineLeaf } from './decide.ts';
import { HoldError } from './boot-error.ts';

/** Scratch of the boot probe; says nothing about whose bucket this is (16-settled, probe). */
const PROBE_PREFIX = 'probe/';
/** Names of foreign objects that an error shows. */
const SHOWN_KEYS = 5;

/**
 * Looks at the whole bucket, as far as it takes to know what it is. Waits for as long as the store is away: unknown is
 * never read as empty (P9).
 */
export async function surveyBucket(store: PatientStore): Promise<BucketState> {
  const cluster = await readClusterFile(store);
  if (cluster === undefined) return surveyWithoutCluster(store);
  const timelines = await readTimelineFiles(store);
  const unfinished = timelines.length === 0 && (await holdsOnlyClusterFile(store));
  return { kind: 'cluster', lineage: cluster.lineage, leaves: leavesOf(timelines, store.address), unfinished };
}

async function surveyWithoutCluster(store: PatientStore): Promise<BucketState> {
  const keys = await keysBesideProbe(store, SHOWN_KEYS);
  // A first boot elsewhere may have come between the two looks; the winner's cluster.json is always its first object.
  if (keys.includes(CLUSTER_FILE_KEY)) return surveyBucket(store);
  return keys.length === 0 ? { kind: 'empty' } : { kind: 'foreign', keys };
}

async function holdsOnlyClusterFile(store: PatientStore): Promise<boolean> {
  const keys = await keysBesideProbe(store, 2);
  return keys.length === 1 && keys[0] === CLUSTER_FILE_KEY;
}

async function keysBesideProbe(store: PatientStore, atMost: number): Promise<readonly string[]> {
  const keys: string[] = [];
  for await (const { key } of store.listAll('')) {
    if (key.startsWith(PROBE_PREFIX)) continue;
    keys.push(key);
    if (keys.length === atMost) break;
  }
  return keys;
}

/** Timelines without a child (rule 04). This release makes no forks; one that a later release made is not opened blindly. */
function leavesOf(timelines: readonly TimelineFile[], here: StoreAddress): readonly TimelineLeaf[] {
  const fork = timelines.find((timeline) => timeline.parent !== undefined);
  if (fork !== undefined) {
    throw new HoldError(
      'TIMELINE_FORKED',
      `timeline ${fork.timeline} was forked from ${fork.parent ?? ''} by a later release`,
      {
        remedy: 'Start the release that made the fork, or a later one.',
      },
    );
  }
  return timelines.map(({ timeline, store }) => ({
    timeline,
    ownedByThisStore: sameStore(store, here),
    ownerAddress: describeAddress(store),
  }));
}

/** Rule 02: provider, endpoint, bucket and prefix; for a local directory its random id. */
function sameStore(a: StoreAddress, b: StoreAddress): boolean {
  return a.provider === b.provider && a.endpoint === b.endpoint && a.bucket === b.bucket && a.prefix === b.prefix;
}

function describeAddress({ provider, endpoint, bucket, prefix }: StoreAddress): string {
  const place = [endpoint, bucket, prefix].filter((part) => part !== '').join('/');
  return `${provider}:${place}`;
}

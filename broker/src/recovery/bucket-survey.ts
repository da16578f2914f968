import { CLUSTER_FILE_KEY, readClusterFile, readTimelineFiles } from '../meta/index.ts';
import type { TimelineFile } from '../meta/index.ts';
import type { PatientStore, StoreAddress } from '../store/index.ts';
import type { BucketState, TimelineLeaf } from './decide.ts';
import type { OtherStores } from './other-stores.ts';
import { describeAddress, sameStore } from './store-address.ts';
import { TimelineTree } from './timelines.ts';
import type { EndOfTimeline } from './timelines.ts';

/** Scratch of the boot probe; says nothing about whose bucket this is (16-settled, probe). */
const PROBE_PREFIX = 'probe/';
/** Names of foreign objects that an error shows. */
const SHOWN_KEYS = 5;

export interface BucketSurvey {
  readonly state: BucketState;
  /** All timelines of the lineage, those that only other stores have included. */
  readonly tree: TimelineTree;
}

export interface SurveyOptions {
  /** What the other stores of the configuration tell. */
  readonly others: OtherStores;
  readonly endOf: (lineage: string, tree: TimelineTree) => EndOfTimeline;
}

/**
 * Looks at the whole bucket, as far as it takes to know what it is. Waits for as long as the store is away: unknown is
 * never read as empty (P9).
 */
export async function surveyBucket(store: PatientStore, options: SurveyOptions): Promise<BucketSurvey> {
  const cluster = await readClusterFile(store);
  if (cluster === undefined) return surveyWithoutCluster(store, options);
  const { lineage } = cluster;
  const timelines = await readTimelineFiles(store);
  const tree = new TimelineTree([timelines, ...options.others.timelinesOf(lineage)]);
  const unfinished = tree.files.length === 0 && (await holdsOnlyClusterFile(store));
  const leaves = (await tree.leaves(options.endOf(lineage, tree))).map((file) => leafOf(file, store.address));
  return { state: { kind: 'cluster', lineage, leaves, unfinished }, tree };
}

async function surveyWithoutCluster(store: PatientStore, options: SurveyOptions): Promise<BucketSurvey> {
  const keys = await keysBesideProbe(store, SHOWN_KEYS);
  // A first boot elsewhere may have come between the two looks; the winner's cluster.json is always its first object.
  if (keys.includes(CLUSTER_FILE_KEY)) return surveyBucket(store, options);
  return { state: keys.length === 0 ? { kind: 'empty' } : { kind: 'foreign', keys }, tree: new TimelineTree([]) };
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

function leafOf({ timeline, store }: TimelineFile, here: StoreAddress): TimelineLeaf {
  return { timeline, ownedByThisStore: sameStore(store, here), ownerAddress: describeAddress(store) };
}

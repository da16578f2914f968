import { ChronikError, hasCode } from '../../edge/index.ts';
import { CLUSTER_FILE_KEY, readClusterFile, readTimelineFile, timelineFileKey } from '../../meta/index.ts';
import type { Ancestry, ClusterFile, TimelineFile } from '../../meta/index.ts';
import type { PatientStore } from '../../store/index.ts';
import { sameStore } from '../store-address.ts';
import { TimelineTree } from '../timelines.ts';
import type { EndOfTimeline } from '../timelines.ts';
import type { Inventory } from './inventory.ts';
import type { Problems } from './problem.ts';
import { isDamagedObject } from './read-ahead.ts';

/** Whose bucket this is, and in which timeline its history lies. */
export interface BucketIdentity {
  readonly lineage: string;
  readonly timeline: string;
  /** How that timeline came to be. */
  readonly ancestry: Ancestry;
  /** False in a copy of the bucket: the timeline is written in another store. */
  readonly isOwner: boolean;
}

/** Reads cluster.json and the timelines; undefined if they are too damaged to say what the rest should look like. */
export async function checkFiles(
  store: PatientStore,
  inventory: Inventory,
  problems: Problems,
  endOf: (lineage: string, tree: TimelineTree) => EndOfTimeline,
): Promise<BucketIdentity | undefined> {
  const cluster = await checkClusterFile(store, inventory, problems);
  const timelines = await readTimelines(store, inventory, problems);
  if (cluster === undefined) return undefined;
  const aliens = timelines.filter(({ timeline, parent }) => parent === undefined && timeline !== cluster.rootTimeline);
  for (const { timeline } of aliens) {
    problems.add(
      'alien-epoch',
      timelineFileKey(timeline),
      `the history of ${CLUSTER_FILE_KEY} is ${cluster.rootTimeline}`,
    );
  }
  const { lineage, rootTimeline } = cluster;
  const ours = timelines.filter((file) => !aliens.includes(file));
  if (ours.length === 0) {
    if (!inventory.timelines.includes(rootTimeline)) reportNoTimeline(cluster, inventory, problems);
    const ancestry = [{ timeline: rootTimeline, cut: undefined }];
    return { lineage, timeline: rootTimeline, ancestry, isOwner: true };
  }
  const tree = new TimelineTree([ours]);
  const leaf = await onlyLeaf(store, tree, endOf(lineage, tree));
  const isOwner = sameStore(leaf.store, store.address);
  return { lineage, timeline: leaf.timeline, ancestry: tree.ancestry(leaf.timeline), isOwner };
}

async function onlyLeaf(store: PatientStore, tree: TimelineTree, endOf: EndOfTimeline): Promise<TimelineFile> {
  const leaves = await tree.leaves(endOf);
  const [leaf] = leaves;
  if (leaf !== undefined && leaves.length === 1) return leaf;
  const names = leaves.map(({ timeline }) => timeline).join(', ');
  throw new ChronikError(
    'TIMELINE_AMBIGUOUS',
    `${store.description}: several timelines could be the newest: ${names}`,
    {
      remedy: 'Nobody but you can choose: end the others with "chronik timeline abandon".',
    },
  );
}

async function checkClusterFile(
  store: PatientStore,
  inventory: Inventory,
  problems: Problems,
): Promise<ClusterFile | undefined> {
  if (!inventory.hasClusterFile) {
    problems.add('missing', CLUSTER_FILE_KEY, 'without it nothing says whose data these are; the rest was not checked');
    return undefined;
  }
  return reportDamage(CLUSTER_FILE_KEY, problems, () => readClusterFile(store));
}

async function readTimelines(
  store: PatientStore,
  inventory: Inventory,
  problems: Problems,
): Promise<readonly TimelineFile[]> {
  const files: TimelineFile[] = [];
  for (const timeline of inventory.timelines) {
    const file = await reportDamage(timelineFileKey(timeline), problems, () => readTimelineFile(store, timeline));
    if (file !== undefined) files.push(file);
  }
  return files;
}

/** What `read` answers; undefined after a report if the object is damaged or gone. */
async function reportDamage<T>(
  key: string,
  problems: Problems,
  read: () => Promise<T | undefined>,
): Promise<T | undefined> {
  try {
    const found = await read();
    if (found === undefined) problems.add('missing', key, 'it was listed, and was gone when it was read');
    return found;
  } catch (error) {
    if (!hasCode(error, 'METADATA_CORRUPT') && !isDamagedObject(error)) throw error;
    problems.add('mismatch', key, (error as Error).message);
    return undefined;
  }
}

/** A first boot that has not come further than cluster.json is no damage. */
function reportNoTimeline({ rootTimeline }: ClusterFile, inventory: Inventory, problems: Problems): void {
  const { streams, snapshots, timelines } = inventory;
  if (streams.length + snapshots.length + timelines.length === 0) return;
  problems.add('missing', timelineFileKey(rootTimeline), `${CLUSTER_FILE_KEY} names this timeline as the first`);
}

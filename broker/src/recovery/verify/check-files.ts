import { ChronikError, hasCode } from '../../edge/index.ts';
import {
  CLUSTER_FILE_KEY,
  TIMELINES_PREFIX,
  readClusterFile,
  readTimelineFile,
  timelineFileKey,
} from '../../meta/index.ts';
import type { ClusterFile, TimelineFile } from '../../meta/index.ts';
import type { PatientStore } from '../../store/index.ts';
import type { Inventory } from './inventory.ts';
import type { Problems } from './problem.ts';
import { isDamagedObject } from './read-ahead.ts';

/** Whose bucket this is, and in which timeline its history lies. */
export interface BucketIdentity {
  readonly lineage: string;
  readonly timeline: string;
  /** False in a copy of the bucket: the timeline is written in another store. */
  readonly isOwner: boolean;
}

/** Reads cluster.json and the timelines; undefined if they are too damaged to say what the rest should look like. */
export async function checkFiles(
  store: PatientStore,
  inventory: Inventory,
  problems: Problems,
): Promise<BucketIdentity | undefined> {
  const cluster = await checkClusterFile(store, inventory, problems);
  const timelines = await readTimelines(store, inventory, problems);
  if (cluster === undefined) return undefined;
  refuseForks(timelines);
  const root = timelines.find(({ timeline }) => timeline === cluster.rootTimeline);
  for (const { timeline } of timelines) {
    if (timeline === cluster.rootTimeline) continue;
    problems.add(
      'alien-epoch',
      timelineFileKey(timeline),
      `the history of ${CLUSTER_FILE_KEY} is ${cluster.rootTimeline}`,
    );
  }
  if (root === undefined && !inventory.timelines.includes(cluster.rootTimeline)) {
    reportNoTimeline(cluster, inventory, problems);
  }
  const isOwner = root === undefined || sameAddress(root, store);
  return { lineage: cluster.lineage, timeline: cluster.rootTimeline, isOwner };
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

function refuseForks(timelines: readonly TimelineFile[]): void {
  const fork = timelines.find(({ parent }) => parent !== undefined);
  if (fork === undefined) return;
  throw new ChronikError('TIMELINE_FORKED', `${TIMELINES_PREFIX} holds a fork, ${fork.timeline}, of a later release`, {
    remedy: 'Verify with the release that made the fork, or a later one.',
  });
}

/** Rule 02: the one store in which a timeline is written. */
function sameAddress({ store: owner }: TimelineFile, { address }: PatientStore): boolean {
  return (
    owner.provider === address.provider &&
    owner.endpoint === address.endpoint &&
    owner.bucket === address.bucket &&
    owner.prefix === address.prefix
  );
}

import { ChronikError, silentLogger } from '../../edge/index.ts';
import type { Clock, Random } from '../../edge/index.ts';
import { HybridClock, slotKey } from '../../log/index.ts';
import type { LogContext } from '../../log/index.ts';
import { loadTimelineBase, recoverMetadata } from '../../meta/index.ts';
import type { Ancestry } from '../../meta/index.ts';
import type { PatientStore } from '../../store/index.ts';
import { readEndsFrom } from '../timeline-end.ts';
import { checkData } from './check-data.ts';
import type { CheckedData } from './check-data.ts';
import { checkFiles } from './check-files.ts';
import type { BucketIdentity } from './check-files.ts';
import { checkMetadata } from './check-metadata.ts';
import type { CheckedMetadata } from './check-metadata.ts';
import { firstKey } from './epochs.ts';
import { takeInventory } from './inventory.ts';
import type { Inventory } from './inventory.ts';
import { PartitionLedger } from './partition-ledger.ts';
import type { CheckedPartition } from './partition-ledger.ts';
import { Problems } from './problem.ts';
import type { Problem } from './problem.ts';

export interface ExamineOptions {
  /** Is only read. */
  readonly store: PatientStore;
  readonly clock: Clock;
  readonly random: Random;
  /** Also reads every body and checks every batch; otherwise headers, footers and trailers. */
  readonly deep: boolean;
  /** Name of a topic whose batches' places are kept in the ledger. */
  readonly placesOf?: string;
  readonly onProgress?: (progress: ExamineProgress) => void;
}

export interface ExamineProgress {
  readonly phase: 'list' | 'read';
  readonly objects: number;
  /** Undefined while the bucket is being listed. */
  readonly total: number | undefined;
}

/** All that is known of a bucket after it was read once. */
export interface Examination {
  readonly inventory: Inventory;
  readonly problems: readonly Problem[];
  /** Things that are worth knowing and are no problem. */
  readonly remarks: readonly string[];
  /** Undefined if cluster.json does not say what the rest should be; nothing else was checked then. */
  readonly identity: BucketIdentity | undefined;
  readonly history: ExaminedHistory | undefined;
}

export interface ExaminedHistory {
  readonly context: LogContext;
  readonly metadata: CheckedMetadata;
  readonly data: CheckedData;
  /** Undefined if the metadata are too damaged to say what the partitions should hold. */
  readonly partitions: readonly CheckedPartition[] | undefined;
  readonly ledger: PartitionLedger;
}

/**
 * Reads a bucket, the store alone, and reports all that is wrong with it. A broker may be at work on it: what is in flight is no
 * error. Rejects with BUCKET_EMPTY, FORMAT_TOO_NEW, TIMELINE_AMBIGUOUS, TIMELINE_MISSING, or when the store cannot be asked.
 */
export async function examineBucket(options: ExamineOptions): Promise<Examination> {
  const { store, onProgress = () => undefined } = options;
  let objects = 0;
  const inventory = await takeInventory(store, () =>
    onProgress({ phase: 'list', objects: ++objects, total: undefined }),
  );
  if (objects === inventory.counts.probe.objects) throw emptyBucket(store);
  const problems = new Problems();
  for (const key of inventory.unknown) {
    problems.add('orphan', key, 'no release names an object so; nothing refers to it');
  }
  const identity = await checkFiles(store, inventory, problems, (lineage, tree) =>
    readEndsFrom([store], logContext(options, lineage), tree),
  );
  if (identity === undefined) return { inventory, problems: problems.all, remarks: [], identity, history: undefined };
  reportAlienTimelines(inventory, identity.ancestry, problems);
  const total = inventory.streams.reduce((sum, { slots }) => sum + slots.length, 0);
  let read = 0;
  const history = await examineHistory(options, identity, inventory, problems, (count) => {
    read += count;
    onProgress({ phase: 'read', objects: Math.min(read, total), total });
  });
  const remarks = remarksOf(identity, history);
  if (history.data.unregistered.length > 0) remarks.push(...(await judgeUnregistered(history, identity, problems)));
  return { inventory, problems: problems.all, remarks, identity, history };
}

async function examineHistory(
  options: ExamineOptions,
  { lineage, ancestry }: BucketIdentity,
  inventory: Inventory,
  problems: Problems,
  onProgress: (objects: number) => void,
): Promise<ExaminedHistory> {
  const { deep, placesOf } = options;
  const context = logContext(options, lineage);
  const base = await loadTimelineBase(context, ancestry);
  const metadata = await checkMetadata(context, base, inventory, problems, onProgress);
  const { image, isComplete } = metadata;
  const ledger = new PartitionLedger(image, placesOf);
  const depth = deep ? 'whole' : 'tails';
  const data = await checkData(context, inventory, { image, base, ancestry, ledger, depth, problems, onProgress });
  return { context, metadata, data, ledger, partitions: isComplete ? ledger.finish(problems) : undefined };
}

function logContext({ store, clock, random }: ExamineOptions, lineage: string): LogContext {
  // `broker` would be the author of claims and seals: nothing is written here.
  return { store, clock, random, hlc: new HybridClock(clock), logger: silentLogger, lineage, broker: 0 };
}

function reportAlienTimelines(inventory: Inventory, ancestry: Ancestry, problems: Problems): void {
  const known = new Set(ancestry.map(({ timeline }) => timeline));
  for (const listed of inventory.streams) {
    if (known.has(listed.stream.timeline)) continue;
    problems.add('alien-epoch', firstKey(listed), `timeline ${listed.stream.timeline} is not part of this history`);
  }
  for (const snapshot of inventory.snapshots) {
    if (known.has(snapshot.timeline)) continue;
    problems.add('alien-epoch', snapshot.key, `timeline ${snapshot.timeline} is not part of this history`);
  }
}

function remarksOf({ isOwner }: BucketIdentity, { ledger, partitions, data }: ExaminedHistory): string[] {
  const remarks: string[] = [];
  if (!isOwner) remarks.push('This is a copy: the timeline is written in another store.');
  const { unknownTopicBatches } = ledger;
  const { beyondCut } = data;
  if (beyondCut > 0) {
    remarks.push(`${beyondCut} slots of earlier timelines lie beyond the cut; they are kept, and not read.`);
  }
  if (unknownTopicBatches > 0) {
    remarks.push(`${unknownTopicBatches} batches belong to topics that were deleted, or made while this ran.`);
  }
  if (partitions === undefined) {
    remarks.push('The partitions were not checked: the damaged metadata do not say what they should hold.');
  }
  return remarks;
}

/** Data before their registration (rule 09) are alien, unless a broker has started since the metadata were read. */
async function judgeUnregistered(
  { context, data }: ExaminedHistory,
  { timeline, ancestry }: BucketIdentity,
  problems: Problems,
): Promise<readonly string[]> {
  const now = await recoverMetadata(context, { ancestry }).catch(() => undefined);
  const remarks: string[] = [];
  for (const stream of data.unregistered) {
    if (now?.image.stream(stream) !== undefined) {
      remarks.push(`Broker ${stream.broker} started again while this ran; its epoch ${stream.epoch} was not checked.`);
      continue;
    }
    const key = slotKey({ log: 'data', timeline, broker: stream.broker, epoch: stream.epoch }, 0);
    problems.add(
      'alien-epoch',
      key,
      `epoch ${stream.epoch} of broker ${stream.broker} holds data and was never registered`,
    );
  }
  return remarks;
}

function emptyBucket(store: PatientStore): ChronikError {
  return new ChronikError('BUCKET_EMPTY', `${store.description} is empty: there is nothing to check`, {
    remedy: 'Check bucket and prefix. A bucket that should hold data and is empty has lost all of it.',
  });
}

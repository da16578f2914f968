import { ChronikError, silentLogger } from '../../edge/index.ts';
import type { Clock, Random } from '../../edge/index.ts';
import { HybridClock, slotKey } from '../../log/index.ts';
import type { LogContext } from '../../log/index.ts';
import { recoverMetadata } from '../../meta/index.ts';
import type { MetadataImage } from '../../meta/index.ts';
import type { PatientStore } from '../../store/index.ts';
import { checkData } from './check-data.ts';
import type { CheckedData, CheckedStream } from './check-data.ts';
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
 * error. Rejects with BUCKET_EMPTY, FORMAT_TOO_NEW, TIMELINE_FORKED, or when the store cannot be asked.
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
  const identity = await checkFiles(store, inventory, problems);
  if (identity === undefined) return { inventory, problems: problems.all, remarks: [], identity, history: undefined };
  reportAlienTimelines(inventory, identity.timeline, problems);
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
  { lineage, timeline }: BucketIdentity,
  inventory: Inventory,
  problems: Problems,
  onProgress: (objects: number) => void,
): Promise<ExaminedHistory> {
  const { store, clock, random, deep, placesOf } = options;
  const hlc = new HybridClock(clock);
  // `broker` would be the author of claims and seals: nothing is written here.
  const context: LogContext = { store, clock, random, hlc, logger: silentLogger, lineage, broker: 0 };
  const metadata = await checkMetadata(context, timeline, inventory, problems, onProgress);
  const { image, isComplete } = metadata;
  const ledger = new PartitionLedger(image, placesOf);
  const depth = deep ? 'whole' : 'tails';
  const data = await checkData(context, inventory, { image, ledger, depth, problems, onProgress });
  return { context, metadata, data, ledger, partitions: isComplete ? ledger.finish(problems) : undefined };
}

function reportAlienTimelines(inventory: Inventory, timeline: string, problems: Problems): void {
  for (const listed of inventory.streams) {
    if (listed.stream.timeline === timeline) continue;
    problems.add('alien-epoch', firstKey(listed), `timeline ${listed.stream.timeline} is not part of this history`);
  }
  for (const snapshot of inventory.snapshots) {
    if (snapshot.timeline === timeline) continue;
    problems.add('alien-epoch', snapshot.key, `timeline ${snapshot.timeline} is not part of this history`);
  }
}

function remarksOf({ isOwner }: BucketIdentity, { ledger, partitions }: ExaminedHistory): string[] {
  const remarks: string[] = [];
  if (!isOwner) remarks.push('This is a copy: the timeline is written in another store.');
  const { unknownTopicBatches } = ledger;
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
  { timeline }: BucketIdentity,
  problems: Problems,
): Promise<readonly string[]> {
  const now = await recoverMetadata(context, { timeline }).catch(() => undefined);
  const remarks: string[] = [];
  for (const stream of data.unregistered) {
    if (isRegistered(stream, now?.image)) {
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

function isRegistered({ broker, epoch }: CheckedStream, image: MetadataImage | undefined): boolean {
  return image?.stream(broker, epoch) !== undefined;
}

function emptyBucket(store: PatientStore): ChronikError {
  return new ChronikError('BUCKET_EMPTY', `${store.description} is empty: there is nothing to check`, {
    remedy: 'Check bucket and prefix. A bucket that should hold data and is empty has lost all of it.',
  });
}

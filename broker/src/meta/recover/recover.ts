import {
  DamagedStreamError,
  linePrefix,
  listEpochs,
  metadataCommittedThrough,
  parseSlotKey,
  sealEpochs,
  walkStream,
} from '../../log/index.ts';
import type { LogContext, RepairOptions, SealOptions, SealedEpoch, StreamLine } from '../../log/index.ts';
import { MetadataCorruptError } from '../errors.ts';
import type { MetadataImage, MetadataPosition } from '../image.ts';
import { loadTimelineBase } from './fork-base.ts';
import type { Ancestry } from './fork-base.ts';
import { loadNewestSnapshot } from './load-snapshot.ts';
import type { LoadedSnapshot, RejectedSnapshot } from './load-snapshot.ts';
import { Replay } from './replay.ts';
import type { MetadataProgress } from './replay.ts';

export interface RecoverMetadataOptions {
  /** The timeline to read, with those that it comes from. */
  readonly ancestry: Ancestry;
  readonly onProgress?: (progress: MetadataProgress) => void;
}

/** What a recovery read and what it met. */
export interface MetadataReport {
  readonly snapshot: { readonly key: string; readonly position: MetadataPosition } | undefined;
  /** Snapshots that did not verify and were passed over. */
  readonly rejectedSnapshots: readonly RejectedSnapshot[];
  /** Slots and events read beyond the snapshot. */
  readonly slots: number;
  readonly events: number;
  /** Slots that were marked lost; what they said is gone. */
  readonly lostSlots: readonly MetadataPosition[];
  /** What of later events did not fit any more, because of what the lost slots held. */
  readonly dropped: readonly string[];
}

export interface RecoveredMetadata {
  readonly image: MetadataImage;
  readonly report: MetadataReport;
  /** Epochs whose end is not sealed: their controller may still be at work, and the state is only what it was just now. */
  readonly openEpochs: readonly number[];
}

export function metadataLine(timeline: string, broker: number): StreamLine {
  return { log: 'metadata', timeline, broker };
}

/**
 * Metadata state as the bucket has it, without writing anything: newest snapshot that verifies, then the slots after it over
 * all epochs. Waits for as long as the store is away. Rejects with DamagedStreamError if committed slots are missing.
 */
export async function recoverMetadata(
  context: LogContext,
  options: RecoverMetadataOptions,
): Promise<RecoveredMetadata> {
  const { timeline } = options.ancestry.at(-1)!;
  const line = metadataLine(timeline, context.broker);
  const loaded = await loadNewestSnapshot(context, timeline);
  const { replay } = await beginReplay(context, line, loaded, options);
  const from = loaded.snapshot?.image.position.epoch;
  const newer = await listEpochs(context, line, from ?? 0);
  const openEpochs: number[] = [];
  for (const epoch of from === undefined ? newer : [from, ...newer]) {
    const stream = { ...line, epoch };
    const after = replay.after(epoch);
    const end = await walkStream(context, stream, {
      ...(after && { after }),
      depth: 'whole',
      visit: (slot) => void replay.take(stream, slot),
    });
    if (end.kind === 'damaged') throw new DamagedStreamError(stream, end.missing);
    if (end.kind === 'unclaimed') throw new DamagedStreamError(stream, { from: 0, to: 0 });
    if (end.kind === 'open') openEpochs.push(epoch);
  }
  return { image: replay.finish(), report: reportOf(loaded, replay), openEpochs };
}

export interface BegunReplay {
  readonly replay: Replay;
  /** The epoch where it goes on, or behind which it does. */
  readonly fromEpoch: number;
}

/** A replay that stands where the snapshot ends, or before the first slot. */
export async function beginReplay(
  context: LogContext,
  line: StreamLine,
  { snapshot }: LoadedSnapshot,
  options: RecoverMetadataOptions,
): Promise<BegunReplay> {
  const onProgress = options.onProgress ?? ((): void => undefined);
  if (snapshot !== undefined) {
    context.logger.info('metadata recovery: snapshot loaded', { key: snapshot.key, topics: snapshot.image.topicCount });
    const { epoch } = snapshot.image.position;
    return { replay: new Replay(context, snapshot.image, snapshot, onProgress), fromEpoch: epoch };
  }
  const base = await loadTimelineBase(context, options.ancestry);
  await demandFirstEpoch(context, line, base.firstEpoch);
  return { replay: new Replay(context, base.image, base.stamp, onProgress), fromEpoch: base.firstEpoch };
}

/** Without a snapshot the log is the whole truth only if it begins at its beginning (hole 18). */
async function demandFirstEpoch(context: LogContext, line: StreamLine, firstEpoch: number): Promise<void> {
  for await (const { key } of context.store.listAll(linePrefix(line), { pageSize: 1 })) {
    const name = parseSlotKey(key);
    if (name === undefined) continue;
    if (name.stream.epoch === firstEpoch) return;
    throw new MetadataCorruptError(
      `the metadata log of timeline ${line.timeline} begins with epoch ${name.stream.epoch} instead of ${firstEpoch}, ` +
        'and no snapshot verifies',
    );
  }
}

/** How damage is dealt with while epochs are sealed. */
export type SealDamage = Pick<RepairOptions, 'onDamage' | 'repairFrom'>;

/**
 * Seals every metadata epoch from the first that is not known to be sealed up to the one before `epoch`, ascending, empty
 * ones too (rule 07), and feeds what they hold beyond the replay's position to it: one walk does both. Ends with a state
 * that nobody but the holder of `epoch` can change any more.
 */
export async function sealMetadataEpochsBelow(
  context: LogContext,
  line: StreamLine,
  epoch: number,
  replay: Replay,
  known: {
    readonly sealedBelowEpoch: number;
    readonly snapshotEpoch: number;
    /** The epoch of the snapshot, if there is one. */
    readonly claimed: number | undefined;
    readonly damage: SealDamage;
  },
): Promise<readonly SealedEpoch[]> {
  // Never beyond the snapshot, whatever it claims: what is not walked is not read.
  const from = Math.max(1, Math.min(known.sealedBelowEpoch, known.snapshotEpoch));
  const range = { from, below: epoch, ...(known.claimed === undefined ? {} : { claimed: known.claimed }) };
  return sealEpochs(context, line, range, (stream): SealOptions => {
    const options = {
      ...known.damage,
      metadataEpoch: epoch,
      committedElsewhere: () => metadataCommittedThrough(context, line.timeline, stream.epoch),
    };
    // The snapshot holds what lies below its epoch; only the seals are looked for there.
    if (stream.epoch < known.snapshotEpoch) return { ...options, depth: 'tails' };
    const after = replay.after(stream.epoch);
    return { ...options, ...(after && { after }), depth: 'whole', visit: (slot) => void replay.take(stream, slot) };
  });
}

export function reportOf({ snapshot, rejected }: LoadedSnapshot, replay: Replay): MetadataReport {
  const { slots, events } = replay.growth;
  return {
    snapshot: snapshot && { key: snapshot.key, position: snapshot.image.position },
    rejectedSnapshots: rejected,
    slots,
    events,
    lostSlots: replay.lostSlots,
    dropped: replay.dropped,
  };
}

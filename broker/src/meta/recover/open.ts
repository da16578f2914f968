import type { Disk } from '../../edge/index.ts';
import { claimStream, newestEpoch } from '../../log/index.ts';
import type { LogContext } from '../../log/index.ts';
import type { PatientStore } from '../../store/index.ts';
import { TimelineEndedError } from '../errors.ts';
import type { MetadataEvent } from '../event.ts';
import type { MetadataImage } from '../image.ts';
import { LocalCopies } from '../local-copies.ts';
import { MetadataLog } from '../metadata-log.ts';
import type { MetadataLogOptions } from '../metadata-log.ts';
import { SnapshotKeeper, defaultSnapshotPolicy } from '../snapshot/snapshot-keeper.ts';
import type { SnapshotPolicy } from '../snapshot/snapshot-keeper.ts';
import { UploadStats } from '../upload-stats.ts';
import { loadNewestSnapshot } from './load-snapshot.ts';
import type { Replay } from './replay.ts';
import { beginReplay, metadataLine, reportOf, sealMetadataEpochsBelow } from './recover.ts';
import type { MetadataReport, RecoverMetadataOptions, SealDamage } from './recover.ts';

export interface OpenMetadataOptions extends RecoverMetadataOptions, MetadataLogOptions {
  /** host:port of the claimant. */
  readonly address: string;
  readonly installation: string;
  readonly snapshotPolicy?: SnapshotPolicy;
  /** Where snapshots are written: megabytes that no client waits for. Default: the context's store. */
  readonly snapshotStore?: PatientStore;
  /** Keeps copies for people under this data directory. */
  readonly localCopies?: { readonly disk: Disk; readonly directory: string };
  /** Default: hold. */
  readonly damage?: SealDamage;
}

export interface OpenedMetadata {
  readonly log: MetadataLog;
  readonly image: MetadataImage;
  readonly report: MetadataReport;
}

/** A line for everything uploaded at most once in so long. */
const RUN_REPORT_MS = 60_000;

/** Far more than one slot can have given out. */
const PRODUCER_IDS_PER_LOST_SLOT = 1_000_000;

/** Ids that a lost slot may have given out are not given out again: two producers of one id would drop each other's batches. */
function skippedProducerIds({ lostSlots }: Replay, firstProducerId: number, broker: number): readonly MetadataEvent[] {
  const count = lostSlots.length * PRODUCER_IDS_PER_LOST_SLOT;
  return count === 0 ? [] : [{ kind: 'producerIdBlockAllocated', broker, firstProducerId, count }];
}

/**
 * Becomes the controller: claims the next metadata epoch, seals all below it, and only then reads the final state (rule 07).
 * Waits for as long as the store is away. Rejects with FencedError if somebody claimed and sealed meanwhile (seen at the
 * first append at the latest), DamagedStreamError, TimelineEndedError, or what a snapshot or a slot that cannot be
 * understood makes it reject with; nothing was appended then.
 */
export async function openMetadata(context: LogContext, options: OpenMetadataOptions): Promise<OpenedMetadata> {
  const { ancestry, address, installation, heartbeatMs } = options;
  const { timeline } = ancestry.at(-1)!;
  const line = metadataLine(timeline, context.broker);
  const loaded = await loadNewestSnapshot(context, timeline);
  const { replay, fromEpoch } = await beginReplay(context, line, loaded, options);
  const snapshotEpoch = loaded.snapshot?.image.position.epoch;
  const aboveEpoch = await newestEpoch(context, line, snapshotEpoch ?? fromEpoch - 1);
  const writer = await claimStream(context, { ...line, aboveEpoch, address, installation, heartbeatMs });
  const { epoch } = writer.stream;
  await sealMetadataEpochsBelow(context, line, epoch, replay, {
    // Of a fork without a snapshot the state says which of its parent's epochs are sealed.
    sealedBelowEpoch: loaded.snapshot?.image.sealedBelowEpoch ?? fromEpoch,
    snapshotEpoch: fromEpoch,
    claimed: snapshotEpoch,
    damage: options.damage ?? { onDamage: 'hold' },
  });
  const image = replay.finish().at({ epoch, slot: 0 });
  if (image.timelineEnd !== undefined) throw new TimelineEndedError(timeline, image.timelineEnd.child);

  const logger = context.logger.child('Metadata Uploader');
  const stats = new UploadStats(context.clock, logger, Math.max(RUN_REPORT_MS, options.uploadIntervalMs));
  const snapshots = new SnapshotKeeper(
    context,
    {
      image,
      stamp: { slotHash: writer.lastHash, hlc: context.hlc.now() },
      lastHash: loaded.snapshot?.hash ?? Buffer.alloc(0),
      growth: replay.growth,
    },
    {
      store: options.snapshotStore ?? context.store,
      policy: options.snapshotPolicy ?? defaultSnapshotPolicy,
      stats,
      copies:
        options.localCopies &&
        new LocalCopies(options.localCopies.disk, options.localCopies.directory, timeline, logger),
    },
  );
  const isFirst = loaded.snapshot === undefined && epoch === fromEpoch;
  const firstEvents: readonly MetadataEvent[] = [
    ...(isFirst ? [] : [{ kind: 'metadataEpochsSealed', belowEpoch: epoch } as const]),
    ...skippedProducerIds(replay, image.nextProducerId, context.broker),
  ];
  const log = new MetadataLog(context, writer, { image, firstEvents, snapshots, stats }, options);
  return { log, image, report: reportOf(loaded, replay) };
}

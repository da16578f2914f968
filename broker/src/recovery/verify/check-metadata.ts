import { metadataCommittedThrough, slotKey, streamPrefix } from '../../log/index.ts';
import type { LogContext, StreamId, StreamLine } from '../../log/index.ts';
import type { MetadataImage, TimelineBase } from '../../meta/index.ts';
import { epochsOf, firstKey } from './epochs.ts';
import type { Inventory, ListedSnapshot } from './inventory.ts';
import { MetadataReplay } from './metadata-replay.ts';
import type { Problems } from './problem.ts';
import { SnapshotCheck } from './snapshot-check.ts';
import type { CheckedSnapshot } from './snapshot-check.ts';
import { scrubStream } from './stream-scrub.ts';
import type { ScrubEnd } from './stream-scrub.ts';

export interface CheckedEpoch {
  readonly epoch: number;
  readonly slots: number;
  readonly bytes: number;
  readonly end: ScrubEnd;
}

export interface CheckedMetadata {
  readonly image: MetadataImage;
  /** False if something that the log said could not be had from a later snapshot either. */
  readonly isComplete: boolean;
  readonly epochs: readonly CheckedEpoch[];
  readonly snapshots: readonly CheckedSnapshot[];
}

/** Reads the metadata log epoch by epoch, and the snapshots where they stand in it. */
export async function checkMetadata(
  context: LogContext,
  base: TimelineBase,
  inventory: Inventory,
  problems: Problems,
  onProgress: (objects: number) => void,
): Promise<CheckedMetadata> {
  const { timeline } = base.image;
  const line = { log: 'metadata', timeline, broker: 0 } as const;
  const ours = inventory.snapshots.filter((snapshot) => snapshot.timeline === timeline);
  const snapshots = new SnapshotCheck(context, timeline, problems);
  const replay = new MetadataReplay(context, base, ours, snapshots, problems);
  const mentioned = Math.max(0, ...ours.map(({ position }) => position.epoch));
  const { streams, aliens } = await epochsOf(context, inventory, line, mentioned, base.firstEpoch);
  for (const alien of aliens) {
    problems.add('alien-epoch', firstKey(alien), `nobody claimed metadata epoch ${alien.stream.epoch}`);
  }
  const epochs: CheckedEpoch[] = [];
  // Epochs before the newest end with a seal; of that one only the data say how far it was committed (rule 09).
  const newest = streams.at(-1)?.stream.epoch ?? 0;
  const told = await metadataCommittedThrough(context, timeline, newest);
  for (const listed of streams) {
    const { stream } = listed;
    const { epoch } = stream;
    let slots = 0;
    let bytes = 0;
    const end = await scrubStream(context, listed, {
      depth: 'whole',
      problems,
      // Epochs are dense, and a claim is never deleted.
      committedAtLeast: Math.max(0, newestSnapshotSlot(ours, epoch), listed === streams.at(-1) ? told : -1),
      onBreak: () => replay.interrupt(),
      visit: (slot) => {
        slots += 1;
        bytes += slot.sizeBytes;
        return replay.take(stream, slot);
      },
      onProgress,
    });
    epochs.push({ epoch, slots, bytes, end });
  }
  const { image, isComplete } = await replay.finish();
  await reportMissingSeals(context, line, epochs, image, problems);
  return { image, isComplete, epochs, snapshots: snapshots.checked };
}

function newestSnapshotSlot(snapshots: readonly ListedSnapshot[], epoch: number): number {
  return Math.max(
    -1,
    ...snapshots.filter(({ position }) => position.epoch === epoch).map(({ position }) => position.slot),
  );
}

/** An epoch is over once the metadata say so, or a later one holds more than its claim (rule 07). */
async function reportMissingSeals(
  context: LogContext,
  line: StreamLine,
  epochs: readonly CheckedEpoch[],
  image: MetadataImage,
  problems: Problems,
): Promise<void> {
  const inUse = Math.max(image.sealedBelowEpoch, ...epochs.filter(({ slots }) => slots > 1).map(({ epoch }) => epoch));
  for (const { epoch, end } of epochs) {
    if (epoch >= inUse || end.kind === 'sealed' || end.unreadable) continue;
    const stream = { ...line, epoch };
    // A controller may have taken over while the bucket was listed: the seal came behind the listing's back.
    if (await hasGrown(context, stream, end.next)) continue;
    const key = slotKey(stream, end.next);
    problems.add('missing-seal', key, `a later epoch was written to; this one has no end`);
  }
}

async function hasGrown({ store }: LogContext, stream: StreamId, next: number): Promise<boolean> {
  const after = next === 0 ? undefined : slotKey(stream, next - 1);
  const { objects } = await store.list(streamPrefix(stream), after, 1);
  return objects[0]?.key === slotKey(stream, next);
}

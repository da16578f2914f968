import { DamagedStreamError, walkStream } from '../../log/index.ts';
import type { LogContext, WalkOptions } from '../../log/index.ts';
import { MetadataCorruptError } from '../errors.ts';
import type { TimelineFile } from '../files/timeline-file.ts';
import { forkImage } from '../fork.ts';
import { FrozenImage } from '../frozen-image.ts';
import type { MetadataPosition } from '../image.ts';
import type { SlotStamp } from '../snapshot/snapshot-keeper.ts';
import { loadNewestSnapshot } from './load-snapshot.ts';
import { Replay } from './replay.ts';

/** The way to a timeline: the root first, the timeline itself last, each the parent of the next. Never empty. */
export type Ancestry = readonly Pick<TimelineFile, 'timeline' | 'cut'>[];

/** State before the first slot of a timeline, and what stands there. */
export interface TimelineBase {
  readonly image: FrozenImage;
  readonly stamp: SlotStamp;
  /** The metadata epoch with which the timeline begins. */
  readonly firstEpoch: number;
}

const NOTHING: SlotStamp = { slotHash: Buffer.alloc(0), hlc: { ms: 0, counter: 0 } };

/**
 * The state in which the last timeline of the ancestry begins: nothing for the root, else what its parent held at the cut,
 * read in place under the parent's names. Epochs go on where the parent's end. Rejects with DamagedStreamError if the parent's
 * log is not whole up to the cut.
 */
export async function loadTimelineBase(context: LogContext, ancestry: Ancestry): Promise<TimelineBase> {
  const own = ancestry.at(-1)!;
  if (own.cut === undefined) {
    return { image: FrozenImage.empty(context.lineage, own.timeline), stamp: NOTHING, firstEpoch: 1 };
  }
  const { metadata } = own.cut;
  const parent = await stateAtCut(context, ancestry.slice(0, -1), metadata);
  return { image: forkImage(parent.image, own), stamp: parent.stamp, firstEpoch: metadata.epoch + 1 };
}

/**
 * State of the last timeline of the ancestry after exactly that slot, from the newest snapshot that is not beyond it. Rejects with
 * DamagedStreamError if the log is not whole up to there.
 */
export async function stateAtCut(
  context: LogContext,
  ancestry: Ancestry,
  cut: MetadataPosition,
): Promise<{ readonly image: FrozenImage; readonly stamp: SlotStamp }> {
  const { timeline } = ancestry.at(-1)!;
  const { snapshot } = await loadNewestSnapshot(context, timeline, cut);
  const base = snapshot === undefined ? await loadTimelineBase(context, ancestry) : undefined;
  const replay =
    base === undefined
      ? new Replay(context, snapshot!.image, snapshot!, () => undefined)
      : new Replay(context, base.image, base.stamp, () => undefined);
  for (let epoch = base?.firstEpoch ?? snapshot!.image.position.epoch; epoch <= cut.epoch; epoch += 1) {
    const after = replay.after(epoch);
    if (epoch === cut.epoch && after?.slot === cut.slot) break;
    const stream = { log: 'metadata', timeline, broker: context.broker, epoch } as const;
    const options: WalkOptions = {
      ...(after && { after }),
      ...(epoch === cut.epoch && { through: cut.slot }),
      depth: 'whole',
      visit: (slot) => void replay.take(stream, slot),
    };
    const end = await walkStream(context, stream, options);
    if (end.kind === 'damaged') throw new DamagedStreamError(stream, end.missing);
    if (end.kind === 'unclaimed') throw new DamagedStreamError(stream, { from: 0, to: 0 });
    // A seal below the cut, or no end of an epoch before it: this is not the log that the cut was made of.
    if ((end.kind === 'sealed') === (epoch === cut.epoch)) {
      throw new MetadataCorruptError(
        `metadata epoch ${timeline}/${epoch} does not lead to the cut at ${cut.epoch}/${cut.slot}`,
      );
    }
  }
  return { image: replay.finish(), stamp: replay.stamp };
}

import { stateAtCut } from '../../meta/index.ts';
import type { FrozenImage, TimelineCut } from '../../meta/index.ts';
import type { StoreCopy } from './copy-of.ts';
import type { CutPosition } from './cut.ts';
import type { CutReader } from './cut-reader.ts';

/** Metadata at a cut that was just read, and the cut as a timeline's file tells it. */
export async function stateOfCut(
  { context, tree, timeline }: StoreCopy,
  reader: CutReader,
  { metadata, hlc }: CutPosition,
): Promise<{ readonly image: FrozenImage; readonly cut: TimelineCut }> {
  const { image } = await stateAtCut(context, tree.ancestry(timeline.timeline), metadata);
  return { image, cut: { metadata, hlc, streams: await reader.streamsAt(hlc, image) } };
}

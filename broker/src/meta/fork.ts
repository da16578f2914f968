import { invariant } from '../edge/index.ts';
import type { CutStream, TimelineFile } from './files/timeline-file.ts';
import { FrozenImage, streamKey } from './frozen-image.ts';
import type { PartitionImage, StreamImage, TopicImage } from './image.ts';

/**
 * Producer ids that a child leaves out. Its parent may have given ids away beyond the cut, and their owners go on using them:
 * a batch of one would look like a duplicate of another's (rule 21).
 */
const PRODUCER_IDS_SKIPPED = 1_000_000;
/** Leader epochs that a child leaves out: one that the parent gave beyond the cut must not come back with other records. */
const LEADER_EPOCHS_SKIPPED = 1_000;

/**
 * The state in which a forked timeline begins: its parent's at the cut, told as the child's. A function of what was written
 * once, so that whoever opens the child, and how often, begins with the same.
 *
 * Nothing of the parent goes on: its streams end where the cut says, its brokers are gone, and what it may have given away
 * beyond the cut is not given again.
 */
export function forkImage(parent: FrozenImage, { timeline, cut }: Pick<TimelineFile, 'timeline' | 'cut'>): FrozenImage {
  invariant(cut !== undefined, 'a timeline without a cut is no fork', { timeline });
  const { data } = parent;
  const ends = new Map(cut.streams.map((end) => [streamKey(end), end]));
  const streams = [...data.streams].flatMap(([key, stream]) => {
    const ended = endStream(stream, ends.get(key));
    return ended === undefined ? [] : [[key, ended] as const];
  });
  return new FrozenImage({
    ...data,
    timeline,
    timelineEnd: undefined,
    isSettled: false,
    nextProducerId: data.nextProducerId + PRODUCER_IDS_SKIPPED,
    streams: new Map(streams),
    brokers: new Map([...data.brokers].map(([id, broker]) => [id, { ...broker, live: false }])),
    topics: new Map([...data.topics].map(([id, topic]) => [id, forkTopic(topic)])),
  });
}

/** Undefined: it had been registered, and the cut holds nothing of it, not even its claim. */
function endStream(stream: StreamImage, end: CutStream | undefined): StreamImage | undefined {
  if (stream.sealed !== undefined) return stream;
  return end && { ...stream, sealed: { slot: end.through + 1, hash: end.hash } };
}

function forkTopic(topic: TopicImage): TopicImage {
  return { ...topic, partitions: topic.partitions.map(raiseLeaderEpoch) };
}

function raiseLeaderEpoch(partition: PartitionImage): PartitionImage {
  return { ...partition, leaderEpoch: partition.leaderEpoch + LEADER_EPOCHS_SKIPPED };
}

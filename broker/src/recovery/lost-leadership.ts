import { describeStream, sealStream } from '../log/index.ts';
import type { FooterBatch, LogContext, SealOptions, StreamId } from '../log/index.ts';
import type { MetadataEvent, MetadataImage, MetadataLog, TopicLeadership } from '../meta/index.ts';
import type { Anomaly } from './report.ts';

/** How a stream led one partition, as its footers show it. */
interface Led {
  readonly leaderEpoch: number;
  startOffset: number;
}

type LedTopics = Map<string, Map<number, Led>>;

export interface LostLeadershipOptions {
  /** Our own epochs that the metadata do not call sealed. */
  readonly epochs: readonly number[];
  readonly damage: Pick<SealOptions, 'onDamage' | 'repairFrom' | 'metadataEpoch'>;
  readonly registration: { readonly host: string; readonly port: number; readonly installation: string };
}

/**
 * Where slots of the metadata log were marked lost, registration and leadership of our newest streams may have been in them: what
 * the footers show of both is said again, so that the records in those streams go on to count. Seals the streams. Without such a
 * loss it finds nothing to say.
 */
export async function restoreLostLeadership(
  context: LogContext,
  metadata: MetadataLog,
  { epochs, damage, registration }: LostLeadershipOptions,
): Promise<readonly Anomaly[]> {
  const anomalies: Anomaly[] = [];
  for (const epoch of epochs) {
    const { broker } = context;
    const stream: StreamId = { log: 'data', timeline: metadata.image.timeline, broker, epoch };
    const topics = missingLeaderships(metadata.image, await ledIn(context, stream, damage));
    if (topics.length === 0) continue;
    const events: readonly MetadataEvent[] = [
      { kind: 'brokerRegistered', broker, streamEpoch: epoch, ...registration, diskAcks: 'disk', rack: undefined },
      { kind: 'leadershipAssigned', leader: broker, streamEpoch: epoch, topics },
    ];
    await metadata.append(events);
    const partitions = topics.reduce((sum, topic) => sum + topic.partitions.length, 0);
    anomalies.push({
      kind: 'leadership-restored',
      what: describeStream(stream),
      detail: `the leadership of ${partitions} partitions was lost, and is taken from their records`,
    });
  }
  return anomalies;
}

/** Partitions that the stream holds batches of, with the first offset and the leader epoch of each. */
async function ledIn(
  context: LogContext,
  stream: StreamId,
  damage: LostLeadershipOptions['damage'],
): Promise<LedTopics> {
  const topics: LedTopics = new Map();
  await sealStream(context, stream, {
    ...damage,
    depth: 'tails',
    visit: ({ entries }) => {
      for (const entry of entries) if (entry.kind === 'batch') note(topics, entry);
    },
  });
  return topics;
}

function note(topics: LedTopics, { topicId, partition, leaderEpoch, baseOffset }: FooterBatch): void {
  let partitions = topics.get(topicId);
  if (partitions === undefined) topics.set(topicId, (partitions = new Map<number, Led>()));
  const led = partitions.get(partition);
  if (led === undefined) partitions.set(partition, { leaderEpoch, startOffset: baseOffset });
  else led.startOffset = Math.min(led.startOffset, baseOffset);
}

/** What the metadata do not know, of topics that they know. */
function missingLeaderships(image: MetadataImage, found: LedTopics): readonly TopicLeadership[] {
  const missing: TopicLeadership[] = [];
  for (const [topicId, partitions] of found) {
    const topic = image.topicById(topicId);
    const led = [...partitions].filter(([index, { leaderEpoch, startOffset }]) => {
      const known = topic?.partitions[index];
      const start = known?.history.at(-1)?.startOffset ?? 0;
      return known !== undefined && known.leaderEpoch < leaderEpoch && start <= startOffset;
    });
    if (led.length === 0) continue;
    missing.push({
      topicId,
      partitions: led.map(([index]) => index),
      leaderEpochs: led.map(([, { leaderEpoch }]) => leaderEpoch),
      startOffsets: led.map(([, { startOffset }]) => startOffset),
      previousEndOffsets: [],
    });
  }
  return missing;
}

import { chronik } from '../../proto/index.ts';
import { diskAcksFromWire, diskAcksToWire } from '../disk-acks.ts';
import { MetadataCorruptError } from '../errors.ts';
import { FrozenImage, streamKey } from '../frozen-image.ts';
import type { BrokerImage, MetadataImage, PartitionImage, StreamImage, StreamName, TimelineEnd } from '../image.ts';
import { isInternalTopic } from '../topic-name.ts';
import { idBytes, idText, ownBytes, refuseUnknown } from '../wire.ts';

const wire = chronik.snapshot;

/** What a snapshot's header says about its state, and the state does not repeat. */
export interface StateContext {
  readonly lineage: string;
  readonly timeline: string;
  readonly epoch: number;
  readonly slot: number;
  readonly eventCount: number;
}

/** State as canonical bytes: equal states give equal bytes, whatever order their events came in. */
export function encodeState(image: MetadataImage): Buffer {
  const ancestors = ancestorsOf(image);
  const numbers = new Map([image.timeline, ...ancestors].map((timeline, number) => [timeline, number]));
  const bytes = wire.MetadataState.encode({
    sealedBelowEpoch: image.sealedBelowEpoch,
    nextProducerId: image.nextProducerId,
    ignoredEventCount: image.ignoredEventCount,
    topics: [...image.topics()]
      .toSorted((a, b) => (a.name < b.name ? -1 : 1))
      .map(({ name, id, configs, partitions }) => ({
        name,
        topicId: idBytes(id),
        configs: configsToWire(configs),
        partitions: partitions.map((partition) => partitionToWire(partition, numbers)),
      })),
    brokers: [...image.brokers()].toSorted((a, b) => a.id - b.id).map(brokerToWire),
    streams: [...image.streams()]
      .toSorted((a, b) => a.broker - b.broker || a.epoch - b.epoch || (a.timeline < b.timeline ? -1 : 1))
      .map((stream) => streamToWire(stream, numbers)),
    brokerConfigs: [...image.configuredBrokers()]
      .toSorted((a, b) => (a ?? -1) - (b ?? -1))
      .map((broker) => ({ broker: broker ?? null, configs: configsToWire(image.brokerConfigs(broker)) })),
    timelineEnd: image.timelineEnd === undefined ? null : { child: image.timelineEnd.child ?? '' },
    ancestors,
    isUnsettled: !image.isSettled,
  }).finish();
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/**
 * The reverse of encodeState; `where` names the snapshot in errors. Throws MetadataFormatError on what a newer version
 * wrote, MetadataCorruptError on anything else that is no state.
 */
export function decodeState(bytes: Uint8Array, context: StateContext, where: string): FrozenImage {
  let state: chronik.snapshot.MetadataState;
  try {
    state = wire.MetadataState.decode(bytes);
  } catch (cause) {
    throw new MetadataCorruptError(`${where} does not decode as metadata state`, { cause });
  }
  refuseUnknown(state, where);
  const timelines = [context.timeline, ...state.ancestors];
  const sharedStreams = new SharedStreams(timelines, where);
  const topics = state.topics.map(({ name, topicId, configs, partitions }) => ({
    name,
    id: idText(topicId),
    configs: configsFromWire(configs),
    partitions: partitions.map((partition, index) => partitionFromWire(partition, index, sharedStreams, where)),
    internal: isInternalTopic(name),
  }));
  const streams = state.streams.map((stream) => streamFromWire(stream, sharedStreams));
  const open = new Set(streams.filter((stream) => stream.sealed === undefined).map(streamKey));
  const brokers = state.brokers.map((broker) => brokerFromWire(broker, context.timeline, open, where));
  return new FrozenImage({
    position: { epoch: context.epoch, slot: context.slot },
    lineage: context.lineage,
    timeline: context.timeline,
    sealedBelowEpoch: state.sealedBelowEpoch,
    nextProducerId: state.nextProducerId,
    timelineEnd: timelineEndFromWire(state.timelineEnd),
    isSettled: !state.isUnsettled,
    eventCount: context.eventCount,
    ignoredEventCount: state.ignoredEventCount,
    partitionCount: topics.reduce((sum, topic) => sum + topic.partitions.length, 0),
    topicIds: new Map(topics.map(({ name, id }) => [name, id])),
    topics: new Map(topics.map((topic) => [topic.id, topic])),
    brokers: new Map(brokers.map((broker) => [broker.id, broker])),
    streams: new Map(streams.map((stream) => [streamKey(stream), stream])),
    brokerConfigs: new Map(
      state.brokerConfigs.map(({ broker, configs }) => [broker ?? undefined, configsFromWire(configs)]),
    ),
  });
}

function timelineEndFromWire(end: chronik.snapshot.TimelineEnd | null | undefined): TimelineEnd | undefined {
  if (end === undefined || end === null) return undefined;
  return { child: end.child === '' ? undefined : end.child };
}

/** Timelines other than the image's own of which a stream is named. */
function ancestorsOf(image: MetadataImage): string[] {
  const found = new Set<string>();
  for (const { timeline } of image.streams()) found.add(timeline);
  for (const { partitions } of image.topics()) {
    for (const { history } of partitions) for (const { stream } of history) found.add(stream.timeline);
  }
  found.delete(image.timeline);
  return [...found].toSorted();
}

type Numbers = ReadonlyMap<string, number>;

function configsToWire(configs: ReadonlyMap<string, string>): chronik.snapshot.Config.$Properties[] {
  return [...configs].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([name, value]) => ({ name, value }));
}

function configsFromWire(configs: readonly chronik.snapshot.Config[]): ReadonlyMap<string, string> {
  return new Map(configs.map(({ name, value }) => [name, value]));
}

function partitionToWire(partition: PartitionImage, numbers: Numbers): chronik.snapshot.PartitionState.$Properties {
  const { history } = partition;
  const timelines = history.map(({ stream }) => numbers.get(stream.timeline) ?? 0);
  return {
    replicas: [...partition.replicas],
    leader: partition.leader,
    leaderEpoch: partition.leaderEpoch,
    logStartOffset: partition.logStartOffset,
    historyLeaderEpochs: history.map(({ leaderEpoch }) => leaderEpoch),
    historyBrokers: history.map(({ stream }) => stream.broker),
    historyStreamEpochs: history.map(({ stream }) => stream.epoch),
    historyStartOffsets: history.map(({ startOffset }) => startOffset),
    historyEnds: history.map(({ endOffset }) => (endOffset === undefined ? 0 : endOffset + 1)),
    historyTimelines: timelines.every((number) => number === 0) ? [] : timelines,
  };
}

function partitionFromWire(
  partition: chronik.snapshot.PartitionState,
  index: number,
  streams: SharedStreams,
  where: string,
): PartitionImage {
  const { historyLeaderEpochs, historyBrokers, historyStreamEpochs, historyStartOffsets, historyEnds } = partition;
  const { historyTimelines } = partition;
  const { length } = historyLeaderEpochs;
  const columns = [historyBrokers, historyStreamEpochs, historyStartOffsets, historyEnds];
  if (historyTimelines.length > 0) columns.push(historyTimelines);
  if (columns.some((column) => column.length !== length)) {
    throw new MetadataCorruptError(`${where}: the lists of a leadership history differ in length`);
  }
  const history = historyLeaderEpochs.map((leaderEpoch, at) => ({
    leaderEpoch,
    stream: streams.name(historyTimelines[at] ?? 0, historyBrokers[at] ?? 0, historyStreamEpochs[at] ?? 0),
    startOffset: historyStartOffsets[at] ?? 0,
    endOffset: historyEnds[at] === 0 ? undefined : (historyEnds[at] ?? 0) - 1,
  }));
  const { replicas, leader, leaderEpoch, logStartOffset } = partition;
  return { index, replicas, leader, leaderEpoch, logStartOffset, history };
}

/** One object for a stream however many partitions were led in it. */
class SharedStreams {
  readonly #timelines: readonly string[];
  readonly #where: string;
  readonly #known = new Map<string, StreamName>();

  constructor(timelines: readonly string[], where: string) {
    this.#timelines = timelines;
    this.#where = where;
  }

  name(timelineNumber: number, broker: number, epoch: number): StreamName {
    const timeline = this.#timelines[timelineNumber];
    if (timeline === undefined) {
      throw new MetadataCorruptError(`${this.#where} names timeline number ${timelineNumber}, which it does not list`);
    }
    const stream = { timeline, broker, epoch };
    const key = streamKey(stream);
    const known = this.#known.get(key) ?? stream;
    this.#known.set(key, known);
    return known;
  }
}

function brokerToWire(broker: BrokerImage): chronik.snapshot.BrokerState.$Properties {
  const { id, streamEpoch, host, port, installation, diskAcks, rack } = broker;
  return { broker: id, streamEpoch, host, port, installation, diskAcks: diskAcksToWire(diskAcks), rack: rack ?? '' };
}

/** A broker lives while its newest stream is one of this timeline and has no seal. */
function brokerFromWire(
  broker: chronik.snapshot.BrokerState,
  timeline: string,
  open: ReadonlySet<string>,
  where: string,
): BrokerImage {
  const { broker: id, streamEpoch, host, port, installation, diskAcks, rack } = broker;
  return {
    id,
    streamEpoch,
    host,
    port,
    installation,
    diskAcks: diskAcksFromWire(diskAcks, where),
    rack: rack === '' ? undefined : rack,
    live: open.has(streamKey({ timeline, broker: id, epoch: streamEpoch })),
  };
}

function streamToWire(
  { timeline, broker, epoch, sealed }: StreamImage,
  numbers: Numbers,
): chronik.snapshot.StreamState.$Properties {
  const sealedHash = sealed?.hash ?? Buffer.alloc(0);
  return { broker, epoch, sealedSlot: sealed?.slot ?? 0, sealedHash, timeline: numbers.get(timeline) ?? 0 };
}

function streamFromWire(stream: chronik.snapshot.StreamState, streams: SharedStreams): StreamImage {
  const { broker, epoch, sealedSlot, sealedHash, timeline } = stream;
  const sealed = sealedSlot === 0 ? undefined : { slot: sealedSlot, hash: ownBytes(sealedHash) };
  return { ...streams.name(timeline, broker, epoch), sealed };
}

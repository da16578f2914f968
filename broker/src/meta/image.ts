// The shape of metadata state as everybody reads it. `ImageDraft` builds it, `FrozenImage` is what is handed out.

/** A place in the metadata log: state after slot `slot` of metadata epoch `epoch`. {0, 0} = before everything. */
export interface MetadataPosition {
  readonly epoch: number;
  readonly slot: number;
}

/** A data stream by name: of this timeline, or of an ancestor whose data are read in place. */
export interface StreamName {
  readonly timeline: string;
  readonly broker: number;
  readonly epoch: number;
}

/** One stretch of a partition's offsets in one stream (rule 17). Batches of that stream outside it are ignored. */
export interface LeadershipInterval {
  readonly leaderEpoch: number;
  readonly stream: StreamName;
  /** First offset of the interval. */
  readonly startOffset: number;
  /** Exclusive; undefined while this is the current leadership. */
  readonly endOffset: number | undefined;
}

export interface PartitionImage {
  readonly index: number;
  /** Brokers that may lead it, the preferred one first. */
  readonly replicas: readonly number[];
  readonly leader: number;
  readonly leaderEpoch: number;
  /** Records below it are gone for readers. */
  readonly logStartOffset: number;
  /** Oldest first, the last one open. Intervals that hold no offset are left out. */
  readonly history: readonly LeadershipInterval[];
}

export interface TopicImage {
  readonly name: string;
  /** 22 characters of base64url. */
  readonly id: string;
  /** Only what was set explicitly; see config-defs/ for what holds otherwise. */
  readonly configs: ReadonlyMap<string, string>;
  /** By partition index. */
  readonly partitions: readonly PartitionImage[];
  /** A topic of the broker's own (`__consumer_offsets`, `__transaction_state`). */
  readonly internal: boolean;
}

/** Which acknowledgements may lie on the broker's disk only (16-settled, takeover grace). */
export type DiskAcks = 'none' | 'acks1' | 'disk';

export interface BrokerImage {
  readonly id: number;
  /** Epoch of its newest registered data stream. */
  readonly streamEpoch: number;
  readonly host: string;
  readonly port: number;
  readonly rack: string | undefined;
  readonly installation: string;
  readonly diskAcks: DiskAcks;
  /** True until its newest stream is sealed. */
  readonly live: boolean;
}

/** A data stream that was registered, or was sealed before it could be. */
export interface StreamImage extends StreamName {
  /**
   * Slot of the SEAL and slotHash of the last slot below it; undefined while it is not known to be sealed. Of an ancestor's
   * stream that was open where this timeline left it: the first slot that does not count, whatever lies there.
   */
  readonly sealed: { readonly slot: number; readonly hash: Buffer } | undefined;
}

/** How a timeline ended. `child` is undefined when it was abandoned. */
export interface TimelineEnd {
  readonly child: string | undefined;
}

/** Metadata state at a position of the log. Never changes once handed out. */
export interface MetadataImage {
  readonly position: MetadataPosition;
  readonly lineage: string;
  readonly timeline: string;
  /** Metadata epochs below this one are sealed (rule 07). */
  readonly sealedBelowEpoch: number;
  /** The first producer id that no block holds yet. */
  readonly nextProducerId: number;
  /** Set once the timeline's last event was applied; nothing may be appended after that. */
  readonly timelineEnd: TimelineEnd | undefined;
  /**
   * False from a fork on until the first boot of the child has brought what clients committed back to what the cut holds
   * (rule 21).
   */
  readonly isSettled: boolean;
  /** Events applied since the beginning of the history, and those of them that had nothing to change. */
  readonly eventCount: number;
  readonly ignoredEventCount: number;
  readonly topicCount: number;
  readonly partitionCount: number;
  topic(name: string): TopicImage | undefined;
  topicById(id: string): TopicImage | undefined;
  /** In no particular order that means anything, but the same for the same log. */
  topics(): Iterable<TopicImage>;
  broker(id: number): BrokerImage | undefined;
  brokers(): Iterable<BrokerImage>;
  stream(name: StreamName): StreamImage | undefined;
  streams(): Iterable<StreamImage>;
  /** Dynamic configuration of one broker, or (undefined) the default of all. */
  brokerConfigs(broker: number | undefined): ReadonlyMap<string, string>;
  /** Brokers that have dynamic configuration of their own; undefined stands for the default of all. */
  configuredBrokers(): Iterable<number | undefined>;
}

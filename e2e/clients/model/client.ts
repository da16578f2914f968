import type { Operation, ProduceVariant } from './operations.ts';
import type { RecordToWrite, SeenRecord } from './records.ts';

export interface NewTopic {
  readonly name: string;
  readonly partitions: number;
  readonly configs: ReadonlyMap<string, string>;
}

export interface ClusterFacts {
  /** Undefined where the client does not tell. */
  readonly clusterId: string | undefined;
  /** As `host:port`. */
  readonly brokers: readonly string[];
}

/** The first offset of a partition and the one after its last. */
export interface OffsetRange {
  readonly first: number;
  readonly end: number;
}

/** Offsets by partition. */
export type Offsets = ReadonlyMap<number, number>;

/** What can be asked of a client. Each fails with an error that says what the client said. */
export interface ClientActions {
  readonly describeCluster: () => Promise<ClusterFacts>;
  /** Names of the APIs that the broker lists. */
  readonly apiVersions: () => Promise<readonly string[]>;
  readonly createTopic: (topic: NewTopic) => Promise<void>;
  readonly listTopics: () => Promise<readonly string[]>;
  /** How many partitions of the topic have a leader. */
  readonly describeTopic: (topic: string) => Promise<number>;
  readonly produce: (topic: string, records: readonly RecordToWrite[], variant: ProduceVariant) => Promise<void>;
  /** Reads `total` records from the beginning of all partitions. */
  readonly consume: (topic: string, total: number) => Promise<readonly SeenRecord[]>;
  /** The same as a member of a group, which has committed when this resolves. */
  readonly consumeInGroup: (group: string, topic: string, total: number) => Promise<readonly SeenRecord[]>;
  readonly listGroups: () => Promise<readonly string[]>;
  /** Committed offsets of a group that exists and has no members. */
  readonly describeGroup: (group: string, topic: string) => Promise<Offsets>;
  /** Commits the first offsets for a group without members. */
  readonly resetOffsets: (group: string, topic: string) => Promise<void>;
  readonly deleteGroup: (group: string) => Promise<void>;
  /** Afterwards the topic has these configurations and, for the older request, no others. */
  readonly alterConfigs: (topic: string, configs: ReadonlyMap<string, string>) => Promise<void>;
  readonly describeConfigs: (topic: string) => Promise<ReadonlyMap<string, string>>;
  readonly createPartitions: (topic: string, total: number) => Promise<void>;
  readonly listOffsets: (topic: string) => Promise<ReadonlyMap<number, OffsetRange>>;
  readonly deleteRecords: (topic: string, partition: number, before: number) => Promise<void>;
  readonly deleteTopic: (topic: string) => Promise<void>;
  /** How many partitions of the topic lie in the broker's log directories. */
  readonly logDirs: (topic: string) => Promise<number>;
  readonly electLeaders: (topic: string, partition: number) => Promise<void>;
  /** Assigns the partition to the broker that has it. */
  readonly reassignPartitions: (topic: string, partition: number, broker: number) => Promise<void>;
}

/** A client under test. An action that is not there is n/a, and `lacks` says why. */
export interface Client {
  readonly name: string;
  /** With what it is built on, for the report. */
  readonly version: string;
  readonly actions: Partial<ClientActions>;
  readonly lacks: Readonly<Partial<Record<Operation, string>>>;
  /** Ends its processes and connections. */
  close(): Promise<void>;
}

/** A client that cannot be had on this machine. */
export interface MissingClient {
  readonly name: string;
  /** What is missing and how it is installed. */
  readonly missing: string;
}

/** Connects a client to a broker. */
export interface ClientSource {
  readonly name: string;
  /** Installs what can be installed without privileges. */
  prepare(): Promise<ReadyClient | MissingClient>;
}

export interface ReadyClient {
  readonly name: string;
  readonly version: string;
  connect(bootstrap: string): Promise<Client>;
}

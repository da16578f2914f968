import type { Transport } from '../../../src/edge/index.ts';
import { sleep } from '../../../src/edge/index.ts';
import { ApiKeys, KafkaErrors, ZERO_UUID } from '../../../src/kafka/index.ts';
import type { ApiKey, ApiName, ApiNameOf, RequestInput, ResponseOf } from '../../../src/kafka/index.ts';
import type { VirtualProcess } from '../virtual-process.ts';
import { NoAnswerError, WireConnection } from './wire-connection.ts';

export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

/** Version of each API that this client speaks: one real client's ceiling, or the newest. */
export type ApiCeilings = Partial<Record<ApiName, number>>;

/** What real clients send at most (kafkajs 2.2, librdkafka 2.15, Java 4.x); every simulated client is one of them. */
export const CEILINGS: readonly ApiCeilings[] = [
  {
    Produce: 7,
    Fetch: 11,
    ListOffsets: 3,
    Metadata: 6,
    OffsetCommit: 5,
    OffsetFetch: 4,
    FindCoordinator: 2,
    JoinGroup: 5,
    SyncGroup: 3,
    Heartbeat: 3,
    LeaveGroup: 3,
    InitProducerId: 1,
    CreateTopics: 3,
    DeleteTopics: 1,
    DescribeConfigs: 2,
  },
  {
    Produce: 10,
    Fetch: 16,
    ListOffsets: 7,
    Metadata: 13,
    OffsetCommit: 9,
    OffsetFetch: 9,
    FindCoordinator: 2,
    JoinGroup: 5,
    SyncGroup: 3,
    Heartbeat: 3,
    LeaveGroup: 1,
    InitProducerId: 4,
    CreateTopics: 4,
    DeleteTopics: 4,
    DescribeConfigs: 1,
  },
  {
    Produce: 13,
    Fetch: 18,
    ListOffsets: 10,
    Metadata: 13,
    OffsetCommit: 10,
    OffsetFetch: 10,
    FindCoordinator: 6,
    JoinGroup: 9,
    SyncGroup: 5,
    Heartbeat: 4,
    LeaveGroup: 5,
    InitProducerId: 5,
    CreateTopics: 7,
    DeleteTopics: 6,
    DescribeConfigs: 4,
  },
];

interface PartitionView {
  readonly leader: number;
  readonly leaderEpoch: number;
}

export interface TopicView {
  readonly name: string;
  /** ZERO_UUID if the client's Metadata version has none. */
  readonly id: string;
  readonly partitions: ReadonlyMap<number, PartitionView>;
}

/** What every Kafka client has: bootstrap, metadata, one connection a broker, versions agreed with the broker. */
export class ClusterClient {
  readonly process: VirtualProcess;
  readonly clientId: string;
  readonly #transport: Transport;
  readonly #bootstrap: readonly Endpoint[];
  readonly #ceilings: ApiCeilings;
  readonly #connections = new Map<string, WireConnection>();
  readonly #versions = new Map<number, { readonly min: number; readonly max: number }>();
  readonly brokers = new Map<number, Endpoint>();
  topics: ReadonlyMap<string, TopicView> = new Map();
  controllerId = -1;
  requestTimeoutMs = 10_000;

  constructor(process: VirtualProcess, transport: Transport, bootstrap: readonly Endpoint[], ceilings: ApiCeilings) {
    this.process = process;
    this.clientId = process.name;
    this.#transport = transport;
    this.#bootstrap = bootstrap;
    this.#ceilings = ceilings;
  }

  get nowMs(): number {
    return this.process.clock.monotonicMs();
  }

  sleep(delayMs: number): Promise<void> {
    return sleep(this.process.clock, delayMs);
  }

  /** A pause before the next attempt, never the same twice. */
  backOff(): Promise<void> {
    return this.sleep(this.process.random.between(50, 400));
  }

  version(api: ApiName): number {
    const range = this.#versions.get(ApiKeys[api]);
    if (range === undefined) throw new NoAnswerError('connection', `The broker does not offer ${api}.`);
    return Math.min(this.#ceilings[api] ?? range.max, range.max);
  }

  /** True if the broker offers the API; asked after the first `refresh`. */
  offers(api: ApiName): boolean {
    return this.#versions.has(ApiKeys[api]);
  }

  async #open(endpoint: Endpoint): Promise<WireConnection> {
    const key = `${endpoint.host}:${endpoint.port}`;
    const open = this.#connections.get(key);
    if (open !== undefined && !open.closed) return open;
    const connection = await WireConnection.open(
      this.#transport,
      this.process.clock,
      this.clientId,
      endpoint.host,
      endpoint.port,
    );
    const software = { clientSoftwareName: 'simulation', clientSoftwareVersion: '1' };
    const answer = await connection.request(ApiKeys.ApiVersions, 3, software, this.requestTimeoutMs);
    for (const one of answer.apiKeys) this.#versions.set(one.apiKey, { min: one.minVersion, max: one.maxVersion });
    const racing = this.#connections.get(key);
    if (racing !== undefined && !racing.closed) {
      connection.close();
      return racing;
    }
    this.#connections.set(key, connection);
    return connection;
  }

  /** A connection to a broker of the metadata, or to any bootstrap one. */
  async connection(brokerId?: number): Promise<WireConnection> {
    const known = brokerId === undefined ? undefined : this.brokers.get(brokerId);
    return await this.#open(known ?? this.process.random.pick(this.#bootstrap));
  }

  async request<K extends ApiKey>(
    apiKey: K,
    name: ApiNameOf<K>,
    body: RequestInput<ApiNameOf<K>>,
    options: { readonly brokerId?: number; readonly timeoutMs?: number } = {},
  ): Promise<ResponseOf<ApiNameOf<K>>> {
    const connection = await this.connection(options.brokerId);
    return await connection.request(apiKey, this.version(name), body, options.timeoutMs ?? this.requestTimeoutMs);
  }

  /** Fetches metadata of all topics; one attempt. Rejects with NoAnswerError. */
  async refresh(): Promise<void> {
    const answer = await this.request(ApiKeys.Metadata, 'Metadata', { topics: null, allowAutoTopicCreation: false });
    this.brokers.clear();
    for (const broker of answer.brokers) this.brokers.set(broker.nodeId, { host: broker.host, port: broker.port });
    this.controllerId = answer.controllerId;
    const topics = new Map<string, TopicView>();
    for (const topic of answer.topics) {
      if (topic.errorCode !== KafkaErrors.NONE || topic.name === null) continue;
      const partitions = new Map<number, PartitionView>();
      for (const one of topic.partitions) {
        partitions.set(one.partitionIndex, { leader: one.leaderId, leaderEpoch: one.leaderEpoch });
      }
      topics.set(topic.name, { name: topic.name, id: topic.topicId, partitions });
    }
    this.topics = topics;
  }

  /** Refreshes until it succeeds. */
  async refreshPatiently(): Promise<void> {
    for (;;) {
      try {
        await this.refresh();
        return;
      } catch (error) {
        if (!(error instanceof NoAnswerError)) throw error;
        await this.backOff();
      }
    }
  }

  leaderOf(topic: string, partition: number): number | undefined {
    const leader = this.topics.get(topic)?.partitions.get(partition)?.leader;
    return leader === undefined || leader < 0 ? undefined : leader;
  }

  topicId(topic: string): string {
    return this.topics.get(topic)?.id ?? ZERO_UUID;
  }

  topicName(id: string): string | undefined {
    for (const topic of this.topics.values()) if (topic.id === id) return topic.name;
    return undefined;
  }

  close(): void {
    for (const connection of this.#connections.values()) connection.close();
    this.#connections.clear();
  }
}

import {
  Broker,
  type BrokerLimits,
  type BrokerPartitions,
  buildPartitions,
  defaultBrokerLimits,
} from '../../src/broker/index.ts';
import { type Connection, type Disk, silentLogger, systemClock, systemRandom } from '../../src/edge/index.ts';
import {
  DataStream,
  HybridClock,
  LocalWal,
  type LogContext,
  claimStream,
  newestEpoch,
  walkStream,
} from '../../src/log/index.ts';
import { type MetadataEvent, type MetadataLog, openMetadata } from '../../src/meta/index.ts';
import { PatientStore } from '../../src/store/index.ts';
import { GatedStore } from './gated-store.ts';
import { useTopic } from './requests.ts';
import { MemoryTransport } from './memory-transport.ts';
import { TestClient } from './test-client.ts';

const TIMELINE = '0000000001-0a1b2c3d';
const INSTALLATION = 'test';
const HOST = '127.0.0.1';
const PORT = 9092;
const NEVER_MS = 1_000_000_000;

export interface TestBrokerOptions {
  readonly store?: GatedStore;
  readonly limits?: Partial<BrokerLimits>;
  readonly localWal?: { readonly disk: Disk; readonly root: string };
  readonly staticConfigs?: ReadonlyMap<string, string>;
  /** `CHRONIK_METADATA_UPLOAD_INTERVAL`, in milliseconds. */
  readonly uploadIntervalMs?: number;
}

/** A broker on a store in memory, started as boot does it, and clients of it. */
export class TestBroker {
  readonly store: GatedStore;
  readonly broker: Broker;
  readonly metadata: MetadataLog;
  readonly partitions: BrokerPartitions;
  readonly dataStream: DataStream;
  readonly fatal: Error[];
  /** Resolves with what the broker said when it could not go on. */
  readonly whenLost: Promise<Error>;
  readonly #transport: MemoryTransport;
  readonly #clients: TestClient[] = [];

  private constructor(parts: {
    readonly store: GatedStore;
    readonly broker: Broker;
    readonly metadata: MetadataLog;
    readonly partitions: BrokerPartitions;
    readonly dataStream: DataStream;
    readonly fatal: Error[];
    readonly whenLost: Promise<Error>;
    readonly transport: MemoryTransport;
  }) {
    this.store = parts.store;
    this.broker = parts.broker;
    this.metadata = parts.metadata;
    this.partitions = parts.partitions;
    this.dataStream = parts.dataStream;
    this.fatal = parts.fatal;
    this.whenLost = parts.whenLost;
    this.#transport = parts.transport;
  }

  static async start(options: TestBrokerOptions = {}): Promise<TestBroker> {
    const gated = options.store ?? new GatedStore();
    const store = new PatientStore(gated, { clock: systemClock, random: systemRandom });
    const hlc = new HybridClock(systemClock);
    const context: LogContext = {
      store,
      clock: systemClock,
      random: systemRandom,
      hlc,
      logger: silentLogger,
      lineage: 'dGVzdHRlc3R0ZXN0dGVzdA',
      broker: 0,
    };
    const limits = { ...defaultBrokerLimits, ...options.limits };
    const address = `${HOST}:${PORT}`;
    const { log: metadata } = await openMetadata(context, {
      ancestry: [{ timeline: TIMELINE, cut: undefined }],
      address,
      installation: INSTALLATION,
      heartbeatMs: NEVER_MS,
      uploadIntervalMs: options.uploadIntervalMs ?? 0,
    });
    const partitions = buildPartitions({ brokerId: 0, clock: systemClock, hlc, coldStore: store, limits });
    const line = { log: 'data', timeline: TIMELINE, broker: 0 } as const;
    const aboveEpoch = await newestEpoch(context, line, 0);
    const writer = await claimStream(context, {
      ...line,
      aboveEpoch,
      address,
      installation: INSTALLATION,
      heartbeatMs: 0,
    });
    await takeOver(context, metadata, partitions, writer.stream.epoch);
    const localWal =
      options.localWal === undefined
        ? undefined
        : await LocalWal.create(options.localWal.disk, options.localWal.root, writer.stream, {
            clock: systemClock,
            random: systemRandom,
            lineage: context.lineage,
          });
    const dataStream = new DataStream(context, writer, {
      lingerMs: 0,
      targetBytes: 1 << 20,
      lookMs: NEVER_MS,
      ...(localWal === undefined ? {} : { observer: localWal }),
    });
    const transport = new MemoryTransport();
    const fatal: Error[] = [];
    const { promise: whenLost, resolve: lost } = Promise.withResolvers<Error>();
    const broker = new Broker({
      brokerId: 0,
      clock: systemClock,
      random: systemRandom,
      transport,
      logger: silentLogger,
      listen: { host: HOST, port: PORT },
      metadata,
      dataStream,
      localWal,
      partitions,
      limits,
      staticConfigs: options.staticConfigs ?? new Map(),
      groups: { initialRebalanceDelayMs: 0 },
      onFatal: (error) => {
        fatal.push(error);
        lost(error);
      },
    });
    await broker.start();
    return new TestBroker({ store: gated, broker, metadata, partitions, dataStream, fatal, whenLost, transport });
  }

  async client(): Promise<TestClient> {
    const client = await TestClient.connect(this.#transport, PORT);
    this.#clients.push(client);
    return client;
  }

  /** A bare connection, for whoever does not speak the protocol. */
  connection(): Promise<Connection> {
    return this.#transport.connect(HOST, PORT);
  }

  /** As a process ends that nobody stops in good order; timers are let go so that the test can end. */
  async kill(): Promise<void> {
    this.store.letGo();
    for (const client of this.#clients) client.close();
    await this.broker.stop().catch(() => undefined);
    if (this.broker.state !== 'stopped') await this.metadata.close().catch(() => undefined);
  }
}

/** Seals predecessors, registers the stream, takes over leadership and loads the partitions: what boot does. */
async function takeOver(
  context: LogContext,
  metadata: MetadataLog,
  { manager }: BrokerPartitions,
  epoch: number,
): Promise<void> {
  const line = { log: 'data', timeline: TIMELINE, broker: 0 } as const;
  const events: MetadataEvent[] = [];
  for (const topic of metadata.image.topics()) manager.sync(topic);
  for (let old = 1; old < epoch; old++) {
    const stream = { ...line, epoch: old };
    await walkStream(context, stream, {
      depth: 'tails',
      visit: ({ slot, entries }) => {
        for (const entry of entries) {
          if (entry.kind !== 'batch') continue;
          const { position, length } = entry;
          manager.loadBatch(entry, { stream, slot, position, length });
        }
      },
    });
  }
  manager.finishLoading();
  events.push({
    kind: 'brokerRegistered',
    broker: 0,
    streamEpoch: epoch,
    host: HOST,
    port: PORT,
    installation: INSTALLATION,
    diskAcks: 'none',
    rack: undefined,
  });
  const topics = [...manager.topics()].map(({ id, logs }) => ({
    topicId: id,
    partitions: logs.map((_, i) => i),
    leaderEpochs: logs.map((log) => (log?.leaderEpoch ?? 0) + 1),
    startOffsets: logs.map((log) => log?.logEndOffset ?? 0),
    previousEndOffsets: [],
  }));
  if (topics.length > 0) events.push({ kind: 'leadershipAssigned', leader: 0, streamEpoch: epoch, topics });
  await metadata.append(events);
  for (const topic of metadata.image.topics()) manager.sync(topic);
}

/** Runs `run` with a broker that has the topic `orders`, and a client of it. */
export async function withBroker(
  run: (broker: TestBroker, client: TestClient) => Promise<void>,
  options: TestBrokerOptions = {},
): Promise<void> {
  const broker = await TestBroker.start(options);
  try {
    const client = await broker.client();
    await useTopic(client, 'orders');
    await run(broker, client);
  } finally {
    await broker.kill();
  }
}

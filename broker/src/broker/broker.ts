import { ChronikError, type Timer, hasCode } from '../edge/index.ts';
import { ByteBudget, Dispatcher, KafkaServer, type NetCounters, newNetCounters } from '../net/index.ts';
import { apiTable } from './api-table.ts';
import { streamSink } from './build-partitions.ts';
import { type BrokerCounters, newBrokerCounters } from './counters.ts';
import { GroupService } from './group-service.ts';
import { unknownApiVersions } from './handlers/api-versions.ts';
import { followMetadata } from './metadata-follower.ts';
import { OpenProof } from './open-proof.ts';
import type { BrokerOptions } from './options.ts';
import { buildServices } from './build-services.ts';
import { changeRegistration } from './registration.ts';
import type { TopicSettingsCache } from './topic-settings.ts';

/** Where a broker is in its life. */
export type BrokerState = 'new' | 'serving' | 'stopping' | 'stopped' | 'lost';

const PRODUCER_SWEEP_MS = 600_000;
/** How long clients may take to read their last answers. */
const LAST_ANSWERS_MS = 1_000;

/**
 * A broker over partitions that boot has loaded: it serves clients until it is stopped, or until it loses its stream.
 *
 *     new ──start──▶ serving ──stop──▶ stopping ──▶ stopped
 *                       └──fenced, disk failed──▶ lost (onFatal: the process has to end)
 */
export class Broker {
  readonly counters: { readonly net: NetCounters; readonly broker: BrokerCounters };
  readonly #options: BrokerOptions;
  readonly #groups: GroupService;
  readonly #topicSettings: TopicSettingsCache;
  readonly #server: KafkaServer;
  #state: BrokerState = 'new';
  #unfollow: (() => void) | undefined;
  #sweep: Timer | undefined;

  constructor(options: BrokerOptions) {
    this.#options = options;
    const { clock, random, logger, metadata, dataStream, partitions, limits } = options;
    const net = newNetCounters();
    this.counters = { net, broker: newBrokerCounters() };
    const proof = new OpenProof(clock, () => dataStream.proveOpen());
    const onFatal = (error: Error): void => this.#lose(error);
    this.#groups = new GroupService({
      clock,
      random,
      logger,
      metadata,
      partitions: partitions.manager,
      proof,
      storeWaitMs: limits.storeWaitMs,
      options: options.groups ?? {},
      offsetsTopicPartitions: limits.offsetsTopicPartitions,
      onFatal,
    });
    const answers = new ByteBudget(limits.maxUnsentBytes);
    const services = buildServices(options, {
      answers,
      proof,
      counters: this.counters.broker,
      coordinator: () => this.#groups.coordinator,
      isStopping: () => this.#state !== 'serving',
    });
    this.#topicSettings = services.topicSettings;
    this.#server = new KafkaServer(
      options.transport,
      {
        host: options.listen.host,
        port: options.listen.port,
        maxConnections: limits.maxConnections,
        maxIdleMs: limits.maxIdleMs,
      },
      {
        clock,
        logger: logger.child('net'),
        dispatcher: new Dispatcher(apiTable(services), unknownApiVersions),
        budget: partitions.budget,
        answers,
        counters: net,
        options: { maxRequestBytes: limits.maxRequestBytes, maxInFlight: limits.maxInFlightPerConnection },
        onFatal,
      },
    );
  }

  get state(): BrokerState {
    return this.#state;
  }

  /** Open client connections. */
  get connections(): number {
    return this.#server.connections;
  }

  /** Listens; resolves with the port. Rejects with the transport's error (PORT_IN_USE and others), or when fenced. */
  async start(): Promise<number> {
    const { metadata, dataStream, localWal, partitions } = this.#options;
    for (const topic of metadata.image.topics()) partitions.manager.sync(topic);
    partitions.manager.open(streamSink(dataStream, localWal));
    const followers = { partitions: partitions.manager, topicSettings: this.#topicSettings, groups: this.#groups };
    this.#unfollow = metadata.onChange((image, events) => followMetadata(followers, image, events));
    this.#groups.follow(metadata.image, []);
    for (const signal of [dataStream.fenced, metadata.fenced, localWal?.failed]) {
      signal?.addEventListener('abort', () => this.#lose(signal.reason as Error), { once: true });
      signal?.throwIfAborted();
    }
    const port = await this.#server.start();
    if (this.#state !== 'new') {
      await this.#server.stopListening();
      throw new ChronikError('BROKER_LOST', 'the broker lost its stream while it started');
    }
    this.#state = 'serving';
    this.#sweepProducers();
    await this.#tellPort(port);
    return port;
  }

  /**
   * A clean stop (16-settled): no new batches, what was appended goes to the bucket and is answered, the data stream is
   * sealed, the metadata say so, snapshot, the metadata epoch is sealed. Rejects if the stream is lost meanwhile; then, as
   * after a crash, the next start recovers.
   */
  async stop(): Promise<void> {
    if (this.#state !== 'serving') return;
    this.#state = 'stopping';
    const { dataStream, metadata, localWal, brokerId, logger } = this.#options;
    this.#sweep?.cancel();
    await this.#server.stopListening();
    logger.info('Stopping: flushing what was appended');
    await dataStream.flush();
    await this.#release(
      new ChronikError('BROKER_STOPPING', 'the broker is stopping', {
        remedy: 'Clients find the next leader by themselves.',
      }),
    );
    const sealed = await dataStream.close();
    await localWal?.close();
    const { epoch } = dataStream.stream;
    await metadata.append([
      { kind: 'streamSealed', broker: brokerId, epoch, slot: sealed.sealedAt, hash: sealed.last.hash },
    ]);
    this.#unfollow?.();
    await metadata.close();
    this.#state = 'stopped';
    logger.info('Stopped: everything is in the bucket');
  }

  /** Something outside proves that the cluster goes on without this broker: it ends as one that has lost its stream. */
  fence(error: ChronikError): void {
    this.#lose(error);
  }

  /** Tells all who wait that this broker answers no more, and ends the connections once they were told. */
  async #release(cause: ChronikError): Promise<void> {
    const { partitions, clock } = this.#options;
    this.#groups.close();
    partitions.manager.closeAll(cause);
    await new Promise<void>((resolve) => clock.defer(resolve));
    await this.#server.endConnections(LAST_ANSWERS_MS);
  }

  /**
   * The stream belongs to somebody else, or the disk is broken. What is committed was answered; everything else gets a
   * retriable error, and the process ends.
   */
  #lose(error: Error): void {
    if (this.#state === 'lost' || this.#state === 'stopped') return;
    this.#state = 'lost';
    const { logger, partitions, clock, onFatal } = this.#options;
    logger.error(`This broker cannot go on: ${error.message}`, {
      code: hasCode(error, 'FENCED') ? 'FENCED' : error.name,
    });
    this.#sweep?.cancel();
    this.#unfollow?.();
    this.#groups.close();
    const cause =
      error instanceof ChronikError ? error : new ChronikError('BROKER_LOST', error.message, { cause: error });
    partitions.manager.closeAll(cause);
    // The answers leave first.
    clock.defer(() => {
      void this.#server.endConnections(LAST_ANSWERS_MS).then(() => onFatal(error));
    });
  }

  #sweepProducers(): void {
    const { clock, partitions } = this.#options;
    this.#sweep = clock.setTimer(PRODUCER_SWEEP_MS, () => {
      partitions.manager.expireProducers();
      this.#sweepProducers();
    });
  }

  /** A port that was only known once it was bound is told to the metadata, from where clients hear of it. */
  async #tellPort(port: number): Promise<void> {
    const { metadata, brokerId, listen } = this.#options;
    const registered = metadata.image.broker(brokerId);
    if (listen.port !== 0 || registered === undefined || registered.port !== 0) return;
    await changeRegistration(metadata, brokerId, { port });
  }
}

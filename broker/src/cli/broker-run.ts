import { Broker, buildPartitions, defaultBrokerLimits } from '../broker/index.ts';
import type { BrokerLimits, BrokerPartitions } from '../broker/index.ts';
import type { BrokerConfig } from '../config/index.ts';
import {
  ChronikError,
  SystemDisk,
  sleep,
  systemClock,
  systemHostName,
  systemRandom,
  systemTransport,
} from '../edge/index.ts';
import type { Logger } from '../edge/index.ts';
import type { Metrics } from '../http/index.ts';
import { HoldError, TimelineWatch, boot } from '../recovery/index.ts';
import type { BootedBroker, PhaseProgress } from '../recovery/index.ts';
import { batching } from './batching.ts';
import { publishBrokerMetrics } from './broker-metrics.ts';
import { FailoverPreview } from './failover-preview.ts';
import { openStores } from './open-stores.ts';
import type { OpenedStores } from './open-stores.ts';
import { PlanWatch } from './plan-watch.ts';
import { heldBy } from './process-status.ts';
import type { RestoreBar } from './restore-bar.ts';
import type { ProcessStatus } from './process-status.ts';
import { Replicas } from './replicas.ts';
import { standingPlan, storeToFollow } from './standing-plan.ts';
import type { StandingPlan } from './standing-plan.ts';
import { staticConfigs } from './static-configs.ts';
import { VERSION } from './version.ts';

/** How long a held broker waits before it looks again. */
const HOLD_MS = 10_000;
/** At damage the pause grows up to this: each look claims epochs, which every later start has to seal. */
const LONGEST_HOLD_MS = 600_000;
/** A log line at most so often while a restore goes on. */
const PROGRESS_MS = 2_000;

export interface RunContext {
  readonly logger: Logger;
  readonly status: ProcessStatus;
  readonly metrics: Metrics;
  readonly httpPort: number;
  readonly bar: RestoreBar;
}

/** One broker's life in this process: stores, boot, serving, stop. */
export class BrokerRun {
  readonly #config: BrokerConfig;
  readonly #context: RunContext;
  readonly #disk = new SystemDisk();
  readonly #fatal = Promise.withResolvers<never>();
  readonly #limits: BrokerLimits;
  /** What clients are told. */
  readonly #address: { readonly host: string; readonly port: number };
  #lastProgressMs = 0;
  #stores: OpenedStores | undefined;
  #watch: TimelineWatch | undefined;

  constructor(config: BrokerConfig, context: RunContext) {
    this.#config = config;
    this.#context = context;
    this.#limits = { ...defaultBrokerLimits, ...config.limits, maxBytesInFlight: config.wal.maxUncommittedBytes };
    this.#address = { host: config.advertised.host, port: config.advertised.port ?? config.listen.port };
    this.#fatal.promise.catch(() => undefined);
  }

  /** Boots and serves. Never resolves; rejects when the broker cannot start or cannot go on. */
  async serve(): Promise<never> {
    const { status, logger, metrics, httpPort } = this.#context;
    const { booted, partitions } = await this.#bootPatiently();
    const { listen, brokerId } = this.#config;
    const broker = new Broker({
      brokerId,
      clock: systemClock,
      random: systemRandom,
      transport: systemTransport,
      logger,
      listen,
      metadata: booted.metadata,
      dataStream: booted.stream,
      localWal: booted.localWal,
      partitions,
      limits: this.#limits,
      staticConfigs: staticConfigs(brokerId, { listen, advertised: this.#address }, this.#limits),
      onFatal: (error) => this.#fatal.reject(error),
    });
    const port = await broker.start();
    this.#watchTimelines(booted, broker);
    status.booted = booted;
    status.broker = broker;
    status.state = 'serving';
    this.#replicate(booted);
    publishBrokerMetrics(metrics, booted, broker);
    logger.info('Broker is ready', { port, httpPort, lineage: booted.lineage, ...summary(booted) });
    return this.#fatal.promise;
  }

  /** With other stores in the configuration the cluster may be promoted there, and this broker must find out. */
  #watchTimelines({ lineage, timeline }: BootedBroker, broker: Broker): void {
    const stores = this.#stores;
    if (stores === undefined || stores.replicas.length === 0) return;
    this.#watch = new TimelineWatch({
      clock: systemClock,
      logger: this.#context.logger,
      stores: [stores.commit, ...stores.replicas.map(({ store }) => store)],
      lineage,
      timeline,
      store: stores.commit.address,
      everyMs: this.#config.metadata.heartbeatMs,
      onSuperseded: (error) => broker.fence(error),
    });
  }

  #replicate(booted: BootedBroker): void {
    const { status, logger, metrics } = this.#context;
    const stores = this.#stores!;
    const surroundings = { clock: systemClock, random: systemRandom, logger, booted };
    status.replicas = new Replicas(this.#config.replication, stores, surroundings);
    status.replicas.publish(metrics);
    status.replicas.start();
  }

  /** Flushes and seals within the budget; `again` (a second signal) ends it at once. What is left is recovered at the next start. */
  async stop(again: Promise<unknown>): Promise<void> {
    const { status, logger } = this.#context;
    const { broker, booted } = status;
    status.state = 'stopping';
    this.#watch?.stop();
    if (broker !== undefined && booted !== undefined) {
      const cut = Symbol('cut short');
      const done = new AbortController();
      const budget = sleep(systemClock, this.#config.stopBudgetMs, done.signal).then(
        () => cut,
        () => undefined,
      );
      const ended = await Promise.race([broker.stop(), budget, again.then(() => cut), this.#fatal.promise]);
      done.abort();
      if (ended === cut) {
        throw new ChronikError('STOP_CUT_SHORT', 'the broker was ended before everything was flushed', {
          remedy: 'Nothing acknowledged is lost: the next start recovers from the bucket and the local WAL.',
        });
      }
      await status.replicas?.stop();
      await booted.lock.release();
    }
    status.preview?.stop();
    await this.#stores?.close();
    logger.info('Broker has stopped');
  }

  /** Boots; while something holds, says what and looks again. */
  async #bootPatiently(): Promise<{ booted: BootedBroker; partitions: BrokerPartitions }> {
    const { status, logger } = this.#context;
    const watch = new PlanWatch({ clock: systemClock, disk: this.#disk }, this.#config.bootPlan);
    let pauseMs = HOLD_MS;
    for (;;) {
      try {
        await watch.look();
        status.state = 'restoring';
        return await this.#bootByPlan();
      } catch (error) {
        if (!isHold(error)) throw error;
        const { code, message, remedy } = error;
        status.state = 'holding';
        status.held = heldBy(error);
        logger.warn('Holding', { code, reason: message, remedy, nextLookMs: pauseMs });
        await watch.pause(pauseMs);
        pauseMs = error instanceof HoldError ? HOLD_MS : Math.min(pauseMs * 2, LONGEST_HOLD_MS);
        status.held = undefined;
      }
    }
  }

  /** `followed`: the store that the timelines name, where the plan only assumes one. */
  async #bootByPlan(followed?: string): Promise<{ booted: BootedBroker; partitions: BrokerPartitions }> {
    const standing = await standingPlan(this.#disk, this.#config, followed);
    const stores = await this.#openStores(standing.config);
    try {
      return await this.#boot(standing, stores);
    } catch (error) {
      const next = followed === undefined ? storeToFollow(error, standing.plan, stores.replicas) : undefined;
      if (next === undefined) throw error;
      this.#context.logger.warn('The cluster runs on another store than the plan assumes', { store: next });
      return this.#bootByPlan(next);
    }
  }

  /** The plan may name another store than at the last look. */
  async #openStores(config: BrokerConfig): Promise<OpenedStores> {
    if (this.#stores?.active === config.primary.name) return this.#stores;
    await this.#stores?.close();
    const stores = await openStores(config, this.#disk, this.#context.logger, this.#context.metrics);
    this.#stores = stores;
    const { status } = this.#context;
    status.store = stores.commit;
    status.activeStore = stores.active;
    status.preview?.stop();
    status.preview = new FailoverPreview(config, () => !stores.commit.storeState().reachable);
    status.preview.start();
    return stores;
  }

  async #boot(
    { plan, config, isStoreNamed, onlyReleased }: StandingPlan,
    stores: OpenedStores,
  ): Promise<{ booted: BootedBroker; partitions: BrokerPartitions }> {
    const address = this.#address;
    const built: BrokerPartitions[] = [];
    await stores.refuseHarmfulLifecycle();
    const booted = await boot({
      clock: systemClock,
      random: systemRandom,
      disk: this.#disk,
      logger: this.#context.logger,
      store: stores.commit,
      backgroundStore: stores.background,
      replicas: stores.replicas.map(({ store }) => store),
      isStoreNamed,
      onlyReleased,
      ...(plan.promotion === undefined ? {} : { promotion: { ...plan.promotion, storeName: config.primary.name } }),
      dataDirectory: config.dataDirectory,
      broker: config.brokerId,
      address,
      installation: config.installation ?? `${systemHostName()}/${address.host}:${address.port}`,
      lineage: config.lineage,
      onDamage: config.onDamage,
      version: VERSION,
      lockOwner: `pid ${process.pid} on ${systemHostName()}`,
      metadata: config.metadata,
      data: {
        ...batching(config, stores.commit),
        targetBytes: config.wal.targetBytes,
        // Whoever reads a copy must be able to tell a stream that is idle from one that was not copied.
        ...(config.replicas.length > 0 ? { heartbeatMs: config.metadata.heartbeatMs } : {}),
      },
      makePartitions: (hlc) => {
        const limits = this.#limits;
        const partitions = buildPartitions({
          brokerId: config.brokerId,
          clock: systemClock,
          hlc,
          coldStore: stores.cold,
          limits,
        });
        built.push(partitions);
        return partitions.manager;
      },
      onProgress: (progress) => this.#onProgress(progress),
    });
    this.#context.bar.clear();
    return { booted, partitions: built.at(-1) as BrokerPartitions };
  }

  #onProgress(progress: PhaseProgress): void {
    const { status, logger, bar } = this.#context;
    status.progress = progress;
    bar.show(progress);
    const nowMs = systemClock.monotonicMs();
    if (nowMs - this.#lastProgressMs < PROGRESS_MS) return;
    if (this.#lastProgressMs > 0 && !bar.isShown) logger.info('metadata recovery: restoring', { ...progress });
    this.#lastProgressMs = nowMs;
  }
}

/** Damage is for a person to decide about, and can be mended behind our back; it is no reason to crash in a loop. */
const HELD_DAMAGE = new Set([
  'DAMAGED_STREAM',
  'CORRUPT_SLOT',
  'METADATA_CORRUPT',
  'METADATA_EVENT_CONFLICT',
  'STREAM_END_MISMATCH',
  'REGISTRATION_LOST',
  'PARTITION_OVERLAP',
  'STORE_ARCHIVED',
  'LIFECYCLE_EATS_LOG',
]);

function isHold(error: unknown): error is ChronikError {
  return error instanceof HoldError || (error instanceof ChronikError && HELD_DAMAGE.has(error.code));
}

function summary({ report }: BootedBroker): Record<string, unknown> {
  const { mode, topics, partitions, records, streams, totalMs, anomalies, reappendedRecords } = report;
  return {
    mode,
    topics,
    partitions,
    records,
    reappendedRecords,
    streams,
    restoreMs: totalMs,
    anomalies: anomalies.length,
  };
}

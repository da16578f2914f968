import type { DiskLock } from '../edge/index.ts';
import { DataStream, LocalWal, claimStream, newestEpoch } from '../log/index.ts';
import type { HybridClock, LogContext, SlotWriter } from '../log/index.ts';
import { openMetadata } from '../meta/index.ts';
import type { Ancestry, MetadataLog, OpenedMetadata } from '../meta/index.ts';
import type { PartitionManager } from '../partition/index.ts';
import { probeStore } from '../store/index.ts';
import type { PatientStore } from '../store/index.ts';
import { errorFor, HoldError } from './boot-error.ts';
import { ensureDirectory, explainDiskError, lockVolume } from './data-directory.ts';
import { worthOfLocalTail } from './decide.ts';
import type { Decision } from './decide.ts';
import { forgetVolumeId } from './empty-volume.ts';
import { demandEpochOf, demandTimelineOf } from './history-of-volume.ts';
import { awaitBarrier, demandParentSeen, promote, readBarrier } from './cut/index.ts';
import type { PromotionRequest } from './cut/index.ts';
import { createCluster } from './first-boot.ts';
import { loadStreams, unsealedEpochs } from './load-streams.ts';
import { restoreLostLeadership } from './lost-leadership.ts';
import type { LoadedStreams } from './load-streams.ts';
import { takeLeadership } from './leadership.ts';
import { logContext, look } from './look.ts';
import type { LookOptions } from './look.ts';
import { quarantineLocalWals, reappendLocalTail } from './local-tail.ts';
import type { TailResult } from './local-tail.ts';
import { watchOtherInstallation } from './other-installation.ts';
import { BootProgress } from './progress.ts';
import type { PhaseProgress } from './progress.ts';
import { loadAnomalies, snapshotAnomalies, writeReport } from './report.ts';
import type { Anomaly, RestoreReport } from './report.ts';
import { uploadQuarantine } from './salvage.ts';
import { clampAnomalies, settleFork } from './settle-fork.ts';
import { surveyVolume, WAL_DIRECTORY, writeIdentity } from './volume.ts';
import type { Volume } from './volume.ts';

const REPLICA = 'STORE_IS_REPLICA';
const DRIFT_WORTH_SAYING_MS = 60_000;
/** How long a planned promotion waits for the copy before it says so and looks at the plan again. */
const BARRIER_MS = 30_000;

export interface BootOptions extends LookOptions {
  /** For what nobody waits for; left out: `store`. */
  readonly backgroundStore?: PatientStore;
  /** If the store turns out to be a replica: make it the primary, on these terms. `storeName` is for messages. */
  readonly promotion?: PromotionRequest & { readonly isPlanned?: boolean; readonly storeName: string };
  /** Where clients and brokers reach us; goes into claims and the registration. */
  readonly address: { readonly host: string; readonly port: number };
  readonly installation: string;
  readonly onDamage: 'hold' | 'mark-lost';
  /** Release of this program: a volume probed by another one probes again. */
  readonly version: string;
  /** Shown to whoever finds the volume locked, e.g. `pid 4711 on host`. */
  readonly lockOwner: string;
  readonly metadata: { readonly heartbeatMs: number; readonly uploadIntervalMs: number };
  readonly data: {
    readonly lingerMs: number;
    readonly patienceMs?: number;
    readonly targetBytes: number;
    /** An idle data stream says so often that it is up to date; left out: never, nobody copies the bucket (rule 12). */
    readonly heartbeatMs?: number;
  };
  /** Size at which a file of the local WAL is followed by the next; left out: 64 MiB. */
  readonly localWalFileBytes?: number;
  /** Builds the empty partitions of this broker; the boot fills them. */
  readonly makePartitions: (hlc: HybridClock) => PartitionManager;
  readonly onProgress?: (progress: PhaseProgress) => void;
}

/** A broker that holds its epochs and knows everything; it only has to listen. */
export interface BootedBroker {
  readonly lineage: string;
  readonly timeline: string;
  readonly hlc: HybridClock;
  readonly metadata: MetadataLog;
  readonly stream: DataStream;
  readonly localWal: LocalWal;
  readonly partitions: PartitionManager;
  readonly report: RestoreReport;
  /** To be released last. */
  readonly lock: DiskLock;
}

/**
 * Starts a broker, which is the same as restoring it (P5): one path for an empty bucket, an empty disk, a crash and a clean
 * restart. Rejects with a HoldError (wait and look again), a RefusalError (a person must act), or what the store, the log
 * and the metadata refuse. Whatever it rejects with, the volume is unlocked and nothing that was there is harmed.
 */
export async function boot(options: BootOptions): Promise<BootedBroker> {
  await ensureDirectory(options.disk, options.dataDirectory);
  const lock = await lockVolume(options.disk, options.dataDirectory, options.lockOwner);
  try {
    return await new Boot(options, lock).run();
  } catch (error) {
    await lock.release();
    throw explainDiskError(error, options.dataDirectory);
  }
}

interface Opening {
  readonly decision: Extract<Decision, { action: 'open' }>;
  readonly lineage: string;
  readonly ancestry: Ancestry;
  readonly volume: Volume;
  readonly created: boolean;
}

class Boot {
  readonly #options: BootOptions;
  readonly #lock: DiskLock;
  readonly #progress: BootProgress;

  constructor(options: BootOptions, lock: DiskLock) {
    this.#options = options;
    this.#lock = lock;
    this.#progress = new BootProgress(options.clock, options.onProgress);
  }

  async run(): Promise<BootedBroker> {
    const volume = await surveyVolume(this.#options.disk, this.#options.dataDirectory);
    await this.#probe(volume);
    return this.#open(await this.#decide(volume));
  }

  async #probe(volume: Volume): Promise<void> {
    const { store, version, random } = this.#options;
    const probed = volume.kind === 'identified' ? volume.identity.probed : undefined;
    if (probed?.store === store.description && probed.version === version) return;
    this.#progress.enter('probe');
    await probeStore(store, { random });
  }

  /** Applies the decision table until it says to open a timeline. */
  async #decide(volume: Volume): Promise<Opening> {
    const { store, clock, random, logger } = this.#options;
    this.#progress.enter('survey');
    let created = false;
    for (;;) {
      const { state: bucket, tree, decision } = await look(volume, this.#options);
      switch (decision.action) {
        case 'create':
          await createCluster(store, clock, random);
          created = true;
          break;
        case 'open':
          if (bucket.kind !== 'cluster') {
            throw new HoldError('TIMELINE_MISSING', 'the bucket changed while it was looked at');
          }
          if (this.#options.promotion === undefined) demandTimelineOf(volume, tree, store);
          else demandParentSeen(tree, decision.timeline, this.#options.promotion);
          logger.info(`metadata recovery: ${decision.mode} from ${store.description}`, { why: decision.why });
          return { decision, lineage: bucket.lineage, ancestry: tree.ancestry(decision.timeline), volume, created };
        case 'hold':
          if (decision.code !== REPLICA || this.#options.promotion === undefined) throw errorFor(decision);
          await this.#promote(this.#options.promotion);
          break;
        case 'refuse':
          throw errorFor(decision);
      }
    }
  }

  /** The store is a replica, and the plan says that the cluster goes on here. */
  async #promote(order: NonNullable<BootOptions['promotion']>): Promise<void> {
    const { store, replicas, clock, random, logger, broker } = this.#options;
    this.#progress.enter('promote');
    const copy = { store, others: replicas, clock, random, logger, broker };
    const { isPlanned = false, storeName } = order;
    if (isPlanned) await awaitBarrier(copy, await readBarrier(copy), { timeoutMs: BARRIER_MS });
    // With the barrier nothing is lost, however long ago it was written.
    await promote(copy, isPlanned ? { ...order, force: true } : order, storeName);
    this.#progress.enter('survey');
  }

  async #open(opening: Opening): Promise<BootedBroker> {
    const options = this.#options;
    const context = logContext(options, opening.lineage);
    const { timeline } = opening.decision;
    await demandEpochOf(opening.volume, options.store, timeline);
    this.#progress.enter('watch');
    await watchOtherInstallation(context, timeline, options.installation, (watchMs) => {
      options.logger.info('The bucket was last used by another installation: watching for signs of life', { watchMs });
    });
    // Nothing of ours may ever lie on a volume without a name. Epoch 0 is older than any registration.
    if (opening.volume.kind !== 'identified') await this.#identify(opening, 0);
    this.#progress.enter('metadata', 'slots');
    const { disk, dataDirectory } = options;
    const opened = await openMetadata(context, {
      ancestry: opening.ancestry,
      address: addressText(options.address),
      installation: options.installation,
      ...options.metadata,
      damage: this.#damage(),
      localCopies: { disk, directory: dataDirectory },
      snapshotStore: options.backgroundStore ?? options.store,
      onProgress: () => this.#progress.advance(),
    });
    try {
      return await this.#takeOver(opening, context, opened);
    } catch (error) {
      // Whoever comes next need not wait for our heartbeats to cease.
      await opened.log
        .close()
        .catch((cause: unknown) => options.logger.warn('The metadata epoch was not sealed', { cause }));
      throw error;
    }
  }

  async #takeOver(opening: Opening, context: LogContext, opened: OpenedMetadata): Promise<BootedBroker> {
    const options = this.#options;
    const metadata = opened.log;
    const { timeline } = opening.decision;
    const writer = await this.#claimData(context, metadata);
    // A claim that was held up may be newer than that of a controller who overtook us. Only while nobody has may the volume take
    // the epoch's number, which calls it the newest, and may streams with lower numbers be sealed.
    await metadata.proveOpen();
    const quarantined = await this.#setAside(opening, metadata);
    await this.#identify(opening, writer.stream.epoch);
    const restored = await this.#restoreLostLeadership(context, metadata, writer.stream.epoch);
    const partitions = options.makePartitions(context.hlc);
    for (const topic of metadata.image.topics()) partitions.sync(topic);
    const loaded = await loadStreams(context, metadata.image, partitions, this.#progress, {
      ownEpoch: writer.stream.epoch,
      ancestry: opening.ancestry,
      damage: { ...this.#damage(), metadataEpoch: metadata.epoch },
    });
    const loading = partitions.finishLoading();
    this.#progress.enter('register');
    await takeLeadership(metadata, partitions, {
      broker: options.broker,
      streamEpoch: writer.stream.epoch,
      ...options.address,
      installation: options.installation,
      sealed: loaded.sealed,
    });
    const walDirectory = `${options.dataDirectory}/${WAL_DIRECTORY}`;
    await ensureDirectory(options.disk, walDirectory);
    const localWal = await LocalWal.create(options.disk, walDirectory, writer.stream, {
      clock: options.clock,
      random: options.random,
      lineage: opening.lineage,
      ...(options.localWalFileBytes === undefined ? {} : { fileBytes: options.localWalFileBytes }),
    });
    const stream = new DataStream(context, writer, { ...options.data, observer: localWal });
    partitions.open({
      append: (entry) => {
        localWal.append(entry);
        stream.append(entry);
      },
      hurry: () => stream.hurry(),
    });
    this.#progress.enter('re-append', 'records');
    const { disk, random, dataDirectory, store } = options;
    const { lineage } = opening;
    const tail = await reappendLocalTail({ disk, random, dataDirectory, walDirectory, lineage, partitions, stream });
    const salvaged = await uploadQuarantine(disk, dataDirectory, store);
    if (salvaged.length > 0) {
      options.logger.warn('A local tail could not continue the history and is in the bucket', { salvaged });
    }
    const clamped = await settleFork({ clock: options.clock, metadata, partitions, stream });
    this.#warnOfDrift(context.hlc);
    const report = this.#report(opening, { metadata, writer, loaded, tail }, [
      ...quarantined,
      ...restored,
      ...snapshotAnomalies(opened.report),
      ...loaded.anomalies,
      ...loadAnomalies(loading),
      ...tail.anomalies,
      ...clampAnomalies(clamped),
    ]);
    await writeReport(disk, dataDirectory, report);
    return { lineage, timeline, hlc: context.hlc, metadata, stream, localWal, partitions, report, lock: this.#lock };
  }

  /** Told to accept losses in the metadata, we take back from the data what these say of it. */
  async #restoreLostLeadership(
    context: LogContext,
    metadata: MetadataLog,
    ownEpoch: number,
  ): Promise<readonly Anomaly[]> {
    const { onDamage, address, installation } = this.#options;
    if (onDamage !== 'mark-lost') return [];
    return restoreLostLeadership(context, metadata, {
      epochs: await unsealedEpochs(context, metadata.image, ownEpoch),
      damage: { ...this.#damage(), metadataEpoch: metadata.epoch },
      registration: { ...address, installation },
    });
  }

  /**
   * Sets the volume's tail aside if it cannot continue the history. Before the identity is renewed: from then on the volume counts
   * as the newest incarnation's.
   */
  async #setAside(opening: Opening, metadata: MetadataLog): Promise<readonly Anomaly[]> {
    const { disk, random, dataDirectory, broker } = this.#options;
    const context = { disk, random, dataDirectory, walDirectory: `${dataDirectory}/${WAL_DIRECTORY}` };
    if (opening.decision.quarantine === 'everything') return quarantineLocalWals(context, opening.decision.why);
    if (opening.volume.kind !== 'identified') return [];
    const newestRegisteredEpoch = metadata.image.broker(broker)?.streamEpoch ?? 0;
    if (worthOfLocalTail(opening.volume.identity, { newestRegisteredEpoch }) === 're-append') return [];
    const { epoch } = opening.volume.identity;
    return quarantineLocalWals(
      context,
      `epoch ${epoch} was overtaken by epoch ${newestRegisteredEpoch} on another volume`,
    );
  }

  #report(
    opening: Opening,
    parts: { metadata: MetadataLog; writer: SlotWriter; loaded: LoadedStreams; tail: TailResult },
    anomalies: readonly Anomaly[],
  ): RestoreReport {
    const { image } = parts.metadata;
    const { streams, slots, batches, records, bytes } = parts.loaded;
    const { phasesMs, totalMs } = this.#progress.finish();
    const attached = opening.decision.mode === 'attach';
    return {
      mode: opening.created ? 'created' : attached ? 'attached' : 'restored',
      why: opening.decision.why,
      source: this.#options.store.description,
      lineage: opening.lineage,
      timeline: opening.decision.timeline,
      metadataEpoch: parts.metadata.epoch,
      dataEpoch: parts.writer.stream.epoch,
      finishedAt: new Date(this.#options.clock.nowMs()).toISOString(),
      topics: image.topicCount,
      partitions: image.partitionCount,
      batches,
      records,
      bytes,
      streams,
      slots,
      reappendedRecords: parts.tail.reappendedRecords,
      salvagedRecords: parts.tail.salvagedRecords,
      phasesMs,
      totalMs,
      anomalies,
    };
  }

  /** Whoever wrote what was read had a clock that runs ahead, or ours runs behind; it decides nothing (rule 12). */
  #warnOfDrift({ driftMs }: HybridClock): void {
    if (driftMs <= DRIFT_WORTH_SAYING_MS) return;
    this.#options.logger.warn('The clock is behind what the bucket holds: times of new records would be wrong', {
      driftMs,
    });
  }

  /** Our own next epoch; dense above everything that was ever claimed (rule 06). */
  async #claimData(context: LogContext, metadata: MetadataLog): Promise<SlotWriter> {
    const { broker, address, installation, data } = this.#options;
    const line = { log: 'data', timeline: metadata.image.timeline, broker } as const;
    const registered = metadata.image.broker(broker)?.streamEpoch ?? 0;
    return claimStream(context, {
      ...line,
      aboveEpoch: await newestEpoch(context, line, registered),
      address: addressText(address),
      installation,
      heartbeatMs: data.heartbeatMs ?? 0,
      metadataThrough: () => metadata.durableThrough,
    });
  }

  /** Written before the epoch is registered: a volume that is older than the newest registration was overtaken (rule 11). */
  async #identify(opening: Opening, epoch: number): Promise<void> {
    const { disk, dataDirectory, broker, store, version } = this.#options;
    await writeIdentity(disk, dataDirectory, {
      formatVersion: 1,
      lineage: opening.lineage,
      timeline: opening.decision.timeline,
      broker,
      epoch,
      probed: { store: store.description, version },
    });
    await forgetVolumeId(disk, dataDirectory);
  }

  #damage(): { readonly onDamage: 'hold' | 'mark-lost'; readonly repairFrom: readonly PatientStore[] } {
    return { onDamage: this.#options.onDamage, repairFrom: this.#options.replicas };
  }
}

function addressText({ host, port }: { readonly host: string; readonly port: number }): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

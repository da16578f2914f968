import type { ReplicationConfig } from '../config/index.ts';
import { sleep } from '../edge/index.ts';
import type { Clock, Logger, Random } from '../edge/index.ts';
import type { Metrics } from '../http/index.ts';
import type { BootedBroker } from '../recovery/index.ts';
import { Copier, CutWatch } from '../replication/index.ts';
import type { CutWatchOptions, ReplicaReport, Replicator } from '../replication/index.ts';
import type { OpenedReplica, OpenedStores } from './open-stores.ts';
import { replicaDocument } from './replica-document.ts';
import { publishReplicas } from './replica-metrics.ts';

/** How long a clean stop waits for the last slots to reach the replicas: what is missing is copied by the next start. */
const LAST_COPIES_MS = 5_000;

export interface ReplicaSurroundings {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly booted: BootedBroker;
}

interface Replica extends OpenedReplica {
  readonly replicator: Replicator;
}

/** The replica stores of a serving broker: who brings them up to date, or watches them, and what is known of them. */
export class Replicas {
  readonly #managedBy: ReplicationConfig['managedBy'];
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #replicas: readonly Replica[];

  constructor(config: ReplicationConfig, stores: OpenedStores, surroundings: ReplicaSurroundings) {
    this.#managedBy = config.managedBy;
    this.#clock = surroundings.clock;
    this.#logger = surroundings.logger;
    this.#replicas = stores.replicas.flatMap((replica) => {
      const replicator = replicatorOf(config, stores, surroundings, replica);
      return replicator === undefined ? [] : [{ ...replica, replicator }];
    });
  }

  start(): void {
    for (const { replicator } of this.#replicas) replicator.start();
  }

  /** After the broker has stopped: its last slots get a chance to arrive. */
  async stop(): Promise<void> {
    await Promise.all(
      this.#replicas.map(async ({ name, replicator }) => {
        if (replicator instanceof Copier) await this.#bringTheEnd(name, replicator);
        await replicator.stop();
      }),
    );
  }

  /** For /status: by store, what is known of it. Holds no secrets. */
  document(): Record<string, unknown> {
    const nowMs = this.#clock.nowMs();
    const stores = this.#replicas.map(({ name, store, replicator }) =>
      replicaDocument(name, store, replicator.report(), nowMs),
    );
    return { managedBy: this.#managedBy, stores };
  }

  publish(metrics: Metrics): void {
    publishReplicas(metrics, this.#clock, () => this.#reports());
  }

  *#reports(): Generator<readonly [string, ReplicaReport]> {
    for (const { name, replicator } of this.#replicas) yield [name, replicator.report()];
  }

  async #bringTheEnd(name: string, copier: Copier): Promise<void> {
    const done = new AbortController();
    const arrived = await Promise.race([
      copier.drain().then(
        () => true,
        () => false,
      ),
      sleep(this.#clock, LAST_COPIES_MS, done.signal).then(
        () => false,
        () => false,
      ),
    ]);
    done.abort();
    if (arrived) this.#logger.info('The replica has everything', { replica: name });
    else this.#logger.warn('The replica lacks the end; the next start copies it', { replica: name });
  }
}

function replicatorOf(
  { managedBy, maxBytesPerSecond }: ReplicationConfig,
  { background: source }: OpenedStores,
  { clock, random, logger, booted }: ReplicaSurroundings,
  { store: target }: OpenedReplica,
): Replicator | undefined {
  const { lineage, timeline, metadata, stream } = booted;
  const both = { clock, random, logger, source, target, timeline };
  switch (managedBy) {
    case 'none':
      return undefined;
    case 'chronik': {
      const activity = (): string => `${metadata.durableThrough.slot} ${stream.committedThrough}`;
      const limit = maxBytesPerSecond === undefined ? {} : { bytesPerSecond: maxBytesPerSecond };
      return new Copier({ ...both, lineage, activity, ...limit });
    }
    case 'provider':
      return new CutWatch({ ...both, broker: stream.stream.broker, committedThrough: committedIn(booted) });
  }
}

/** What this broker knows to be committed. */
function committedIn({ timeline, metadata, stream }: BootedBroker): CutWatchOptions['committedThrough'] {
  return ({ log, epoch }) => {
    if (log === 'metadata') return epoch === metadata.epoch ? metadata.durableThrough.slot : undefined;
    const own = stream.stream;
    if (log.timeline === timeline && log.broker === own.broker && log.epoch === own.epoch) {
      return stream.committedThrough;
    }
    return metadata.image.stream(log)?.sealed?.slot;
  };
}

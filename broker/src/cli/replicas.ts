import type { ReplicationConfig } from '../config/index.ts';
import { sleep } from '../edge/index.ts';
import type { Clock, Logger, Random } from '../edge/index.ts';
import type { Metrics } from '../http/index.ts';
import type { BootedBroker } from '../recovery/index.ts';
import { Copier } from '../replication/index.ts';
import type { ReplicaReport } from '../replication/index.ts';
import type { PatientStore } from '../store/index.ts';
import type { OpenedReplica, OpenedStores } from './open-stores.ts';

/** How long a clean stop waits for the last slots to reach the replicas: what is missing is copied by the next start. */
const LAST_COPIES_MS = 5_000;

export interface ReplicaSurroundings {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly booted: BootedBroker;
}

interface Replica extends OpenedReplica {
  readonly copier: Copier;
}

/** The replica stores of a serving broker: who brings them up to date, and what is known of them. */
export class Replicas {
  readonly #managedBy: string;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #replicas: readonly Replica[];

  constructor(config: ReplicationConfig, stores: OpenedStores, surroundings: ReplicaSurroundings) {
    const { clock, random, logger, booted } = surroundings;
    const { lineage, timeline, metadata, stream } = booted;
    const { managedBy, maxBytesPerSecond: bytesPerSecond } = config;
    const { background: source } = stores;
    this.#managedBy = managedBy;
    this.#clock = clock;
    this.#logger = logger;
    const activity = (): string => `${metadata.durableThrough.slot} ${stream.committedThrough}`;
    this.#replicas =
      managedBy !== 'chronik'
        ? []
        : stores.replicas.map(({ name, store }) => {
            const limit = bytesPerSecond === undefined ? {} : { bytesPerSecond };
            const options = { clock, random, logger, source, target: store, lineage, timeline, activity, ...limit };
            return { name, store, copier: new Copier(options) };
          });
  }

  start(): void {
    for (const { copier } of this.#replicas) copier.start();
  }

  /** After the broker has stopped: its last slots get a chance to arrive. */
  async stop(): Promise<void> {
    await Promise.all(
      this.#replicas.map(async ({ name, copier }) => {
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
        await copier.stop();
      }),
    );
  }

  /** For /status: by store, what is known of it. Holds no secrets. */
  document(): Record<string, unknown> {
    const stores = this.#replicas.map(({ name, store, copier }) => this.#storeDocument(name, store, copier.report()));
    return { managedBy: this.#managedBy, stores };
  }

  publish(metrics: Metrics): void {
    const each = (read: (report: ReplicaReport) => number | undefined) =>
      function* (this: void, replicas: readonly Replica[]): Generator<readonly [string, number]> {
        for (const { name, copier } of replicas) {
          const value = read(copier.report());
          if (value !== undefined) yield [name, value];
        }
      };
    const gauges: readonly (readonly [string, string, (report: ReplicaReport) => number | undefined])[] = [
      [
        'lag_seconds',
        'Everything that was in the bucket so long ago is in the replica; left out while it is not known.',
        ({ lag }) => lag && this.#ageSeconds(lag.sinceMs),
      ],
      ['lag_objects', 'Objects seen in the bucket and not yet in the replica.', ({ lag }) => lag?.objects],
      ['lag_bytes', 'Bytes seen in the bucket and not yet in the replica.', ({ lag }) => lag?.bytes],
      ['in_sync', '1: the replica has all that the last look found.', ({ state }) => (state === 'in sync' ? 1 : 0)],
      [
        'problems',
        'What stands in the way and does not go by waiting; /status names it.',
        ({ problems }) => problems.length,
      ],
    ];
    for (const [name, help, read] of gauges) {
      const readings = each(read);
      metrics.gauges({
        name: `chronik_replication_${name}`,
        help,
        label: 'store',
        read: () => readings(this.#replicas),
      });
    }
    const counters: readonly (readonly [string, string, (report: ReplicaReport) => number])[] = [
      ['copied_objects_total', 'Objects copied.', ({ copiedObjects }) => copiedObjects],
      ['copied_bytes_total', 'Bytes copied.', ({ copiedBytes }) => copiedBytes],
    ];
    for (const [name, help, read] of counters) {
      const readings = each(read);
      metrics.counters({
        name: `chronik_replication_${name}`,
        help,
        label: 'store',
        read: () => readings(this.#replicas),
      });
    }
  }

  #storeDocument(name: string, store: PatientStore, report: ReplicaReport): Record<string, unknown> {
    const { reachable, lastError } = store.storeState();
    const { state, lag, metadata, streams, problems, copiedObjects, copiedBytes } = report;
    return {
      name,
      description: store.description,
      reachable,
      ...(lastError === undefined ? {} : { lastError: { code: lastError.code, message: lastError.message } }),
      state,
      ...(lag === undefined
        ? {}
        : {
            lag: { seconds: this.#ageSeconds(lag.sinceMs), objects: lag.objects, bytes: lag.bytes },
            upTo: new Date(lag.sinceMs).toISOString(),
          }),
      ...(metadata === undefined ? {} : { position: { metadata, streams } }),
      copiedObjects,
      copiedBytes,
      problems,
    };
  }

  #ageSeconds(sinceMs: number): number {
    return Math.max(0, this.#clock.nowMs() - sinceMs) / 1000;
  }
}

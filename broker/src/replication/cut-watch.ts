import { ChronikError, sleep } from '../edge/index.ts';
import type { Clock, Logger, Random } from '../edge/index.ts';
import { CutReader, nameOf, openCopy, tellHole, tellHolder } from '../recovery/index.ts';
import type { CutReading, LogReach } from '../recovery/index.ts';
import type { PatientStore } from '../store/index.ts';
import { asReplicationError, promoted } from './errors.ts';
import { problemOf } from './report.ts';
import type { ReplicaReport, Replicator } from './report.ts';

/** So often the copy is read on. */
const WATCH_MS = 10_000;
/** A cut that is older is not in sync: logs write heartbeats every ten seconds, and providers need some. */
const IN_SYNC_MS = 60_000;

export interface CutWatchOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** The bucket that is copied: it knows its timelines. */
  readonly source: PatientStore;
  /** The copy, which somebody else makes. */
  readonly target: PatientStore;
  readonly broker: number;
  readonly timeline: string;
  /** Highest slot of a log that is known to be committed; undefined: nothing is known. */
  readonly committedThrough: (log: LogReach) => number | undefined;
}

/** Watches a replica store that a provider fills, in whatever order: how old the cut is that it allows, and what holds it back. Writes nothing. */
export class CutWatch implements Replicator {
  readonly #options: CutWatchOptions;
  readonly #ending = new AbortController();
  #reading: CutReading | undefined;
  #trouble: ChronikError | undefined;

  constructor(options: CutWatchOptions) {
    this.#options = options;
  }

  start(): void {
    void this.#run();
  }

  /** A request that is under way is not waited for: it changes nothing. */
  stop(): Promise<void> {
    this.#ending.abort(new ChronikError('WATCH_STOPPED', 'the watch was stopped'));
    return Promise.resolve();
  }

  report(): ReplicaReport {
    const reading = this.#reading;
    const trouble = this.#trouble;
    const problems = trouble === undefined ? [] : [problemOf(trouble)];
    const cutMs = reading?.cut?.hlc.ms;
    const isRefused = trouble?.code === 'REPLICA_PROMOTED';
    if (reading === undefined || cutMs === undefined || isRefused) {
      const state = isRefused ? 'refused' : 'starting';
      const told = reading === undefined ? {} : { heldBackBy: tellHolder(reading) };
      return { state, lag: undefined, metadata: undefined, streams: [], ...told, problems };
    }
    const { clock, target } = this.#options;
    const isFresh = clock.nowMs() - cutMs <= IN_SYNC_MS && target.storeState().reachable;
    const streams = reading.logs.flatMap(({ log, through }) =>
      log === 'metadata' ? [] : [{ broker: log.broker, epoch: log.epoch, slot: through ?? -1 }],
    );
    return {
      state: isFresh && trouble === undefined ? 'in sync' : 'copying',
      lag: { sinceMs: cutMs, objects: this.#missing(reading), bytes: undefined },
      metadata: reading.cut?.metadata,
      streams,
      heldBackBy: tellHolder(reading),
      holes: reading.logs.flatMap((log) =>
        log.hole?.to === undefined ? [] : [`${nameOf(log, reading.timeline)}: ${tellHole(log.hole)}`],
      ),
      problems,
    };
  }

  /** Slots that are committed in the bucket and not in the copy's gap-free prefixes. */
  #missing({ logs }: CutReading): number {
    return logs.reduce((sum, log) => {
      const end = this.#options.committedThrough(log) ?? log.hole?.to ?? -1;
      return sum + Math.max(0, end - (log.through ?? -1));
    }, 0);
  }

  async #run(): Promise<void> {
    const { clock, logger, target } = this.#options;
    const { signal } = this.#ending;
    while (!signal.aborted) {
      try {
        await this.#watch();
      } catch (error) {
        if (signal.aborted) return;
        const told = this.#trouble?.message;
        this.#trouble = asReplicationError(error);
        const { code, message, remedy } = this.#trouble;
        if (message !== told) {
          logger.warn(`The copy in ${target.description} is of no use now`, { code, reason: message, remedy });
        }
        await sleep(clock, WATCH_MS, signal).catch(() => undefined);
      }
    }
  }

  /** Reads the copy again and again; ends only with an error. */
  async #watch(): Promise<never> {
    const { clock, random, logger, source, target, broker, timeline } = this.#options;
    const { signal } = this.#ending;
    let reader: CutReader | undefined;
    for (;;) {
      const copy = await openCopy({ store: target, others: [source], clock, random, logger, broker });
      signal.throwIfAborted();
      const newest = copy.timeline.timeline;
      if (newest !== timeline) throw promoted(target.description, newest);
      reader ??= new CutReader(copy.context, copy.tree.ancestry(timeline));
      this.#reading = await reader.read();
      this.#trouble = undefined;
      await sleep(clock, WATCH_MS, signal);
    }
  }
}

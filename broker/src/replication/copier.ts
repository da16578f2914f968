import { ChronikError, sleep } from '../edge/index.ts';
import type { Clock, Logger, Random } from '../edge/index.ts';
import { HybridClock } from '../log/index.ts';
import { readClusterFile } from '../meta/index.ts';
import { probeStore } from '../store/index.ts';
import type { PatientStore } from '../store/index.ts';
import type { CopyContext } from './copy-context.ts';
import { CopyRounds } from './copy-rounds.ts';
import { copyEarlierTimelines } from './earlier-timelines.ts';
import { asReplicationError } from './errors.ts';
import { problemOf } from './report.ts';
import type { ReplicaProblem, ReplicaReport, Replicator } from './report.ts';
import { examineTarget, markTarget } from './target.ts';
import { Throttle } from './throttle.ts';

/** After a refusal, or an error that no repetition cures, everything begins anew so much later. */
const BEGIN_ANEW_MS = 10_000;
/** With nothing left to copy the lag is the age of the last look; an idle bucket is looked at every ten seconds. */
const IN_SYNC_MS = 15_000;
/** Held in memory at most, for each replica store. */
const OBJECTS_IN_FLIGHT = 32;
const BYTES_IN_FLIGHT = 64 * 1024 * 1024;

export interface CopierOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** The bucket, through a client of its own: copying must not delay commits. */
  readonly source: PatientStore;
  readonly target: PatientStore;
  readonly lineage: string;
  /** The timeline that is being written. */
  readonly timeline: string;
  /** undefined = as fast as it goes. */
  readonly bytesPerSecond?: number;
  /** Changes whenever something was committed here: saves looks at an idle bucket. A hint, nothing depends on it being right. */
  readonly activity?: () => string;
}

/** Copies the bucket to one replica store, for ever. See index.ts for what in which order and why. */
export class Copier implements Replicator {
  readonly #options: CopierOptions;
  readonly #ending = new AbortController();
  readonly #counts = { objects: 0, bytes: 0 };
  #rounds: CopyRounds | undefined;
  #refusal: ChronikError | undefined;
  /** Of earlier timelines. */
  #conflicts: readonly ReplicaProblem[] = [];
  #running: Promise<void> | undefined;

  constructor(options: CopierOptions) {
    this.#options = options;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** Ends what is under way; resolves when nothing more is sent. */
  async stop(): Promise<void> {
    this.#ending.abort(new ChronikError('COPIER_STOPPED', 'the copier was stopped'));
    await this.#running;
  }

  /** Resolves when all that is in the bucket at the time of the call is in the replica; never, if the copier cannot go on. */
  async drain(): Promise<void> {
    const fromMs = this.#options.clock.nowMs();
    for (;;) {
      const rounds = this.#rounds;
      if (rounds !== undefined && (await rounds.drained(fromMs))) return;
      await sleep(this.#options.clock, 100, this.#ending.signal);
    }
  }

  report(): ReplicaReport {
    const refusal = this.#refusal;
    const rounds = this.#rounds;
    const problems = [...(refusal === undefined ? [] : [problemOf(refusal)]), ...this.#conflicts];
    const counts = { copiedObjects: this.#counts.objects, copiedBytes: this.#counts.bytes };
    if (rounds === undefined) {
      const state = refusal === undefined ? 'starting' : 'refused';
      return { state, lag: undefined, metadata: undefined, streams: [], problems, ...counts };
    }
    const seen = rounds.report();
    const lagMs = this.#options.clock.nowMs() - seen.lag.sinceMs;
    const isInSync = seen.isLevel && lagMs <= IN_SYNC_MS && problems.length === 0 && this.#isReachable();
    return {
      state: isInSync ? 'in sync' : 'copying',
      lag: seen.lag,
      metadata: seen.metadata,
      streams: seen.streams,
      problems: [...problems, ...seen.problems],
      ...counts,
    };
  }

  #isReachable(): boolean {
    const { source, target } = this.#options;
    return source.storeState().reachable && target.storeState().reachable;
  }

  async #run(): Promise<void> {
    const { clock, logger, target } = this.#options;
    const { signal } = this.#ending;
    while (!signal.aborted) {
      try {
        await this.#follow();
      } catch (error) {
        this.#rounds = undefined;
        if (signal.aborted) return;
        const told = this.#refusal?.message;
        this.#refusal = asReplicationError(error);
        const { code, message, remedy } = this.#refusal;
        if (message !== told) {
          logger.error(`Nothing is copied to ${target.description}`, { code, reason: message, remedy });
        }
        await sleep(clock, BEGIN_ANEW_MS, signal).catch(() => undefined);
      }
    }
  }

  /** Finds out where the replica stands and follows the bucket; ends only with an error. */
  async #follow(): Promise<never> {
    const { logger, target, source, random } = this.#options;
    const context = this.#context();
    await examineTarget(context);
    // What "never over anything" rests on.
    await probeStore(target, { random, signal: context.signal });
    await markTarget(context);
    this.#refusal = undefined;
    logger.info(`Comparing ${target.description} with ${source.description}`);
    this.#conflicts = await copyEarlierTimelines(context);
    const createdAtMs = (await readClusterFile(source))?.createdAtMs ?? 0;
    const rounds = new CopyRounds(context, { createdAtMs, activity: this.#options.activity });
    await rounds.locate();
    this.#rounds = rounds;
    const { lag, metadata } = rounds.report();
    logger.info(`Copying to ${target.description}`, { metadata, objects: lag.objects, bytes: lag.bytes });
    return rounds.run();
  }

  #context(): CopyContext {
    const { clock, random, logger, source, target, lineage, timeline, bytesPerSecond } = this.#options;
    const { signal } = this.#ending;
    // A clock of its own: what is copied is history, and moves nobody's time.
    const reading = { clock, random, hlc: new HybridClock(clock), logger, lineage, broker: 0 };
    return {
      source,
      target,
      sourceLog: { ...reading, store: source },
      targetLog: { ...reading, store: target },
      clock,
      logger,
      lineage,
      timeline,
      throttle: new Throttle({ clock, bytesPerSecond, objects: OBJECTS_IN_FLIGHT, bytes: BYTES_IN_FLIGHT, signal }),
      signal,
      counts: this.#counts,
    };
  }
}

import { sleep } from '../edge/index.ts';
import type { CopyContext } from './copy-context.ts';
import { DataCopy } from './data-copy.ts';
import { FileCopy } from './file-copy.ts';
import { MetadataCopy } from './metadata-copy.ts';
import type { ReplicaLag, ReplicaProblem, StreamPosition } from './report.ts';
import { checkTarget, markTarget } from './target.ts';

/** A look at least so far apart from the next: a LIST has its price. */
const LOOK_MS = 1_000;
/** Idle, or not: so often everything is looked at, and what stands in the way is tried again. */
const SURVEY_MS = 10_000;
/** While copying: so often it is made sure that the replica was not promoted. */
const CHECK_MS = 5_000;
/** A round begins nothing more after so long, so that looks and checks get their turn. */
const ROUND_MS = 2_000;

export interface RoundsOptions {
  /** Nothing in the bucket is older; wall clock, milliseconds since the epoch. */
  readonly createdAtMs: number;
  /** See CopierOptions. */
  readonly activity: (() => string) | undefined;
}

export interface RoundsReport {
  readonly isLevel: boolean;
  readonly lag: ReplicaLag;
  readonly metadata: { readonly epoch: number; readonly slot: number } | undefined;
  readonly streams: readonly StreamPosition[];
  readonly problems: readonly ReplicaProblem[];
}

/**
 * Follows the bucket, round after round:
 *
 *     look:  snapshots ─▶ data ─▶ metadata          what a later look shows explains what an earlier one found
 *     copy:  metadata  ─▶ data ─▶ snapshots         what explains goes first
 */
export class CopyRounds {
  readonly #context: CopyContext;
  readonly #options: RoundsOptions;
  readonly #metadata: MetadataCopy;
  readonly #data: DataCopy;
  readonly #files: FileCopy;
  #surveyedAtMs = Number.NEGATIVE_INFINITY;
  #checkedAtMs = Number.NEGATIVE_INFINITY;
  /** Somebody waits for the next round. */
  #isUrgent = false;
  #roundEnded = Promise.withResolvers<void>();
  #nap: AbortController | undefined;

  constructor(context: CopyContext, options: RoundsOptions) {
    this.#context = context;
    this.#options = options;
    this.#metadata = new MetadataCopy(context);
    this.#data = new DataCopy(context);
    this.#files = new FileCopy(context);
  }

  /** Finds out how far the replica is, from the two stores alone. */
  async locate(): Promise<void> {
    await this.#files.locate();
    await this.#data.discover();
    await this.#metadata.locate();
    await this.#look(true);
  }

  /** Ends only with an error. */
  async run(): Promise<never> {
    for (;;) {
      const startMs = this.#context.clock.monotonicMs();
      const seen = this.#options.activity?.();
      const isUrgent = this.#isUrgent;
      this.#isUrgent = false;
      await this.#round(startMs, isUrgent);
      const ended = this.#roundEnded;
      this.#roundEnded = Promise.withResolvers<void>();
      ended.resolve();
      if (!this.#hasMoreToDo()) await this.#pause(startMs, seen);
    }
  }

  /** After the next round: whether all that was in the bucket at this time is in the replica. */
  async drained(sinceMs: number): Promise<boolean> {
    this.#isUrgent = true;
    this.#nap?.abort();
    await this.#roundEnded.promise;
    const { isLevel, lag } = this.report();
    return isLevel && lag.sinceMs >= sinceMs && this.#files.listedAtMs >= sinceMs;
  }

  report(): RoundsReport {
    const streams = [...this.#data.streams];
    const { current } = this.#metadata;
    const { createdAtMs } = this.#options;
    const since = [this.#metadata.levelSinceMs, ...streams.map(({ levelSinceMs }) => levelSinceMs)];
    const slots = current === undefined ? streams : [current, ...streams];
    const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
    const problems = [...slots.flatMap(({ problem }) => problem ?? []), ...this.#files.problems];
    return {
      isLevel: slots.every(({ isLevel }) => isLevel) && this.#files.waitingObjects === 0,
      lag: {
        sinceMs: Math.min(...since.map((levelSinceMs) => levelSinceMs ?? createdAtMs)),
        objects: sum(slots.map(({ waitingObjects }) => waitingObjects)) + this.#files.waitingObjects,
        bytes: sum(slots.map(({ waitingBytes }) => waitingBytes)) + this.#files.waitingBytes,
      },
      metadata: this.#metadata.position,
      streams: this.#data.positions,
      problems,
    };
  }

  async #round(startMs: number, isUrgent: boolean): Promise<void> {
    const { clock } = this.#context;
    const surveys = startMs - this.#surveyedAtMs >= SURVEY_MS;
    if (surveys || startMs - this.#checkedAtMs >= CHECK_MS) {
      await this.#lookUntil(checkTarget(this.#context));
      this.#checkedAtMs = startMs;
    }
    if (surveys) {
      await markTarget(this.#context);
      this.#surveyedAtMs = startMs;
      this.#metadata.tryAgain();
      this.#data.tryAgain();
    }
    if (surveys || isUrgent) await this.#data.discover();
    await this.#look(surveys || isUrgent);
    const goesOn = (): boolean => clock.monotonicMs() - startMs < ROUND_MS;
    const explained = await this.#metadata.copy({
      goesOn,
      registering: ({ broker, streamEpoch }) => this.#data.copyClaim(broker, streamEpoch),
    });
    if (!explained) return;
    await this.#data.copy(goesOn);
    await this.#files.copy();
  }

  /** Waits for the replica, which may be away: what comes to the bucket meanwhile is counted all the same. */
  async #lookUntil(answered: Promise<void>): Promise<void> {
    const { clock, signal } = this.#context;
    let isPending = true;
    const ended = answered.finally(() => {
      isPending = false;
    });
    ended.catch(() => undefined);
    for (;;) {
      await Promise.race([ended, sleep(clock, LOOK_MS, signal)]);
      if (!isPending) return ended;
      await this.#look(false);
    }
  }

  async #look(files: boolean): Promise<void> {
    if (files) await this.#files.look();
    await this.#data.look();
    await this.#metadata.look();
  }

  /** Slots wait, and nothing stands in their way. */
  #hasMoreToDo(): boolean {
    const { current } = this.#metadata;
    if (current !== undefined && current.waitingObjects > 0) return current.problem === undefined;
    return [...this.#data.streams].some(({ waitingObjects, problem }) => waitingObjects > 0 && problem === undefined);
  }

  /** Until a look is worth its price. */
  async #pause(startMs: number, seen: string | undefined): Promise<void> {
    const { clock, signal } = this.#context;
    for (;;) {
      if (this.#isUrgent) return;
      const passedMs = clock.monotonicMs() - startMs;
      const isIdle = seen !== undefined && seen === this.#options.activity?.();
      if (passedMs >= (isIdle ? SURVEY_MS : LOOK_MS)) return;
      this.#nap = new AbortController();
      const napMs = Math.max(1, LOOK_MS - passedMs);
      await sleep(clock, napMs, AbortSignal.any([signal, this.#nap.signal])).catch(() => signal.throwIfAborted());
    }
  }
}

import type { StoreOperation } from './store-observer.ts';

const MIB = 1024 * 1024;

/** How long an attempt may take while nothing is known about the store yet. */
export interface StartingDeadline {
  readonly deadlineMs: number;
  readonly deadlineMsPerMib: number;
}

/** So many answers are remembered of each class of requests, and so many are needed before the deadline follows them. */
const REMEMBERED = 100;
const NEEDED = 20;
/** A request may take so many times as long as all but the slowest of those remembered. */
const ALLOWANCE = 4;
/**
 * Bounds of what is learnt, as parts of the starting deadline. With 5 s the lowest is 2 s, after which S3's performance guidelines
 * repeat a small request; the highest keeps an outage, whose requests all hang, from making the next dead connection cost minutes.
 */
const FLOOR = 0.4;
const CEILING = 4;
/** Bound of a deadline that was doubled again and again: a slow link is slow, not down. */
const LONGEST = 16;

/**
 * Deadlines of attempts, which follow what the store was seen to do: a connection that died is noticed soon where answers come
 * fast, and a slow store is not asked again and again for what it is about to answer. Durations are kept as parts of the starting
 * deadline for the same number of bytes, so that sizes compare; what is mostly bandwidth is kept apart from what is mostly latency.
 */
export class AttemptDeadlines {
  readonly #start: StartingDeadline;
  readonly #classes = new Map<string, Recent>();

  constructor(start: StartingDeadline) {
    this.#start = start;
  }

  /** Milliseconds. `timeouts`: attempts at this very request that ran into their deadline; each doubles the next one's. */
  deadlineMs(operation: StoreOperation, sizeBytes: number, timeouts: number): number {
    const usual = this.#classes.get(classOf(operation, sizeBytes))?.almostSlowest();
    const factor = usual === undefined ? 1 : Math.min(CEILING, Math.max(FLOOR, usual * ALLOWANCE));
    return Math.ceil(this.#startingMs(sizeBytes) * Math.min(LONGEST, factor * 2 ** timeouts));
  }

  /** An attempt took so long, to its answer or to its deadline: both say that less was not enough. */
  took(operation: StoreOperation, sizeBytes: number, durationMs: number): void {
    const name = classOf(operation, sizeBytes);
    let recent = this.#classes.get(name);
    if (recent === undefined) this.#classes.set(name, (recent = new Recent()));
    recent.add(durationMs / this.#startingMs(sizeBytes));
  }

  #startingMs(sizeBytes: number): number {
    const { deadlineMs, deadlineMsPerMib } = this.#start;
    return deadlineMs + (deadlineMsPerMib * sizeBytes) / MIB;
  }
}

function classOf(operation: StoreOperation, sizeBytes: number): string {
  return sizeBytes > MIB ? `large ${operation}` : operation;
}

/** The latest values, oldest overwritten first. */
class Recent {
  readonly #values: number[] = [];
  #next = 0;

  add(value: number): void {
    this.#values[this.#next] = value;
    this.#next = (this.#next + 1) % REMEMBERED;
  }

  /** The largest but one: about the 99th percentile; undefined while there are too few. */
  almostSlowest(): number | undefined {
    if (this.#values.length < NEEDED) return undefined;
    let [largest, second] = [0, 0];
    for (const value of this.#values) {
      if (value > largest) [second, largest] = [largest, value];
      else if (value > second) second = value;
    }
    return second;
  }
}

import type { LeadershipInterval, PartitionView } from './ports.ts';

/** Where the batches of a leader epoch end, as OffsetForLeaderEpoch answers it. */
export interface EpochEnd {
  /** The largest known epoch that is not above the one asked for; -1 if there is none. */
  readonly leaderEpoch: number;
  /** One above the last offset of that epoch; -1 if there is none. */
  readonly endOffset: number;
}

const UNKNOWN: EpochEnd = { leaderEpoch: -1, endOffset: -1 };

/** The leader epochs of one partition and the offsets at which they begin. */
export class LeaderEpochs {
  #history: readonly LeadershipInterval[] = [];
  #current = 0;

  follow(view: PartitionView): void {
    this.#history = view.history;
    this.#current = view.leaderEpoch;
  }

  /** Kafka's LeaderEpochFileCache.endOffsetFor: where `leaderEpoch` ends, in a log that ends at `logEndOffset`. */
  endOf(leaderEpoch: number, logEndOffset: number): EpochEnd {
    if (leaderEpoch === this.#current) return { leaderEpoch, endOffset: logEndOffset };
    if (leaderEpoch > this.#current || leaderEpoch < 0) return UNKNOWN;
    let floor = leaderEpoch;
    for (const interval of this.#history) {
      if (interval.leaderEpoch > leaderEpoch) return { leaderEpoch: floor, endOffset: interval.startOffset };
      floor = interval.leaderEpoch;
    }
    return UNKNOWN;
  }
}

import type { BatchLocation, BatchMeta } from '../log/index.ts';
import type { BatchIndex } from './batch-index.ts';
import { PartitionError } from './partition-error.ts';
import type { LeadershipInterval, PartitionView } from './ports.ts';
import { NO_PRODUCER_ID, type ProducerState } from './producer-state.ts';
import type { StreamTable } from './stream-table.ts';

/** What a footer says of a batch. */
export type LoadedBatch = Omit<BatchMeta, 'topicId' | 'partition' | 'control'>;

/**
 * What became of a batch that a footer shows: it can be read; it lies below the log start and only tells about its producer; or
 * it lies outside its leader's interval, or in a partition that does not exist, and means nothing.
 */
export type LoadedAs = 'kept' | 'deleted' | 'ignored';

/** Offsets from `from` up to, not with, `to`. */
export interface OffsetRange {
  readonly from: number;
  readonly to: number;
}

/** What loading found beside batches in good order. */
export interface LoadAnomalies {
  /** Offsets that were committed and lie in no object any more: reading there is an error, never a silent gap. */
  readonly lost: readonly OffsetRange[];
  /** Batches outside the interval in which their stream led the partition (rule 17). */
  readonly ignoredBatches: number;
}

export const NO_ANOMALIES: LoadAnomalies = { lost: [], ignoredBatches: 0 };

/** Builds index and producer state of one partition from footers, which may come in any order. */
export class LogLoader {
  readonly #batches: BatchIndex;
  readonly #producers: ProducerState;
  readonly #streams: StreamTable;
  #history: readonly LeadershipInterval[] = [];
  #logStartOffset = 0;
  #ignoredBatches = 0;

  constructor(batches: BatchIndex, producers: ProducerState, streams: StreamTable) {
    this.#batches = batches;
    this.#producers = producers;
    this.#streams = streams;
  }

  follow(view: PartitionView): void {
    this.#history = view.history;
    this.#logStartOffset = view.logStartOffset;
  }

  add(batch: LoadedBatch, location: BatchLocation): LoadedAs {
    if (!this.#belongs(batch, location)) {
      this.#ignoredBatches++;
      return 'ignored';
    }
    if (batch.producerId !== NO_PRODUCER_ID) this.#producers.record(batch, batch.hlc.ms);
    if (batch.lastOffset < this.#logStartOffset) return 'deleted';
    const { baseOffset, lastOffset, leaderEpoch, maxTimestamp } = batch;
    this.#batches.load(
      { baseOffset, lastOffset, leaderEpoch, maxTimestamp, sizeBytes: location.length },
      { streamRef: this.#streams.intern(location.stream), slot: location.slot, position: location.position },
    );
    return 'kept';
  }

  /** Puts everything in order. Throws PARTITION_OVERLAP, naming `partition`, if two batches claim the same offset. */
  finish(partition: string): { readonly endOffset: number; readonly anomalies: LoadAnomalies } {
    const batches = this.#batches;
    batches.finishLoading();
    const lost: OffsetRange[] = [];
    let expected = this.#logStartOffset;
    for (let ordinal = batches.first; ordinal < batches.end; ordinal++) {
      const from = batches.baseOffset(ordinal);
      if (from > expected) lost.push({ from: expected, to: from });
      if (from < expected && ordinal > batches.first) {
        throw new PartitionError(
          'PARTITION_OVERLAP',
          `Two committed batches of ${partition} claim offset ${from}: the second is in slot ${batches.slot(ordinal)}.`,
        );
      }
      expected = batches.lastOffset(ordinal) + 1;
    }
    const promised = this.#history.at(-1)?.startOffset ?? 0;
    if (promised > expected) {
      lost.push({ from: expected, to: promised });
      expected = promised;
    }
    return { endOffset: expected, anomalies: { lost, ignoredBatches: this.#ignoredBatches } };
  }

  #belongs(batch: LoadedBatch, { stream }: BatchLocation): boolean {
    return this.#history.some(
      (interval) =>
        interval.leaderEpoch === batch.leaderEpoch &&
        interval.stream.timeline === stream.timeline &&
        interval.stream.broker === stream.broker &&
        interval.stream.epoch === stream.epoch &&
        batch.baseOffset >= interval.startOffset &&
        (interval.endOffset === undefined || batch.lastOffset < interval.endOffset),
    );
  }
}

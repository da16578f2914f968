import { addSequence } from '../kafka/index.ts';

/** A producer id that means "none". */
export const NO_PRODUCER_ID = -1;
const NO_SEQUENCE = -1;
/** How many batches back a retry is recognised, as in Kafka: a producer has at most five requests in flight. */
const REMEMBERED_BATCHES = 5;

/** One batch as its producer numbered it. */
export interface SequencedBatch {
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly baseSequence: number;
  readonly recordCount: number;
  readonly baseOffset: number;
  readonly lastOffset: number;
  readonly maxTimestamp: number;
}

interface RememberedBatch {
  readonly firstSequence: number;
  readonly lastSequence: number;
  readonly baseOffset: number;
  readonly lastOffset: number;
  readonly maxTimestamp: number;
}

interface ProducerEntry {
  epoch: number;
  /** Oldest first, all of the current epoch. */
  readonly batches: RememberedBatch[];
  /** When the producer last appended, by the broker's clock. */
  lastAppendMs: number;
}

/** What DescribeProducers shows of a producer. */
export interface ActiveProducer {
  readonly producerId: number;
  readonly producerEpoch: number;
  /** -1 if it has none. */
  readonly lastSequence: number;
  readonly lastTimestamp: number;
}

export type SequenceCheck =
  | { readonly kind: 'next' }
  | {
      readonly kind: 'duplicate';
      readonly baseOffset: number;
      readonly lastOffset: number;
      readonly maxTimestamp: number;
    }
  | { readonly kind: 'stale-epoch'; readonly currentEpoch: number }
  | { readonly kind: 'out-of-order'; readonly expectedSequence: number };

const NEXT: SequenceCheck = { kind: 'next' };

/**
 * What one partition knows of the idempotent producers that write to it. The rules are those of Kafka 4's
 * ProducerStateManager: a producer that is not known may start at any sequence (its state may have expired), a new epoch
 * starts at 0, and the last five batches are recognised when they come again.
 */
export class ProducerState {
  readonly #producers = new Map<number, ProducerEntry>();
  readonly #expirationMs: number;

  /** `expirationMs`: how long a silent producer is remembered (`producer.id.expiration.ms`). */
  constructor(expirationMs: number) {
    this.#expirationMs = expirationMs;
  }

  get size(): number {
    return this.#producers.size;
  }

  /** Decides on a batch of `recordCount` records before it is appended. */
  check(producerId: number, epoch: number, baseSequence: number, recordCount: number): SequenceCheck {
    const entry = this.#producers.get(producerId);
    if (entry === undefined) return NEXT;
    if (epoch < entry.epoch) return { kind: 'stale-epoch', currentEpoch: entry.epoch };
    if (epoch > entry.epoch) {
      return baseSequence === 0 ? NEXT : { kind: 'out-of-order', expectedSequence: 0 };
    }
    const lastSequence = addSequence(baseSequence, recordCount - 1);
    for (const batch of entry.batches) {
      if (batch.firstSequence === baseSequence && batch.lastSequence === lastSequence) {
        const { baseOffset, lastOffset, maxTimestamp } = batch;
        return { kind: 'duplicate', baseOffset, lastOffset, maxTimestamp };
      }
    }
    const newest = entry.batches.at(-1);
    const expectedSequence = newest === undefined ? NO_SEQUENCE : addSequence(newest.lastSequence, 1);
    if (newest === undefined || baseSequence === expectedSequence) return NEXT;
    return { kind: 'out-of-order', expectedSequence };
  }

  /** Notes a batch that was appended, or one that boot found in the log (those may come in any order). */
  record(batch: SequencedBatch, nowMs: number): void {
    let entry = this.#producers.get(batch.producerId);
    if (entry === undefined) {
      entry = { epoch: batch.producerEpoch, batches: [], lastAppendMs: nowMs };
      this.#producers.set(batch.producerId, entry);
    }
    if (batch.producerEpoch < entry.epoch) return;
    if (batch.producerEpoch > entry.epoch) {
      entry.epoch = batch.producerEpoch;
      entry.batches.length = 0;
    }
    entry.lastAppendMs = Math.max(entry.lastAppendMs, nowMs);
    const { baseOffset, lastOffset, maxTimestamp, baseSequence } = batch;
    const lastSequence = addSequence(baseSequence, batch.recordCount - 1);
    const remembered = { firstSequence: baseSequence, lastSequence, baseOffset, lastOffset, maxTimestamp };
    let at = entry.batches.length;
    while (at > 0 && (entry.batches[at - 1] as RememberedBatch).baseOffset > baseOffset) at--;
    if (at === entry.batches.length) entry.batches.push(remembered);
    else entry.batches.splice(at, 0, remembered);
    if (entry.batches.length > REMEMBERED_BATCHES) entry.batches.shift();
  }

  /** Forgets producers that have been silent for longer than the expiration. */
  expire(nowMs: number): void {
    for (const [producerId, entry] of this.#producers) {
      if (nowMs - entry.lastAppendMs >= this.#expirationMs) this.#producers.delete(producerId);
    }
  }

  *active(): Iterable<ActiveProducer> {
    for (const [producerId, { epoch, batches }] of this.#producers) {
      const newest = batches.at(-1);
      yield {
        producerId,
        producerEpoch: epoch,
        lastSequence: newest?.lastSequence ?? NO_SEQUENCE,
        lastTimestamp: newest?.maxTimestamp ?? -1,
      };
    }
  }
}

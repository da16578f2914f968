import type { DecodedBatch } from '../support/batches.ts';
import { Violation } from './violation.ts';

export type Acks = 0 | 1 | -1;

/** A batch as a producer sent it. Values are unique in a run, so the crc says which batch it is. */
export interface SentBatch {
  readonly producer: string;
  /** Rises by one with each batch of this producer to this partition. */
  readonly number: number;
  readonly crc: number;
  readonly recordCount: number;
  readonly acks: Acks;
  readonly idempotent: boolean;
  state: 'sent' | 'acked' | 'refused';
  /** Offset that the broker answered; undefined if it only said that it has the batch (a duplicate). */
  baseOffset: number | undefined;
  ackedAtMs: number;
  /** Name of the broker process that answered. */
  ackedBy: string;
}

/** A batch as some consumer has seen it. */
interface SeenBatch {
  readonly lastOffset: number;
  readonly crc: number;
}

/**
 * Everything that the world outside was told about one partition. It checks at once what can be checked at once: one
 * history, nothing visible changes, nothing is invented.
 */
export class PartitionHistory {
  readonly name: string;
  readonly sent = new Map<number, SentBatch>();
  readonly seen = new Map<number, SeenBatch>();
  readonly #ackedOffsets = new Map<number, SentBatch>();
  /** Highest high watermark that any answer has shown. */
  highWatermark = 0;
  /** One past the last offset that any consumer was given. */
  seenThrough = 0;
  /** Records below the one have been deleted for sure, those from the other on have not: DeleteRecords without an answer may have happened. */
  deletedBelow = 0;
  maybeDeletedBelow = 0;

  constructor(name: string) {
    this.name = name;
  }

  send(batch: SentBatch): void {
    this.sent.set(batch.crc, batch);
  }

  ack(batch: SentBatch, baseOffset: number | undefined, nowMs: number, by: string): void {
    batch.state = 'acked';
    batch.ackedAtMs = nowMs;
    batch.ackedBy = by;
    if (baseOffset === undefined || baseOffset < 0) return;
    if (batch.idempotent && batch.baseOffset !== undefined && batch.baseOffset !== baseOffset) {
      throw new Violation(
        'no duplicates',
        `${this.name}: ${label(batch)} was acked at ${batch.baseOffset} and, when it came again, at ${baseOffset}`,
      );
    }
    batch.baseOffset = baseOffset;
    const other = this.#ackedOffsets.get(baseOffset);
    if (other !== undefined && other !== batch && other.acks === -1 && batch.acks === -1) {
      throw new Violation(
        'one history',
        `${this.name}: offset ${baseOffset} was acked for ${label(other)} and again for ${label(batch)}`,
      );
    }
    // An acks=1 answer may come from a leader that has been replaced and does not know it yet; it counts for less.
    if (other === undefined || other.acks !== -1 || batch.acks === -1) this.#ackedOffsets.set(baseOffset, batch);
    const seen = this.seen.get(baseOffset);
    if (seen !== undefined && seen.crc !== batch.crc && batch.acks === -1) {
      throw new Violation(
        'one history',
        `${this.name}: ${label(batch)} was acked at ${baseOffset}, where another batch was read`,
      );
    }
  }

  /**
   * The history went on from a cut: of what was told, only what is in `kept` (CRC by base offset) goes on counting. Gives the
   * batches that had been acknowledged and are not in it.
   */
  cutTo(kept: ReadonlyMap<number, number>, endOffset: number): readonly SentBatch[] {
    const crcs = new Set(kept.values());
    const lost: SentBatch[] = [];
    for (const batch of this.sent.values()) {
      if (crcs.has(batch.crc)) {
        if (batch.baseOffset === undefined || kept.get(batch.baseOffset) === batch.crc) continue;
        if (batch.idempotent) {
          throw new Violation('one history', `${this.name}: ${label(batch)} was acked at another offset than it has`);
        }
        // It was sent twice, and the copy that was acknowledged lies beyond the cut.
        batch.baseOffset = undefined;
        continue;
      }
      if (batch.state === 'acked') lost.push({ ...batch });
      batch.state = 'refused';
    }
    for (const offset of this.#ackedOffsets.keys()) if (!kept.has(offset)) this.#ackedOffsets.delete(offset);
    for (const offset of this.seen.keys()) if (!kept.has(offset)) this.seen.delete(offset);
    this.highWatermark = Math.min(this.highWatermark, endOffset);
    this.seenThrough = Math.min(this.seenThrough, endOffset);
    return lost;
  }

  refuse(batch: SentBatch): void {
    batch.state = 'refused';
  }

  askDeletion(below: number): void {
    this.maybeDeletedBelow = Math.max(this.maybeDeletedBelow, below);
  }

  ackDeletion(below: number): void {
    this.deletedBelow = Math.max(this.deletedBelow, below);
  }

  showHighWatermark(offset: number): void {
    this.highWatermark = Math.max(this.highWatermark, offset);
  }

  /** A consumer was given the batch. */
  see(batch: DecodedBatch, reader: string): void {
    if (!batch.intact) {
      throw new Violation('intact bytes', `${this.name}: ${reader} got a damaged batch at ${batch.baseOffset}`);
    }
    if (!this.sent.has(batch.crc) && (batch.attributes & 0x20) === 0) {
      throw new Violation(
        'nothing invented',
        `${this.name}: ${reader} got a batch at ${batch.baseOffset} that nobody sent`,
      );
    }
    const before = this.seen.get(batch.baseOffset);
    if (before !== undefined && before.crc !== batch.crc) {
      throw new Violation(
        'nothing visible changes',
        `${this.name}: ${reader} read another batch at ${batch.baseOffset} than before`,
      );
    }
    const acked = this.#ackedOffsets.get(batch.baseOffset);
    if (acked !== undefined && acked.crc !== batch.crc && acked.acks === -1) {
      throw new Violation(
        'one history',
        `${this.name}: ${reader} read another batch at ${batch.baseOffset} than the acked ${label(acked)}`,
      );
    }
    this.seen.set(batch.baseOffset, { lastOffset: batch.lastOffset, crc: batch.crc });
    this.seenThrough = Math.max(this.seenThrough, batch.lastOffset + 1);
  }
}

export function label(batch: SentBatch): string {
  return `batch ${batch.number} of ${batch.producer} (acks=${batch.acks})`;
}

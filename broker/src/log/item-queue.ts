import type { ChronikError } from '../edge/index.ts';
import type { BatchEntry, CloseMeta } from './entry.ts';

/** A close record on its way into a slot. */
export interface QueuedClose {
  readonly close: CloseMeta;
  readonly committed: (slot: number) => void;
  readonly failed: (error: ChronikError) => void;
}

export type Item = BatchEntry | QueuedClose;

/** What one slot takes: a stretch of the queue, so that nothing overtakes anything. */
export interface SlotLoad {
  readonly batches: readonly BatchEntry[];
  readonly closes: readonly QueuedClose[];
  readonly bytes: number;
}

/** Batches and close records in the order of the stream, waiting for a slot. */
export class ItemQueue {
  #items: Item[] = [];
  #bytes = 0;

  get isEmpty(): boolean {
    return this.#items.length === 0;
  }

  /** Batches and close records that wait. */
  get length(): number {
    return this.#items.length;
  }

  /** Bytes of the batches that wait. */
  get bytes(): number {
    return this.#bytes;
  }

  push(item: Item): void {
    this.#items.push(item);
    if ('bytes' in item) this.#bytes += item.bytes.length;
  }

  /** Takes as many items as `targetBytes` allow; a single batch that is larger gets a slot of its own. */
  take(targetBytes: number): SlotLoad {
    const batches: BatchEntry[] = [];
    const closes: QueuedClose[] = [];
    let bytes = 0;
    let count = 0;
    for (const item of this.#items) {
      if ('bytes' in item) {
        if (batches.length > 0 && bytes + item.bytes.length > targetBytes) break;
        batches.push(item);
        bytes += item.bytes.length;
      } else {
        closes.push(item);
      }
      count += 1;
    }
    if (count === this.#items.length) this.#items = [];
    else this.#items.splice(0, count);
    this.#bytes -= bytes;
    return { batches, closes, bytes };
  }
}

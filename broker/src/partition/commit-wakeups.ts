/** A partition whose high watermark moves. */
export interface AdvancingPartition {
  /** Answers the producers whose batches are committed now. */
  releaseAcks(): void;
  /** Those who wait for the high watermark to move. */
  readonly watchers: ReadonlySet<HighWatermarkWatcher>;
}

/** Somebody who waits for the high watermark of one or more partitions to move, such as a fetch. */
export interface HighWatermarkWatcher {
  highWatermarkMoved(): void;
}

/**
 * Gathers what one slot's commit moves and wakes everyone once: a slot may hold hundreds of batches of a partition, and a
 * fetch may wait on hundreds of partitions.
 */
export class CommitWakeups {
  #advanced = new Set<AdvancingPartition>();
  #afterwards: () => void;

  /** `afterwards` runs at the end of each round. */
  constructor(afterwards: () => void = () => undefined) {
    this.#afterwards = afterwards;
  }

  /** `partition` has moved; those who wait hear of it when the current run to completion ends. */
  advanced(partition: AdvancingPartition): void {
    if (this.#advanced.size === 0) queueMicrotask(() => this.#wake());
    this.#advanced.add(partition);
  }

  #wake(): void {
    const advanced = this.#advanced;
    this.#advanced = new Set();
    const watchers = new Set<HighWatermarkWatcher>();
    for (const partition of advanced) {
      partition.releaseAcks();
      for (const watcher of partition.watchers) watchers.add(watcher);
    }
    for (const watcher of watchers) watcher.highWatermarkMoved();
    this.#afterwards();
  }
}

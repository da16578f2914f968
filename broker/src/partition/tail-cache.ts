/** A partition whose newest batches are in memory. */
export interface TailOwner {
  /**
   * Lets go of its oldest batch in memory and returns its bytes; 0 if it has none any more, undefined if that batch is
   * not committed yet and has to stay.
   */
  evictOldestTail(): number | undefined;
}

const COMPACT_AT = 4096;

/**
 * Bounds the memory of all partitions' newest batches together: beyond `maxBytes` the oldest committed batch goes first,
 * whoever's it is. Batches leave in the order in which they came, which is also the order in which they are committed,
 * so an uncommitted one at the front means that nothing can go; the cap on uncommitted bytes bounds that case.
 */
export class TailCache {
  readonly #maxBytes: number;
  #owners: TailOwner[] = [];
  #head = 0;
  #usedBytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get usedBytes(): number {
    return this.#usedBytes;
  }

  /** Counts a batch that `owner` has just put into its tail. */
  added(owner: TailOwner, sizeBytes: number): void {
    this.#owners.push(owner);
    this.#usedBytes += sizeBytes;
    if (this.#usedBytes > this.#maxBytes) this.#evict();
  }

  /** Makes room after commits, which turn batches that had to stay into ones that may go. */
  committed(): void {
    if (this.#usedBytes > this.#maxBytes) this.#evict();
  }

  /** Counts off what an owner let go of by itself. */
  released(sizeBytes: number): void {
    this.#usedBytes -= sizeBytes;
  }

  #evict(): void {
    while (this.#usedBytes > this.#maxBytes && this.#head < this.#owners.length) {
      const freedBytes = (this.#owners[this.#head] as TailOwner).evictOldestTail();
      if (freedBytes === undefined) break;
      this.#usedBytes -= freedBytes;
      this.#head++;
    }
    if (this.#head >= COMPACT_AT && this.#head * 2 >= this.#owners.length) {
      this.#owners = this.#owners.slice(this.#head);
      this.#head = 0;
    }
  }
}

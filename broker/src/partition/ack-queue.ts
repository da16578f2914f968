/** Somebody who waits until an offset is committed. `tag` is what was given to `add`. */
export interface AckWaiter {
  committed(tag: number): void;
  failed(tag: number, error: Error): void;
}

const COMPACT_AT = 1024;

/** Those who wait for offsets of one partition to be committed, lowest offset first. */
export class AckQueue {
  #offsets: number[] = [];
  #waiters: AckWaiter[] = [];
  #tags: number[] = [];
  #head = 0;

  get length(): number {
    return this.#offsets.length - this.#head;
  }

  /** `waiter` hears when `lastOffset` is below the high watermark. */
  add(lastOffset: number, waiter: AckWaiter, tag: number): void {
    let at = this.#offsets.length;
    // A retried batch waits for its first copy, which lies below what came since.
    while (at > this.#head && (this.#offsets[at - 1] as number) > lastOffset) at--;
    if (at === this.#offsets.length) {
      this.#offsets.push(lastOffset);
      this.#waiters.push(waiter);
      this.#tags.push(tag);
      return;
    }
    this.#offsets.splice(at, 0, lastOffset);
    this.#waiters.splice(at, 0, waiter);
    this.#tags.splice(at, 0, tag);
  }

  /** Answers everyone whose offset lies below `highWatermark`. */
  release(highWatermark: number): void {
    while (this.#head < this.#offsets.length && (this.#offsets[this.#head] as number) < highWatermark) {
      const waiter = this.#waiters[this.#head] as AckWaiter;
      const tag = this.#tags[this.#head] as number;
      this.#head++;
      waiter.committed(tag);
    }
    if (this.#head === this.#offsets.length || this.#head >= COMPACT_AT) this.#compact();
  }

  /** Tells everyone whose offset is not below `from` that it will never be committed here. */
  failFrom(from: number, error: Error): void {
    let at = this.#offsets.length;
    while (at > this.#head && (this.#offsets[at - 1] as number) >= from) at--;
    this.#offsets.length = at;
    const waiters = this.#waiters.splice(at);
    const tags = this.#tags.splice(at);
    waiters.forEach((waiter, i) => {
      waiter.failed(tags[i] as number, error);
    });
  }

  #compact(): void {
    if (this.#head === 0) return;
    this.#offsets.splice(0, this.#head);
    this.#waiters.splice(0, this.#head);
    this.#tags.splice(0, this.#head);
    this.#head = 0;
  }
}

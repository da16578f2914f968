const COMPACT_AT = 512;

/** The newest batches of one partition in memory: bytes by ordinal, without gaps, oldest first out. */
export class Tail {
  #buffers: (Buffer | undefined)[] = [];
  #head = 0;
  /** Ordinal of `#buffers[0]`. */
  #origin = 0;

  /** Ordinal of the oldest batch in memory; batches from here on are all in memory. */
  get first(): number {
    return this.#origin + this.#head;
  }

  get length(): number {
    return this.#buffers.length - this.#head;
  }

  /** Adds the batch behind all others. */
  push(ordinal: number, bytes: Buffer): void {
    if (this.#buffers.length === 0) this.#origin = ordinal;
    this.#buffers.push(bytes);
  }

  /** Undefined if it is not in memory. */
  get(ordinal: number): Buffer | undefined {
    return ordinal < this.first ? undefined : this.#buffers[ordinal - this.#origin];
  }

  /** Drops the oldest batch and returns its bytes, 0 if there is none. */
  shift(): number {
    const oldest = this.#buffers[this.#head];
    if (oldest === undefined) return 0;
    this.#buffers[this.#head] = undefined;
    this.#head++;
    if (this.#head === this.#buffers.length) {
      this.#origin += this.#head;
      this.#buffers = [];
      this.#head = 0;
    } else if (this.#head >= COMPACT_AT && this.#head * 2 >= this.#buffers.length) {
      this.#buffers = this.#buffers.slice(this.#head);
      this.#origin += this.#head;
      this.#head = 0;
    }
    return oldest.length;
  }
}

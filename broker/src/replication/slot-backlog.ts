/** Sizes of slots that wait to be copied, first come first gone; millions of them cost 8 bytes each. */
export class SlotBacklog {
  #sizes: number[] = [];
  #first = 0;
  #bytes = 0;

  get length(): number {
    return this.#sizes.length - this.#first;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Size of the slot at this place; 0 is the first. */
  at(index: number): number {
    return this.#sizes[this.#first + index]!;
  }

  push(sizeBytes: number): void {
    this.#sizes.push(sizeBytes);
    this.#bytes += sizeBytes;
  }

  shift(): void {
    this.#bytes -= this.at(0);
    this.#first += 1;
    // Half of it is gone: now and then, so that each element is moved once on average.
    if (this.#first * 2 > this.#sizes.length && this.#first > 1000) {
      this.#sizes = this.#sizes.slice(this.#first);
      this.#first = 0;
    }
  }

  /** Keeps the first `length`. */
  truncate(length: number): void {
    while (this.length > Math.max(0, length)) this.#bytes -= this.#sizes.pop()!;
  }
}

/** The longest time between two events of a kind, as it is seen by whoever waits for them. */
export class Gap {
  #lastMs: number | undefined;
  #longestMs = 0;
  #endedAtMs = 0;
  #count = 0;

  event(): void {
    const nowMs = performance.now();
    const sinceMs = this.#lastMs === undefined ? 0 : nowMs - this.#lastMs;
    if (sinceMs > this.#longestMs) {
      this.#longestMs = sinceMs;
      this.#endedAtMs = Date.now();
    }
    this.#lastMs = nowMs;
    this.#count += 1;
  }

  get count(): number {
    return this.#count;
  }

  get seconds(): number {
    return this.#longestMs / 1000;
  }

  /** When it was over, by the clock on the wall. */
  get endedAtMs(): number {
    return this.#endedAtMs;
  }
}

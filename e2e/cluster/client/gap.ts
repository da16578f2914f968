/** The longest time between two events of a kind, as it is seen by whoever waits for them. */
export class Gap {
  #lastMs: number | undefined;
  #longestMs = 0;
  #count = 0;

  event(): void {
    const nowMs = performance.now();
    if (this.#lastMs !== undefined) this.#longestMs = Math.max(this.#longestMs, nowMs - this.#lastMs);
    this.#lastMs = nowMs;
    this.#count += 1;
  }

  get count(): number {
    return this.#count;
  }

  /** In seconds, the time until now included: who still waits has waited as long already. */
  get longestSeconds(): number {
    const openMs = this.#lastMs === undefined ? 0 : performance.now() - this.#lastMs;
    return Math.max(this.#longestMs, openMs) / 1000;
  }
}

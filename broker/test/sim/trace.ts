/**
 * What happened, as a running 64-bit hash and, on request, as lines. Two runs of one seed must give the same hash: then
 * nothing outside the seed (real time, I/O order, iteration order of something unordered) had a part in the run.
 */
export class Trace {
  #low = 0x811c9dc5;
  #high = 0x9e3779b9;
  readonly #sink: ((line: string) => void) | undefined;

  constructor(sink?: (line: string) => void) {
    this.#sink = sink;
  }

  /** True if lines are kept; whoever builds an expensive line asks first and uses `number` otherwise. */
  get verbose(): boolean {
    return this.#sink !== undefined;
  }

  number(value: number): void {
    this.#low = Math.imul(this.#low ^ (value | 0), 0x01000193) ^ (this.#high >>> 15);
    this.#high = Math.imul(this.#high ^ (value | 0), 0x85ebca6b) + this.#low;
  }

  line(nowMs: number, text: string): void {
    for (let i = 0; i < text.length; i++) this.number(text.charCodeAt(i));
    this.#sink?.(`${nowMs.toFixed(3).padStart(12)} ${text}`);
  }

  get hash(): string {
    return (this.#high >>> 0).toString(16).padStart(8, '0') + (this.#low >>> 0).toString(16).padStart(8, '0');
  }
}

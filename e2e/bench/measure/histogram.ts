const SUB_BUCKETS = 128;
const EXPONENTS = 32;

/** Percentiles of a set of durations, in milliseconds. */
export interface Latency {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly p999Ms: number;
  readonly maxMs: number;
}

/**
 * Counts durations in buckets whose width grows with the value: 128 in each power of two of a microsecond, so that a
 * percentile is off by less than 1 %. Constant memory, whatever is recorded.
 */
export class Histogram {
  readonly #counts = new Uint32Array(SUB_BUCKETS * EXPONENTS);
  #count = 0;
  #maxMs = 0;

  get count(): number {
    return this.#count;
  }

  record(durationMs: number): void {
    const micros = Math.max(1, durationMs * 1000);
    const exponent = Math.min(EXPONENTS - 1, Math.floor(Math.log2(micros)));
    const within = Math.min(SUB_BUCKETS - 1, Math.floor((micros / 2 ** exponent - 1) * SUB_BUCKETS));
    const at = exponent * SUB_BUCKETS + within;
    this.#counts[at] = (this.#counts[at] ?? 0) + 1;
    this.#count += 1;
    this.#maxMs = Math.max(this.#maxMs, durationMs);
  }

  /** `part` in 0..1; 0 for an empty histogram. */
  percentileMs(part: number): number {
    const wanted = Math.ceil(this.#count * part);
    let seen = 0;
    for (const [at, count] of this.#counts.entries()) {
      seen += count;
      if (count > 0 && seen >= wanted) return Math.min(this.#maxMs, upperEdgeMicros(at) / 1000);
    }
    return 0;
  }

  latency(): Latency {
    return {
      p50Ms: this.percentileMs(0.5),
      p99Ms: this.percentileMs(0.99),
      p999Ms: this.percentileMs(0.999),
      maxMs: this.#maxMs,
    };
  }
}

function upperEdgeMicros(at: number): number {
  return 2 ** Math.floor(at / SUB_BUCKETS) * (1 + ((at % SUB_BUCKETS) + 1) / SUB_BUCKETS);
}

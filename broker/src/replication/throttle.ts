import { sleep } from '../edge/index.ts';
import type { Clock } from '../edge/index.ts';

export interface ThrottleOptions {
  readonly clock: Clock;
  /** undefined = no limit. */
  readonly bytesPerSecond: number | undefined;
  /** Objects, and bytes of them, that are held in memory at most; a larger object goes alone. */
  readonly objects: number;
  readonly bytes: number;
  readonly signal: AbortSignal;
}

interface Waiting {
  readonly sizeBytes: number;
  readonly enter: () => void;
}

/**
 * What a copier may take: memory, in the order of asking, and bytes per second. Whoever entered must leave.
 * Callers that hold one object and ask for the next of the same stream never wait for one another: earlier objects go first.
 */
export class Throttle {
  readonly #options: ThrottleOptions;
  readonly #queue: Waiting[] = [];
  #objects = 0;
  #bytes = 0;
  /** Monotonic time at which all that was let through so far is paid for. */
  #paidUntilMs = Number.NEGATIVE_INFINITY;

  constructor(options: ThrottleOptions) {
    this.#options = options;
  }

  /** Waits for room, then for the rate. Rejects with the signal's reason. */
  async enter(sizeBytes: number): Promise<void> {
    const { signal } = this.#options;
    signal.throwIfAborted();
    if (this.#queue.length > 0 || !this.#fits(sizeBytes)) {
      await new Promise<void>((resolve) => this.#queue.push({ sizeBytes, enter: resolve }));
    } else {
      this.#take(sizeBytes);
    }
    try {
      await this.pace(sizeBytes);
    } catch (error) {
      this.leave(sizeBytes);
      throw error;
    }
  }

  leave(sizeBytes: number): void {
    this.#objects -= 1;
    this.#bytes -= sizeBytes;
    for (let first = this.#queue[0]; first !== undefined && this.#fits(first.sizeBytes); first = this.#queue[0]) {
      this.#queue.shift();
      this.#take(first.sizeBytes);
      first.enter();
    }
  }

  /** Waits until so many bytes may go: each pays for itself before the next, so a second never sees more than the rate and one object. */
  async pace(sizeBytes: number): Promise<void> {
    const { clock, bytesPerSecond, signal } = this.#options;
    if (bytesPerSecond === undefined) return;
    const nowMs = clock.monotonicMs();
    const startMs = Math.max(nowMs, this.#paidUntilMs);
    this.#paidUntilMs = startMs + (sizeBytes / bytesPerSecond) * 1000;
    if (startMs > nowMs) await sleep(clock, startMs - nowMs, signal);
  }

  #fits(sizeBytes: number): boolean {
    const { objects, bytes } = this.#options;
    return this.#objects === 0 || (this.#objects < objects && this.#bytes + sizeBytes <= bytes);
  }

  #take(sizeBytes: number): void {
    this.#objects += 1;
    this.#bytes += sizeBytes;
  }
}

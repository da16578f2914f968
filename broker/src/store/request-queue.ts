/**
 * Lets so many attempts of a lane go at once; the others wait their turn, in order. Waiting is back-pressure: no deadline runs, and
 * whoever brings the requests notices. A lane has a queue of its own, so that what is many (a copy, a prefetch) is never before
 * what is urgent.
 */
export class RequestQueue {
  readonly #places: number;
  readonly #waiting = new Set<() => void>();
  #inFlight = 0;

  /** `places`: attempts at once; Infinity = no limit. */
  constructor(places: number) {
    this.#places = places;
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  /** Takes a place; undefined if there was one. Else resolves once it is ours; rejects with the signal's reason. */
  enter(signal: AbortSignal | undefined): Promise<void> | undefined {
    if (this.#inFlight < this.#places) {
      this.#inFlight += 1;
      return undefined;
    }
    return new Promise((resolve, reject) => {
      const onTurn = (): void => {
        signal?.removeEventListener('abort', onAbort);
        resolve();
      };
      const onAbort = (): void => {
        this.#waiting.delete(onTurn);
        reject(signal?.reason as Error);
      };
      if (signal?.aborted === true) return onAbort();
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#waiting.add(onTurn);
    });
  }

  /** Gives a place back: it goes to who has waited longest. */
  leave(): void {
    const [next] = this.#waiting;
    if (next === undefined) {
      this.#inFlight -= 1;
      return;
    }
    this.#waiting.delete(next);
    next();
  }
}

/** So long the rest is waited for, at most: longer than a client on the same network takes, shorter than anybody notices. */
export const RETURN_MS = 1;
/** Fewer are not worth a wait. */
const FEWEST = 3;

/**
 * Whether those who were answered together last are still on their way back. A client with five requests in flight sends the
 * next five as soon as they are answered; if the first of them went alone, the other four would have to wait for it and the first
 * for them ever after, so that every round took two slots:
 *
 *     at once       │ 1 │ 2 3 4 5 │ 6 │ 7 8 9 10 │ ...
 *     together      │1 2 3 4 5│6 7 8 9 10│ ...
 */
export class ReturningClients {
  #expected = 0;

  /** So many batches went in one slot, and will be answered together. */
  sent(batches: number): void {
    this.#expected = batches < FEWEST ? 0 : batches;
  }

  /** Whether more should come at once, with so many there. */
  expectsMore(batches: number): boolean {
    return batches < this.#expected;
  }
}

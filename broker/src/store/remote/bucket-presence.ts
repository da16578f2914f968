import { StoreError } from '../store-error.ts';

/**
 * Tells a bucket that was never there (a wrong name or region: `invalid`, say it and stop) from one that has answered and
 * then went away (deleted, or hidden by an outage: `unavailable`, wait for a human and lose nothing).
 */
export class BucketPresence {
  #seen = false;

  /** The bucket answered a request. */
  answered(): void {
    this.#seen = true;
  }

  judge(error: StoreError): StoreError {
    const { remedy, details } = error;
    if (!this.#seen || details['misplaced'] !== true) return error;
    return new StoreError('unavailable', error.message, { remedy, details });
  }
}

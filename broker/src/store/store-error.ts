import { ChronikError } from '../edge/index.ts';

/**
 * `ambiguous`: the request may or may not have been carried out · `conflict`: a racing operation, proves nothing, retry ·
 * `throttled`, `unavailable`: retry for ever with back-off · `denied`: credentials or permission · `archived`: the object is
 * there but not readable now · `corrupt`: the answer does not match its checksum · `invalid`: the request can never work
 * (wrong bucket name, wrong region) · `full`: no space or quota.
 */
export type StoreErrorKind =
  | 'ambiguous'
  | 'conflict'
  | 'throttled'
  | 'unavailable'
  | 'denied'
  | 'archived'
  | 'corrupt'
  | 'invalid'
  | 'full';

/** `code` is `STORE_` + the kind in upper case. */
export class StoreError extends ChronikError {
  readonly kind: StoreErrorKind;

  constructor(kind: StoreErrorKind, message: string, options: ConstructorParameters<typeof ChronikError>[2] = {}) {
    super(`STORE_${kind.toUpperCase()}`, message, options);
    this.kind = kind;
  }
}

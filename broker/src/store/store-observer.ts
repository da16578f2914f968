import type { StoreErrorKind } from './store-error.ts';

/** `part`: whatever belongs to an upload in parts, but for its completion, which is a `create`. */
export type StoreOperation = 'create' | 'part' | 'get' | 'head' | 'list' | 'delete';

/** What one attempt ended with. `failed`: an error that is no answer of a store; `abandoned`: the caller ended it. */
export type RequestOutcome = 'ok' | 'exists' | 'absent' | StoreErrorKind | 'failed' | 'abandoned';

/** One attempt at one request, after it ended. */
export interface StoreRequest {
  readonly operation: StoreOperation;
  readonly outcome: RequestOutcome;
  /** Body bytes sent by a create or a part, or received by a get; 0 for the others and for failures of a get. */
  readonly bytes: number;
  readonly durationMs: number;
}

/** Sees every attempt; feeds metrics. Must not throw. */
export interface StoreObserver {
  onRequest(request: StoreRequest): void;
}

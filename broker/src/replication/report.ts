import type { ChronikError } from '../edge/index.ts';

/**
 * `starting`: the two stores are being compared, the lag is not known yet · `copying`: behind, or at work · `in sync`: all that the last
 * look found is there, and it was a moment ago · `refused`: the store is no replica of this bucket; nothing is written.
 */
export type ReplicaState = 'starting' | 'copying' | 'in sync' | 'refused';

/** What is not in the replica. */
export interface ReplicaLag {
  /** Everything that was in the bucket before this time is in the replica; wall clock, milliseconds since the epoch. */
  readonly sinceMs: number;
  /** Seen, or known to be, in the bucket and not in the replica yet. */
  readonly objects: number;
  /** undefined where only names are known to be missing. */
  readonly bytes: number | undefined;
}

/** How far a stream's gap-free prefix in the replica reaches; slot -1: not even the claim. */
export interface StreamPosition {
  readonly broker: number;
  readonly epoch: number;
  readonly slot: number;
}

export interface ReplicaProblem {
  readonly code: string;
  readonly message: string;
  readonly remedy: string;
}

/** What is known about one replica store, for status and metrics. */
export interface ReplicaReport {
  readonly state: ReplicaState;
  /** undefined while it is not known. */
  readonly lag: ReplicaLag | undefined;
  readonly metadata: { readonly epoch: number; readonly slot: number } | undefined;
  /** Data streams that are not sealed. */
  readonly streams: readonly StreamPosition[];
  /** What stands in the way now; empty if nothing does. Outages are not among them: the store's own state tells those. */
  readonly problems: readonly ReplicaProblem[];
  /** Of a copy that somebody else makes: the log that reaches least, and why; and slots that are missing below others. */
  readonly heldBackBy?: string;
  readonly holes?: readonly string[];
  /** By this process; left out where it copies nothing. */
  readonly copiedObjects?: number;
  readonly copiedBytes?: number;
}

export function problemOf({ code, message, remedy }: ChronikError): ReplicaProblem {
  return { code, message, remedy };
}

/** What brings, or watches, one replica store. */
export interface Replicator {
  start(): void;
  /** Resolves when nothing more is sent. */
  stop(): Promise<void>;
  report(): ReplicaReport;
}

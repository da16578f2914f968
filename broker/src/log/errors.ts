import { ChronikError } from '../edge/index.ts';
import { describeStream } from './stream-names.ts';
import type { StreamId } from './stream-names.ts';

/** What a writer met in its own stream that it did not write: proof that the stream is no longer its own. */
export type FencedBy =
  /** Another broker sealed the stream. */
  | 'seal'
  /** Somebody else's slot lies under our number. */
  | 'other writer'
  /** The store said that the name is taken, then that nothing is there (rule 22). */
  | 'vanished slot'
  /** What lies under our number cannot be read: it may be ours, damaged, or another's. The next start says what is wrong with it. */
  | 'damaged slot';

/**
 * The writer has lost its stream. Its committed prefix stands, the rest is to be answered NOT_LEADER_OR_FOLLOWER, and the
 * process exits: it must never write over what it met.
 */
export class FencedError extends ChronikError {
  readonly stream: StreamId;
  readonly slot: number;
  readonly by: FencedBy;

  constructor(stream: StreamId, slot: number, by: FencedBy) {
    super('FENCED', `${describeStream(stream)} was ended at slot ${slot}: met a ${by}`, {
      remedy:
        by === 'damaged slot'
          ? 'This process exits; when started again it says what is wrong with the object, or goes on in a new epoch.'
          : 'Another incarnation has taken over; this process exits and, when started again, takes a new epoch.',
      details: { stream: describeStream(stream), slot, by },
    });
    this.stream = stream;
    this.slot = slot;
    this.by = by;
  }
}

export type CorruptionReason =
  /** Too short, or no trailer: half an object. */
  | 'truncated'
  /** A checksum, hash or length does not fit the bytes. */
  | 'checksum'
  /** Header or footer is not the message that it should be. */
  | 'malformed'
  /** The object says that it is another slot than its name says. */
  | 'misplaced'
  /** The object belongs to another lineage. */
  | 'alien'
  /** The previous-slot hash is not the hash of the slot before. */
  | 'broken chain';

/** An object under a slot's name that is not what was written there. Never skipped (holes 13, 14). */
export class CorruptSlotError extends ChronikError {
  readonly key: string;
  readonly reason: CorruptionReason;

  constructor(key: string, reason: CorruptionReason, detail: string, cause?: unknown) {
    super('CORRUPT_SLOT', `${key} is damaged (${reason}): ${detail}`, {
      remedy: 'Put the object back from a copy of the bucket, or run `chronik verify` to see all that is damaged.',
      details: { key, reason },
      cause,
    });
    this.key = key;
    this.reason = reason;
  }
}

/** Committed slots are gone and nothing said what to do about it (rule 01). */
export class DamagedStreamError extends ChronikError {
  readonly stream: StreamId;
  readonly missing: { readonly from: number; readonly to: number };

  constructor(stream: StreamId, missing: { readonly from: number; readonly to: number }) {
    super(
      'DAMAGED_STREAM',
      `${describeStream(stream)} lacks slots ${missing.from}..${missing.to}, which were committed`,
      {
        remedy:
          'Name a replica store that has them, put the objects back from a copy of the bucket, or accept the loss ' +
          'explicitly: the slots are then marked lost and consumers get an error for their offsets.',
        details: { stream: describeStream(stream), ...missing },
      },
    );
    this.stream = stream;
    this.missing = missing;
  }
}

/** A later release wrote this; reading it half would be worse than not at all. */
export class FormatTooNewError extends ChronikError {
  constructor(key: string, what: string) {
    super('FORMAT_TOO_NEW', `${key} was written by a newer release: ${what}`, {
      remedy: 'Run the release that wrote it, or a later one.',
      details: { key },
    });
  }
}

import { CorruptSlotError, FormatTooNewError } from '../../log/index.ts';
import type { StreamId, WalkEnd } from '../../log/index.ts';
import { StoreError } from '../../store/index.ts';

/** Where the reading of a log ended before its end. */
export interface Hole {
  readonly stream: StreamId;
  /** The first slot that is not there. */
  readonly from: number;
  /** The last one that is known to be missing; undefined: nothing is known to follow, it may be the end. */
  readonly to: number | undefined;
  /** What is wrong with what lies there; undefined: nothing does. */
  readonly damage: string | undefined;
}

export function holeAt(stream: StreamId, end: Exclude<WalkEnd, { kind: 'sealed' }>): Hole {
  switch (end.kind) {
    case 'damaged':
      return { stream, from: end.missing.from, to: end.missing.to, damage: undefined };
    case 'open':
      return { stream, from: end.next, to: undefined, damage: undefined };
    case 'unclaimed':
      return { stream, from: 0, to: undefined, damage: undefined };
  }
}

/** A slot that does not verify is as good as none; it may be copied anew. Anything else is for the caller. */
export function holeOfDamage(stream: StreamId, from: number, error: unknown): Hole | undefined {
  if (error instanceof FormatTooNewError) return undefined;
  const isDamage = error instanceof CorruptSlotError || (error instanceof StoreError && error.kind === 'corrupt');
  return isDamage ? { stream, from, to: from, damage: error.message } : undefined;
}

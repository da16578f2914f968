import { compareHlc } from '../../log/index.ts';
import type { Hlc } from '../../log/index.ts';
import type { MetadataPosition, StreamName } from '../../meta/index.ts';

// A copy of a bucket made by somebody else has no order across objects: what is there says nothing about what is not. A
// consistent CUT is a time T such that every entry of every log with a clock ≤ T is there. Clocks are hybrid and are merged from
// everything read (rule 12), so whatever an entry leans on has a smaller clock than the entry, and is in the cut with it.
//
//     metadata  ■ ■ ■ ■ ■ □ ■            read up to the first gap: all that is ≤ its last clock is there
//     stream 1  ■ ■ ■ ■ ▌                sealed, and read to its seal: all that it will ever hold is there
//     stream 2        ■ ■ ■ □ ■ ■        the gap holds the cut back, whatever lies above it
//                         ▲
//                         T = the least of what each log reaches

/** A place in the metadata log, and the greatest clock up to there. */
export interface MetadataStep {
  readonly position: MetadataPosition;
  readonly hlc: Hlc;
}

/** A stream that holds, or may come to hold, part of the history. */
export interface KnownStream {
  readonly name: StreamName;
  /** Clock of its registration, before which it holds nothing; undefined: before the chain's base. */
  readonly registeredAt: Hlc | undefined;
}

/** The metadata log as far as it was read from one base on, without a gap. */
export interface MetadataChain {
  /** A snapshot, or the beginning of the timeline: a state that cannot be taken back behind. */
  readonly base: MetadataStep;
  /** Behind the base, in order. */
  readonly steps: readonly MetadataStep[];
  readonly streams: readonly KnownStream[];
}

/** How far a data stream was read without a gap. */
export type StreamReach =
  /** To its end: nothing is missing, and nothing will follow. */
  | { readonly kind: 'complete' }
  /** All up to this clock is there; undefined: not even its first slot. */
  | { readonly kind: 'open'; readonly hlc: Hlc | undefined };

export interface CutPosition {
  /** The last metadata slot that counts. */
  readonly metadata: MetadataPosition;
  /** T: entries of every stream count up to this time. */
  readonly hlc: Hlc;
  /** The log that does not reach further. */
  readonly heldBackBy: 'metadata' | StreamName;
}

/** Why a chain gives no cut: that stream does not even reach the chain's base. */
export interface NoCut {
  readonly metadata: undefined;
  readonly heldBackBy: StreamName;
  readonly reaches: Hlc | undefined;
}

const NEVER: Hlc = { ms: 0, counter: 0 };

/** The latest consistent cut that a chain allows. Pure. */
export function cutOf(chain: MetadataChain, reachOf: (stream: StreamName) => StreamReach): CutPosition | NoCut {
  let limit = (chain.steps.at(-1) ?? chain.base).hlc;
  let heldBackBy: CutPosition['heldBackBy'] = 'metadata';
  for (const { name, registeredAt } of chain.streams) {
    const reach = reachOf(name);
    if (reach.kind === 'complete') continue;
    const own = later(reach.hlc ?? NEVER, registeredAt ?? NEVER);
    if (compareHlc(own, limit) >= 0) continue;
    // The state cannot be had as it was before the base (rule 12): an older base may give it.
    if (compareHlc(own, chain.base.hlc) < 0) return { metadata: undefined, heldBackBy: name, reaches: reach.hlc };
    limit = own;
    heldBackBy = name;
  }
  const last = chain.steps.findLast((step) => compareHlc(step.hlc, limit) <= 0) ?? chain.base;
  return { metadata: last.position, hlc: limit, heldBackBy };
}

function later(a: Hlc, b: Hlc): Hlc {
  return compareHlc(a, b) >= 0 ? a : b;
}

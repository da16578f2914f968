import { describeStream } from '../../log/index.ts';
import type { CutReading, LogReach } from './cut-reader.ts';
import type { Hole } from './hole.ts';

/** One clause: which log holds the cut back, and what it lacks. */
export function tellHolder(reading: CutReading): string {
  const { heldBackBy, logs } = reading;
  if (logs.length === 0) return 'not even the beginning of the metadata log has been copied';
  const holder = logs.find(({ log }) => sameLog(log, heldBackBy));
  if (holder === undefined) return 'nothing of the metadata log has been copied';
  return `${nameOf(holder, reading.timeline)} holds it back: ${holder.hole === undefined ? 'nothing follows' : tellHole(holder.hole)}`;
}

export function nameOf({ log, epoch }: LogReach, timeline: string): string {
  if (log === 'metadata') return describeStream({ log, timeline, broker: 0, epoch });
  return describeStream({ log: 'data', ...log });
}

/** What is missing where a log ends. */
export function tellHole({ from, to, damage }: Hole): string {
  if (damage !== undefined) return `slot ${from} is damaged (${damage})`;
  if (to === undefined) return `slot ${from} has not come, nothing is known to follow`;
  return from === to ? `slot ${from} is missing` : `slots ${from}..${to} are missing`;
}

function sameLog(a: LogReach['log'], b: CutReading['heldBackBy']): boolean {
  if (a === 'metadata' || b === 'metadata') return a === b;
  return a.timeline === b.timeline && a.broker === b.broker && a.epoch === b.epoch;
}

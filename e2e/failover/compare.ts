import type { ReadRecord } from '../demo/client.ts';
import { count } from '../demo/report.ts';
import type { Comparison } from '../demo/report.ts';
import type { Acknowledged } from './load.ts';

export interface Fate {
  readonly kept: readonly Acknowledged[];
  readonly lost: readonly Acknowledged[];
}

/** Which acknowledged records are there, at their offsets. */
export function fateOf(acknowledged: readonly Acknowledged[], read: readonly ReadRecord[]): Fate {
  const found = new Map(read.map((record) => [placeOf(record), String(record.value)]));
  const isKept = (record: Acknowledged): boolean => found.get(placeOf(record)) === record.value;
  return { kept: acknowledged.filter(isKept), lost: acknowledged.filter((record) => !isKept(record)) };
}

/** Every partition must be a beginning of what its producer was told: no gap, nothing else at an offset. */
export function compareHistory(acknowledged: readonly Acknowledged[], read: readonly ReadRecord[]): Comparison {
  const told = new Map(acknowledged.map((record) => [placeOf(record), record.value]));
  const differences: string[] = [];
  const ends = new Map<string, number>();
  for (const record of read.toSorted((a, b) => Number(a.offset) - Number(b.offset))) {
    const partition = `${record.topic}-${record.partition}`;
    const expected = ends.get(partition) ?? 0;
    if (Number(record.offset) !== expected) {
      differences.push(`${partition}: offset ${record.offset} follows ${expected - 1}`);
    }
    ends.set(partition, Number(record.offset) + 1);
    const value = told.get(placeOf(record));
    // A record may be there whose answer was lost with the broker; another one at its offset may not.
    if (value !== undefined && value !== String(record.value)) {
      differences.push(`${placeOf(record)}: another record was acknowledged there`);
    }
  }
  return {
    what: 'each partition is what was written',
    before: count(told.size),
    after: count(read.length),
    differences,
  };
}

/** No record that was acknowledged before the cut may be missing. */
export function compareBeforeCut({ kept, lost }: Fate, cutMs: number): Comparison {
  const broken = lost.filter(({ atMs }) => atMs < cutMs);
  return {
    what: 'acknowledged before the cut',
    before: count([...kept, ...lost].filter(({ atMs }) => atMs < cutMs).length),
    after: count(kept.filter(({ atMs }) => atMs < cutMs).length),
    differences: broken.map((record) => `${placeOf(record)}: acknowledged ${cutMs - record.atMs} ms before the cut`),
  };
}

/** A group never stands behind the end of its partition. */
export function compareOffsets(
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
  ends: ReadonlyMap<string, string>,
): Comparison {
  const differences: string[] = [];
  for (const [name, offset] of after) {
    const partition = name.slice(name.indexOf(' ') + 1);
    const end = Number(ends.get(partition)?.split('..')[1] ?? 0);
    if (Number(offset) > end) differences.push(`${name}: committed ${offset}, the partition ends at ${end}`);
    if (Number(offset) > Number(before.get(name) ?? -1)) differences.push(`${name}: ${offset} was never committed`);
  }
  return {
    what: 'group offsets within their partitions',
    before: count(before.size),
    after: count(after.size),
    differences,
  };
}

function placeOf({ topic, partition, offset }: { topic: string; partition: number; offset: number | string }): string {
  return `${topic}-${partition}@${offset}`;
}

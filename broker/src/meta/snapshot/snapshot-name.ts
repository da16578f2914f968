import { padLong, padNumber } from '../../log/index.ts';
import type { MetadataPosition } from '../image.ts';

const ROOT = 'metadata-snapshots/';
const NAME = /^metadata-snapshots\/(\d+-[0-9a-f]{8})-(\d+)-(\d+)-(\d+)\.snapshot$/;

export interface SnapshotName {
  readonly key: string;
  readonly timeline: string;
  readonly position: MetadataPosition;
  /** Wall clock of whoever wrote it; says nothing about which is newer (hole 16). */
  readonly unixSeconds: number;
}

/** What every snapshot of a timeline starts with; of all timelines if none is given. */
export function snapshotPrefix(timeline?: string): string {
  return timeline === undefined ? ROOT : `${ROOT}${timeline}-`;
}

export function snapshotKey(timeline: string, position: MetadataPosition, unixSeconds: number): string {
  return `${snapshotPrefix(timeline)}${padNumber(position.epoch)}-${padLong(position.slot)}-${unixSeconds}.snapshot`;
}

/** Undefined if the key is not a snapshot's name. Numbers are read as numbers, padded or not (hole 24). */
export function parseSnapshotKey(key: string): SnapshotName | undefined {
  const match = NAME.exec(key);
  if (match === null) return undefined;
  const [, timeline, epoch, slot, unixSeconds] = match;
  return {
    key,
    timeline: timeline!,
    position: { epoch: Number(epoch), slot: Number(slot) },
    unixSeconds: Number(unixSeconds),
  };
}

/** Negative if `a` is the older state: by epoch, then slot, never by clock (hole 16). */
export function comparePositions(a: MetadataPosition, b: MetadataPosition): number {
  return a.epoch - b.epoch || a.slot - b.slot;
}

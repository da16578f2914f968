import type { ClassicGroup } from './classic-group.ts';
import type { CommittedOffset, OffsetKey } from './group-offsets.ts';
import { groupTombstone, offsetTombstone } from './group-records.ts';

/** Writes tombstones for the offsets, also for those that are just being committed: their place in the log is before. */
export async function removeOffsets(group: ClassicGroup, keys: readonly OffsetKey[]): Promise<boolean> {
  if (keys.length === 0) return true;
  const records = keys.map((key) => offsetTombstone(group.groupId, key));
  return group.environment.write(records, () => {
    for (const key of keys) group.offsets.delete(key);
  });
}

/**
 * Deletes an empty group with everything that it stores; `deleted` is called when that is in the bucket. Until then the
 * group is Dead and sends everyone away for a moment.
 */
export async function deleteGroup(group: ClassicGroup, deleted: () => void): Promise<boolean> {
  const records = [...group.offsets.keys()].map((key) => offsetTombstone(group.groupId, key));
  // A group without a generation has never stored any metadata.
  if (group.generationId > 0) records.push(groupTombstone(group.groupId));
  group.happens('deleted');
  group.abandon('COORDINATOR_NOT_AVAILABLE');
  if (records.length > 0) return group.environment.write(records, deleted);
  deleted();
  return true;
}

/**
 * Offsets whose time is over: `offsets.retention.minutes` count from when the group became empty or from the commit,
 * whichever is later, and only while it is empty. An expiry that an old client asked for counts by itself.
 */
export function expiredOffsets(group: ClassicGroup): readonly OffsetKey[] {
  if (group.state !== 'Empty') return [];
  const { clock, options } = group.environment;
  const nowMs = clock.nowMs();
  const emptySinceMs = group.protocolType === null ? -1 : group.stateTimestampMs;
  const isOver = ({ expireTimestampMs, commitTimestampMs }: CommittedOffset): boolean =>
    expireTimestampMs === -1
      ? nowMs - Math.max(commitTimestampMs, emptySinceMs) >= options.offsetsRetentionMs
      : nowMs >= expireTimestampMs;
  return [...group.offsets.keys()].filter((key) => {
    const committed = group.offsets.get(key.topic, key.partition);
    return committed !== undefined && !group.offsets.hasWriteOnTheWay(key) && isOver(committed);
  });
}

/** An empty group that nobody is about to join and that stores nothing is forgotten. */
export function isForgettable(group: ClassicGroup): boolean {
  return group.state === 'Empty' && group.pendingMembers.size === 0 && group.offsets.isEmpty;
}

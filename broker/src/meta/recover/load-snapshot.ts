import { hasCode } from '../../edge/index.ts';
import type { LogContext } from '../../log/index.ts';
import { MetadataCorruptError } from '../errors.ts';
import { decodeSnapshot } from '../snapshot/snapshot-file.ts';
import type { DecodedSnapshot } from '../snapshot/snapshot-file.ts';
import { comparePositions, parseSnapshotKey, snapshotPrefix } from '../snapshot/snapshot-name.ts';
import type { MetadataPosition } from '../image.ts';
import type { SnapshotName } from '../snapshot/snapshot-name.ts';

export interface RejectedSnapshot {
  readonly key: string;
  readonly reason: string;
}

export interface LoadedSnapshot {
  /** Undefined: none that verifies; the log has to be read from its first slot. */
  readonly snapshot: (DecodedSnapshot & { readonly key: string }) | undefined;
  /** Newer ones that did not verify, newest first. */
  readonly rejected: readonly RejectedSnapshot[];
}

/**
 * The newest snapshot of a timeline (`atMost`: not beyond that place) that verifies, by epoch and slot (hole 16). One that is damaged gives way to the one
 * before, whose longer log holds the same. One that cannot be fetched is not absent (hole 18): outages are waited out, and
 * an answer that waiting cannot cure rejects, as does a snapshot that a newer version wrote.
 */
export async function loadNewestSnapshot(
  context: LogContext,
  timeline: string,
  atMost?: MetadataPosition,
): Promise<LoadedSnapshot> {
  const rejected: RejectedSnapshot[] = [];
  for (const name of await listSnapshots(context, timeline)) {
    if (atMost !== undefined && comparePositions(name.position, atMost) > 0) continue;
    try {
      const snapshot = await loadSnapshot(context, name);
      return { snapshot: { ...snapshot, key: name.key }, rejected };
    } catch (error) {
      if (!isSnapshotDamage(error)) throw error;
      const reason = (error as Error).message;
      context.logger.warn('metadata recovery: a snapshot does not verify; taking the one before', { reason });
      rejected.push({ key: name.key, reason });
    }
  }
  return { snapshot: undefined, rejected };
}

/** Snapshots of a timeline, newest state first. */
export async function listSnapshots(context: LogContext, timeline: string): Promise<readonly SnapshotName[]> {
  const names: SnapshotName[] = [];
  for await (const { key } of context.store.listAll(snapshotPrefix(timeline))) {
    const name = parseSnapshotKey(key);
    if (name?.timeline === timeline) names.push(name);
  }
  return names.toSorted((a, b) => comparePositions(b.position, a.position));
}

export async function loadSnapshot(
  context: LogContext,
  { key, timeline, position }: SnapshotName,
): Promise<DecodedSnapshot> {
  const bytes = await context.store.get(key);
  if (bytes === undefined) throw new MetadataCorruptError(`${key} is listed and not there`);
  const snapshot = decodeSnapshot(bytes, key);
  const { image } = snapshot;
  if (image.lineage !== context.lineage) {
    throw new MetadataCorruptError(`${key} belongs to lineage ${image.lineage}, not to ${context.lineage}`);
  }
  if (image.timeline !== timeline || comparePositions(image.position, position) !== 0) {
    throw new MetadataCorruptError(`${key} holds the state of another place than its name says`);
  }
  context.hlc.merge(snapshot.hlc);
  return snapshot;
}

/** The object is there and is not what was written; repeating the read does not help. */
export function isSnapshotDamage(error: unknown): boolean {
  return hasCode(error, 'METADATA_CORRUPT') || hasCode(error, 'STORE_CORRUPT');
}

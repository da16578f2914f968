import { ChronikError } from '../edge/index.ts';
import { KafkaCodecError, ZERO_UUID, decodeGroupRecord } from '../kafka/index.ts';
import type { GroupRecordValue } from '../kafka/index.ts';
import type { CoordinatorShard } from './coordinator-shard.ts';
import type { CommittedOffset } from './group-offsets.ts';
import { restoreGroup } from './group-records.ts';
import type { LoadedRecord, OffsetsPort } from './ports.ts';

/** A record of `__consumer_offsets` that cannot be read. Going on without it could hand out wrong offsets. */
export class OffsetsRecordError extends ChronikError {
  constructor(partition: number, offset: number, cause: unknown) {
    super('OFFSETS_RECORD_UNREADABLE', `Record ${offset} of __consumer_offsets-${partition} cannot be read.`, {
      remedy:
        'Restore the cluster to a time before this record was written, or report it if no other program wrote it.',
      details: { partition, offset },
      cause,
    });
  }
}

/** What loading found. */
export interface LoadSummary {
  readonly records: number;
  /** Records of other kinds of groups, which this coordinator does not serve. */
  readonly skipped: number;
}

/**
 * Reads the whole partition into an empty shard; the last record of each key counts. Groups come to life at the end, with
 * a full session for each member. Throws OffsetsRecordError.
 */
export async function loadShard(shard: CoordinatorShard, port: OffsetsPort): Promise<LoadSummary> {
  const metadata = new Map<string, GroupRecordValue<'GroupMetadata'>>();
  let records = 0;
  let skipped = 0;
  for await (const record of port.load(shard.partition)) {
    if (shard.ended) break;
    records++;
    if (!replay(shard, metadata, record)) skipped++;
  }
  if (shard.ended) return { records, skipped };
  for (const [groupId, value] of metadata) restoreGroup(shard.group(groupId), value);
  for (const group of shard.groups.values()) {
    // Tombstones leave a group behind that was made for its offsets alone.
    if (!metadata.has(group.groupId) && group.offsets.isEmpty) shard.groups.delete(group.groupId);
  }
  return { records, skipped };
}

/** False for a record that means nothing here. */
function replay(
  shard: CoordinatorShard,
  metadata: Map<string, GroupRecordValue<'GroupMetadata'>>,
  record: LoadedRecord,
): boolean {
  if (record.key === null) return false;
  const decoded = decode(shard.partition, record.key, record);
  if (decoded.name === 'OffsetCommit' || decoded.name === 'LegacyOffsetCommit') {
    const { group, ...key } = decoded.key;
    if (decoded.value === null) shard.groups.get(group)?.offsets.delete(key);
    else shard.group(group).offsets.set(key, committedOffset(decoded.value));
    return true;
  }
  if (decoded.name !== 'GroupMetadata') return false;
  if (decoded.value === null) metadata.delete(decoded.key.group);
  else metadata.set(decoded.key.group, decoded.value);
  return true;
}

function decode(partition: number, key: Buffer, { value, offset }: LoadedRecord): ReturnType<typeof decodeGroupRecord> {
  try {
    return decodeGroupRecord(key, value);
  } catch (error) {
    if (error instanceof KafkaCodecError) throw new OffsetsRecordError(partition, offset, error);
    throw error;
  }
}

function committedOffset(
  value: GroupRecordValue<'OffsetCommit'> | GroupRecordValue<'LegacyOffsetCommit'>,
): CommittedOffset {
  const { offset, metadata, commitTimestamp } = value;
  const newer = 'topicId' in value ? value : undefined;
  return {
    offset,
    leaderEpoch: newer?.leaderEpoch ?? -1,
    metadata,
    commitTimestampMs: commitTimestamp,
    expireTimestampMs: newer?.expireTimestamp ?? -1,
    topicId: newer?.topicId ?? ZERO_UUID,
  };
}

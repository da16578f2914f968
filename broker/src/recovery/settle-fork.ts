import type { Clock } from '../edge/index.ts';
import {
  ZERO_UUID,
  buildBatch,
  decodeGroupRecord,
  decodeRecords,
  encodeGroupRecord,
  isControlBatch,
  lastOffsetOf,
} from '../kafka/index.ts';
import type { GroupRecordValue } from '../kafka/index.ts';
import type { DataStream } from '../log/index.ts';
import type { MetadataLog } from '../meta/index.ts';
import type { PartitionLog, PartitionManager } from '../partition/index.ts';
import type { Anomaly } from './report.ts';
import { OFFSETS_TOPIC } from './verify/read-groups.ts';

/** A committed offset that lay behind the end of its partition, and was brought back to it. */
export interface ClampedOffset {
  readonly group: string;
  readonly topic: string;
  readonly partition: number;
  readonly committed: number;
  readonly endOffset: number;
}

export interface SettleContext {
  readonly clock: Clock;
  readonly metadata: MetadataLog;
  readonly partitions: PartitionManager;
  readonly stream: DataStream;
}

type Commit = GroupRecordValue<'OffsetCommit'> | GroupRecordValue<'LegacyOffsetCommit'>;

interface StoredCommit {
  readonly log: PartitionLog;
  readonly key: { readonly group: string; readonly topic: string; readonly partition: number };
  readonly value: Commit;
}

const READ_BYTES = 1024 * 1024;

/**
 * What the first boot of a forked timeline does before it serves anybody (rule 21): offsets that groups committed beyond what the
 * cut holds go back to the end of the partition. Left as they are, the group would skip records that are written there next. A
 * boot that dies on the way is done again by the next: the word that it is settled comes last.
 */
export async function settleFork(context: SettleContext): Promise<readonly ClampedOffset[]> {
  const { metadata, partitions, stream } = context;
  if (metadata.image.isSettled) return [];
  const clamped: ClampedOffset[] = [];
  for (const log of partitions.topic(OFFSETS_TOPIC)?.logs ?? []) {
    if (log === undefined) continue;
    for (const commit of (await readCommits(log)).values()) {
      const { topic, partition } = commit.key;
      const endOffset = partitions.topic(topic)?.logs[partition]?.logEndOffset;
      if (endOffset === undefined || commit.value.offset <= endOffset) continue;
      clamp(context, commit, endOffset);
      clamped.push({ ...commit.key, committed: commit.value.offset, endOffset });
    }
  }
  await stream.flush();
  await metadata.append([{ kind: 'forkSettled' }]);
  return clamped;
}

export function clampAnomalies(clamped: readonly ClampedOffset[]): readonly Anomaly[] {
  return clamped.map(({ group, topic, partition, committed, endOffset }) => ({
    kind: 'offset-clamped',
    what: `${topic}-${partition}`,
    detail: `group ${group} had committed ${committed}; the history ends at ${endOffset}, where it goes on`,
  }));
}

/** The last commit of each group, topic and partition. */
async function readCommits(log: PartitionLog): Promise<ReadonlyMap<string, StoredCommit>> {
  const commits = new Map<string, StoredCommit>();
  let offset = log.logStartOffset;
  while (offset < log.highWatermark) {
    const found = log.read({ offset, maxBytes: READ_BYTES, minOneBatch: true });
    if (found.kind === 'lost') {
      offset = found.range.to;
      continue;
    }
    if (found.kind !== 'batches' && found.kind !== 'cold') break;
    const batches = found.kind === 'cold' ? await found.load() : found.batches;
    for (const batch of batches) {
      if (!isControlBatch(batch)) note(commits, log, batch);
      offset = lastOffsetOf(batch) + 1;
    }
  }
  return commits;
}

function note(commits: Map<string, StoredCommit>, log: PartitionLog, batch: Buffer): void {
  for (const record of decodeRecords(batch)) {
    if (record.key === null) continue;
    const decoded = decodeGroupRecord(record.key, record.value);
    if (decoded.name !== 'OffsetCommit' && decoded.name !== 'LegacyOffsetCommit') continue;
    const { group, topic, partition } = decoded.key;
    const name = JSON.stringify([group, topic, partition]);
    if (decoded.value === null) commits.delete(name);
    else commits.set(name, { log, key: { group, topic, partition }, value: decoded.value });
  }
}

function clamp({ clock }: SettleContext, { log, key, value }: StoredCommit, endOffset: number): void {
  const topicId = 'topicId' in value ? value.topicId : ZERO_UUID;
  const { metadata, commitTimestamp } = value;
  // The leader epoch that was committed may be of a leader beyond the cut.
  const brought = { offset: endOffset, leaderEpoch: -1, metadata, commitTimestamp, expireTimestamp: -1, topicId };
  const record = encodeGroupRecord('OffsetCommit', key, brought, topicId === ZERO_UUID ? 3 : 4);
  const result = log.append(buildBatch({ records: [{ ...record, timestampMs: clock.nowMs() }] }));
  if (result.kind === 'closed') throw result.error;
}

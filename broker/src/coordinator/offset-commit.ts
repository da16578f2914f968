import type { KafkaErrorName } from '../kafka/index.ts';
import type { ClassicGroup } from './classic-group.ts';
import type { CommittedOffset, OffsetKey } from './group-offsets.ts';
import { offsetRecord } from './group-records.ts';
import { conduct } from './group-state.ts';
import { validateGeneration } from './validate-member.ts';

/** Who commits. A consumer that assigns partitions itself sends generation -1, no member id and no instance id. */
export interface Committer {
  readonly memberId: string;
  readonly groupInstanceId: string | null;
  readonly generationId: number;
}

export interface OffsetToCommit {
  readonly key: OffsetKey;
  readonly committed: CommittedOffset;
}

/** Whether the sender may commit now. A member that may has given a sign of life. */
export function admitCommit(group: ClassicGroup, sender: Committer): KafkaErrorName {
  const { state } = group;
  if (state === 'Dead') return 'COORDINATOR_NOT_AVAILABLE';
  // Administrators and consumers without group management, in a group that has no members.
  if (sender.generationId < 0 && state === 'Empty') return 'NONE';
  const simple = sender.generationId < 0 && sender.memberId === '' && sender.groupInstanceId === null;
  if (simple) return 'UNKNOWN_MEMBER_ID';
  const error = validateGeneration(group, sender);
  if (error !== 'NONE') return error;
  const verdict = conduct[state].commit;
  if (verdict === 'NONE') group.members.get(sender.memberId)?.touch();
  return verdict;
}

/** Stores the offsets; they are shown once they are in the bucket. Resolves to false when the partition is lost. */
export async function commitOffsets(group: ClassicGroup, offsets: readonly OffsetToCommit[]): Promise<boolean> {
  const records = offsets.map(({ key, committed }) => offsetRecord(group.groupId, key, committed));
  for (const { key } of offsets) group.offsets.writeStarts(key);
  return group.environment.write(records, () => {
    for (const { key, committed } of offsets) {
      group.offsets.writeEnds(key);
      group.offsets.set(key, committed);
    }
  });
}

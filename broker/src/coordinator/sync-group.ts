import type { ClassicGroup } from './classic-group.ts';
import type { GroupMember } from './group-member.ts';
import { groupMetadataRecord } from './group-records.ts';
import { conduct } from './group-state.ts';
import type { Refusal, SyncOutcome } from './outcomes.ts';
import { validateGeneration } from './validate-member.ts';

/** SyncGroup as the state machine sees it. */
export interface SyncRequest {
  readonly memberId: string;
  readonly groupInstanceId: string | null;
  readonly generationId: number;
  /** Null in versions below 5, which do not send them. */
  readonly protocolType: string | null;
  readonly protocolName: string | null;
  /** From the leader: opaque bytes by member id. */
  readonly assignments: ReadonlyMap<string, Buffer>;
}

export interface SyncAnswer {
  readonly outcome: Promise<SyncOutcome>;
  /** The request writes a slot, whose commit proves that we own the stream (rule 18); other answers need proof. */
  readonly writes: boolean;
}

/** SyncGroup; a member's waits until the leader's assignment is in the bucket. */
export function syncGroup(group: ClassicGroup, request: SyncRequest): SyncAnswer {
  const error = validateGeneration(group, request);
  if (error !== 'NONE') return refused(error);
  const member = group.members.get(request.memberId);
  if (member === undefined) return refused('UNKNOWN_MEMBER_ID');
  const { protocolType, protocolName } = request;
  const strange =
    (protocolType !== null && protocolType !== group.protocolType) ||
    (protocolName !== null && protocolName !== group.protocolName);
  if (strange) return refused('INCONSISTENT_GROUP_PROTOCOL');

  const { sync } = conduct[group.state];
  switch (sync) {
    case 'await-leader':
      return awaitLeader(group, member, request.assignments);
    case 'assignment':
      group.rebalance.syncReceived(member.memberId);
      member.touch();
      return { outcome: Promise.resolve(group.synced(member)), writes: false };
    case 'UNKNOWN_MEMBER_ID':
    case 'REBALANCE_IN_PROGRESS':
    case 'COORDINATOR_NOT_AVAILABLE':
      return refused(sync);
  }
}

function refused(error: Refusal): SyncAnswer {
  return { outcome: Promise.resolve({ error }), writes: false };
}

function awaitLeader(group: ClassicGroup, member: GroupMember, assignments: ReadonlyMap<string, Buffer>): SyncAnswer {
  // A leader that waits has its assignment on the way: sending it again must not store another one behind it.
  const writes = group.isLeader(member.memberId) && !member.awaitsSync;
  const outcome = member.awaitSync();
  group.rebalance.syncReceived(member.memberId);
  if (writes) storeAssignment(group, assignments);
  return { outcome, writes };
}

/** The group is stable, and anyone is told, only when the assignment is in the bucket. */
function storeAssignment(group: ClassicGroup, assignments: ReadonlyMap<string, Buffer>): void {
  const { generationId } = group;
  group.lastStore = group.environment.write([groupMetadataRecord(group, assignments)], () => {
    // Another rebalance may have begun meanwhile; then its members have been told and this assignment is void.
    if (group.state !== 'CompletingRebalance' || group.generationId !== generationId) return;
    for (const member of group.members) member.assignment = assignments.get(member.memberId) ?? Buffer.alloc(0);
    group.happens('assignment-committed');
    for (const member of group.members) {
      if (!member.awaitsSync) continue;
      member.answerSync(group.synced(member));
      member.touch();
    }
  });
}

import type { KafkaErrorName } from '../kafka/index.ts';
import type { ClassicGroup } from './classic-group.ts';
import { validateMember } from './validate-member.ts';

/** Who leaves. An administrator removes a static member by its instance id alone (KIP-345), with an empty member id. */
export interface LeavingMember {
  readonly memberId: string;
  readonly groupInstanceId: string | null;
}

/** Takes one member out. */
export function leaveGroup(group: ClassicGroup, leaving: LeavingMember): KafkaErrorName {
  const { groupInstanceId } = leaving;
  if (group.state === 'Dead') return 'COORDINATOR_NOT_AVAILABLE';
  if (group.forgetPending(leaving.memberId)) {
    group.rebalance.completeJoinIfAllCame();
    return 'NONE';
  }
  const byInstance = leaving.memberId === '' && groupInstanceId !== null;
  const memberId = byInstance ? (group.members.idOfInstance(groupInstanceId) ?? '') : leaving.memberId;
  const error = validateMember(group, memberId, groupInstanceId);
  if (error !== 'NONE') return error;
  const member = group.members.get(memberId);
  if (member === undefined) return 'UNKNOWN_MEMBER_ID';
  group.removeAndRebalance(member, 'UNKNOWN_MEMBER_ID');
  return 'NONE';
}

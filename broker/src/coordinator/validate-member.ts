import type { KafkaErrorName } from '../kafka/index.ts';
import type { ClassicGroup } from './classic-group.ts';

/**
 * Whether the sender is who it says it is: a static member must own its `group.instance.id` (another process that took it
 * over fences it, KIP-345), and any member must be in the group.
 */
export function validateMember(group: ClassicGroup, memberId: string, groupInstanceId: string | null): KafkaErrorName {
  if (groupInstanceId !== null) {
    const owner = group.members.idOfInstance(groupInstanceId);
    if (owner === undefined) return 'UNKNOWN_MEMBER_ID';
    if (owner !== memberId) return 'FENCED_INSTANCE_ID';
  }
  return group.members.get(memberId) === undefined ? 'UNKNOWN_MEMBER_ID' : 'NONE';
}

/** The same, and the member takes part in the current generation. */
export function validateGeneration(
  group: ClassicGroup,
  sender: { readonly memberId: string; readonly groupInstanceId: string | null; readonly generationId: number },
): KafkaErrorName {
  if (group.state === 'Dead') return 'COORDINATOR_NOT_AVAILABLE';
  const error = validateMember(group, sender.memberId, sender.groupInstanceId);
  if (error !== 'NONE') return error;
  return sender.generationId === group.generationId ? 'NONE' : 'ILLEGAL_GENERATION';
}

import type { KafkaErrorName } from '../kafka/index.ts';
import type { ClassicGroup } from './classic-group.ts';
import { conduct } from './group-state.ts';
import { validateGeneration } from './validate-member.ts';

/** Heartbeat: keeps the session of a member of this generation alive, and tells it when to rejoin. */
export function heartbeat(
  group: ClassicGroup,
  sender: { readonly memberId: string; readonly groupInstanceId: string | null; readonly generationId: number },
): KafkaErrorName {
  const error = validateGeneration(group, sender);
  if (error !== 'NONE') return error;
  group.members.get(sender.memberId)?.touch();
  return conduct[group.state].heartbeat;
}

import { KafkaErrors } from '../kafka/index.ts';
import type { KafkaErrorName, RequestOf, ResponseOf } from '../kafka/index.ts';
import type { ClassicGroup } from './classic-group.ts';
import type { GroupRequestContext } from './context.ts';
import type { CoordinatorPartitions, Proof } from './coordinator-partitions.ts';
import { conduct } from './group-state.ts';

/** All groups handled here are of this type (KIP-848 names the types). */
const groupType = 'classic';

/** Kafka's "nothing asked for"; the caller fills in what the principal may do. */
const noAuthorizedOperations = -2_147_483_648;

type DescribedGroup = ResponseOf<'DescribeGroups'>['groups'][number];

const errorOf: Readonly<Record<Proof, KafkaErrorName>> = {
  open: 'NONE',
  fenced: 'NOT_COORDINATOR',
  unsure: 'COORDINATOR_LOAD_IN_PROGRESS',
};

/** DescribeGroups, v0-6; proven (rule 18). */
export async function answerDescribeGroups(
  partitions: CoordinatorPartitions,
  request: RequestOf<'DescribeGroups'>,
  { apiVersion }: GroupRequestContext,
): Promise<ResponseOf<'DescribeGroups'>> {
  const proof = await partitions.prove();
  const groups = request.groups.map((groupId): DescribedGroup => {
    if (groupId === '') return emptyDescription(groupId, { error: 'INVALID_GROUP_ID' });
    const shard = partitions.locate(groupId);
    if (typeof shard === 'string') return emptyDescription(groupId, { error: shard });
    if (proof !== 'open') return emptyDescription(groupId, { error: errorOf[proof] });
    const group = shard.groups.get(groupId);
    if (group !== undefined) return describe(group);
    // Before version 6 a group that does not exist is described as one that is dead (KIP-1043).
    if (apiVersion < 6) return emptyDescription(groupId, { groupState: 'Dead' });
    const errorMessage = `Group ${groupId} not found.`;
    return emptyDescription(groupId, { error: 'GROUP_ID_NOT_FOUND', groupState: 'Dead', errorMessage });
  });
  return { throttleTimeMs: 0, groups };
}

function emptyDescription(
  groupId: string,
  {
    error = 'NONE',
    groupState = '',
    errorMessage = null,
  }: { error?: KafkaErrorName; groupState?: string; errorMessage?: string | null },
): DescribedGroup {
  return {
    errorCode: KafkaErrors[error],
    errorMessage,
    groupId,
    groupState,
    protocolType: '',
    protocolData: '',
    members: [],
    authorizedOperations: noAuthorizedOperations,
  };
}

/** Subscriptions and assignments mean something only while the group is stable. */
function describe(group: ClassicGroup): DescribedGroup {
  const stable = group.state === 'Stable';
  const nothing = Buffer.alloc(0);
  return {
    ...emptyDescription(group.groupId, { groupState: group.state }),
    protocolType: group.protocolType ?? '',
    protocolData: stable ? (group.protocolName ?? '') : '',
    members: Array.from(group.members, (member) => ({
      memberId: member.memberId,
      groupInstanceId: member.identity.groupInstanceId,
      clientId: member.identity.clientId,
      clientHost: member.identity.clientHost,
      memberMetadata: stable ? member.metadataFor(group.protocolName) : nothing,
      memberAssignment: stable ? member.assignment : nothing,
    })),
  };
}

/** ListGroups, v0-5: the groups of this broker, by state and type. */
export function answerListGroups(
  partitions: CoordinatorPartitions,
  request: RequestOf<'ListGroups'>,
): ResponseOf<'ListGroups'> {
  const states = new Set(request.statesFilter.map((state) => state.toLowerCase()));
  const types = new Set(request.typesFilter.map((type) => type.toLowerCase()));
  const isWanted = ({ state }: ClassicGroup): boolean =>
    (states.size === 0 || states.has(state.toLowerCase())) && (types.size === 0 || types.has(groupType));
  return {
    throttleTimeMs: 0,
    errorCode: partitions.isAnyLoading ? KafkaErrors.COORDINATOR_LOAD_IN_PROGRESS : KafkaErrors.NONE,
    groups: Array.from(partitions.groups())
      .filter(isWanted)
      .map((group) => ({
        groupId: group.groupId,
        protocolType: group.protocolType ?? '',
        groupState: group.state,
        groupType,
      })),
  };
}

/** DeleteGroups, v0-3: empty groups go, with all their offsets. */
export async function answerDeleteGroups(
  partitions: CoordinatorPartitions,
  request: RequestOf<'DeleteGroups'>,
): Promise<ResponseOf<'DeleteGroups'>> {
  const results = await Promise.all(
    request.groupsNames.map(async (groupId) => {
      const error = await deleteOne(partitions, groupId);
      const errorMessage = error === 'GROUP_ID_NOT_FOUND' ? `Group ${groupId} not found.` : null;
      return { groupId, errorCode: KafkaErrors[error], errorMessage };
    }),
  );
  return { throttleTimeMs: 0, results };
}

async function deleteOne(partitions: CoordinatorPartitions, groupId: string): Promise<KafkaErrorName> {
  if (groupId === '') return 'INVALID_GROUP_ID';
  const shard = partitions.locate(groupId);
  if (typeof shard === 'string') return shard;
  const group = shard.groups.get(groupId);
  if (group === undefined) return 'GROUP_ID_NOT_FOUND';
  const verdict = conduct[group.state].deletion;
  if (verdict !== 'NONE') return verdict;
  return (await shard.delete(group)) ? 'NONE' : 'NOT_COORDINATOR';
}

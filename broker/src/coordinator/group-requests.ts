import { KafkaErrors } from '../kafka/index.ts';
import type { KafkaErrorName, RequestOf, ResponseOf } from '../kafka/index.ts';
import type { GroupRequestContext } from './context.ts';
import type { CoordinatorPartitions, Proof } from './coordinator-partitions.ts';
import type { CoordinatorShard } from './coordinator-shard.ts';
import type { ClassicGroup } from './classic-group.ts';
import { heartbeat } from './heartbeat.ts';
import { joinGroup } from './join-group.ts';
import type { JoinRequest } from './join-group.ts';
import { leaveGroup } from './leave-group.ts';
import type { JoinOutcome, SyncOutcome } from './outcomes.ts';
import { syncGroup } from './sync-group.ts';
import { ownBytes } from './own-bytes.ts';

/** JoinGroup, v0-9. */
export async function answerJoinGroup(
  partitions: CoordinatorPartitions,
  request: RequestOf<'JoinGroup'>,
  context: GroupRequestContext,
): Promise<ResponseOf<'JoinGroup'>> {
  const { groupId, memberId, sessionTimeoutMs } = request;
  const { apiVersion } = context;
  const refuse = (error: KafkaErrorName): ResponseOf<'JoinGroup'> => joinResponse({ error, memberId }, apiVersion);
  if (groupId === '') return refuse('INVALID_GROUP_ID');
  const shard = partitions.locate(groupId);
  if (typeof shard === 'string') return refuse(shard);
  const { minSessionTimeoutMs, maxSessionTimeoutMs } = shard.options;
  if (sessionTimeoutMs < minSessionTimeoutMs || sessionTimeoutMs > maxSessionTimeoutMs) {
    return refuse('INVALID_SESSION_TIMEOUT');
  }
  const group = memberId === '' ? shard.group(groupId) : shard.groups.get(groupId);
  if (group === undefined) return refuse('UNKNOWN_MEMBER_ID');
  const outcome = await joinGroup(group, joinRequest(request, context));
  if (outcome.error !== 'NONE') {
    shard.dropIfUnused(group);
    return joinResponse(outcome, apiVersion);
  }
  const error = await proveFor(partitions, shard, group, outcome.memberId);
  return error === 'NONE' ? joinResponse(outcome, apiVersion) : refuse(error);
}

function joinRequest(request: RequestOf<'JoinGroup'>, context: GroupRequestContext): JoinRequest {
  const { apiVersion, clientId, clientHost } = context;
  const { memberId, groupInstanceId, protocolType, sessionTimeoutMs } = request;
  return {
    memberId,
    groupInstanceId,
    clientId,
    clientHost,
    protocolType,
    sessionTimeoutMs,
    // Version 0 has only one time-out for both.
    rebalanceTimeoutMs: apiVersion === 0 ? sessionTimeoutMs : request.rebalanceTimeoutMs,
    // Copied: they live as long as the member, and the frame that they point into should not.
    protocols: request.protocols.map(({ name, metadata }) => ({ name, metadata: ownBytes(metadata) })),
    requiresKnownMemberId: apiVersion >= 4,
    supportsSkippingAssignment: apiVersion >= 9,
  };
}

type JoinAnswer = JoinOutcome | { readonly error: KafkaErrorName; readonly memberId: string };

function joinResponse(outcome: JoinAnswer, apiVersion: number): ResponseOf<'JoinGroup'> {
  const joined = 'generationId' in outcome ? outcome : undefined;
  return {
    throttleTimeMs: 0,
    errorCode: KafkaErrors[outcome.error],
    generationId: joined?.generationId ?? -1,
    protocolType: joined?.protocolType ?? null,
    // Null only from version 7 on.
    protocolName: joined?.protocolName ?? (apiVersion >= 7 ? null : ''),
    leader: joined?.leaderId ?? '',
    skipAssignment: joined?.skipAssignment ?? false,
    memberId: outcome.memberId,
    members: joined?.members ?? [],
  };
}

/** SyncGroup, v0-5. */
export async function answerSyncGroup(
  partitions: CoordinatorPartitions,
  request: RequestOf<'SyncGroup'>,
  { apiVersion }: GroupRequestContext,
): Promise<ResponseOf<'SyncGroup'>> {
  const { groupId, memberId, groupInstanceId, generationId, protocolType, protocolName } = request;
  if (groupId === '') return syncResponse({ error: 'INVALID_GROUP_ID' });
  if (apiVersion >= 5 && (protocolType === null || protocolName === null)) {
    return syncResponse({ error: 'INCONSISTENT_GROUP_PROTOCOL' });
  }
  const shard = partitions.locate(groupId);
  // A rebalance that was running is lost with the old coordinator, so its members start over with JoinGroup. Clients
  // do not expect COORDINATOR_LOAD_IN_PROGRESS here; Kafka answers the same.
  if (shard === 'COORDINATOR_LOAD_IN_PROGRESS') return syncResponse({ error: 'REBALANCE_IN_PROGRESS' });
  if (typeof shard === 'string') return syncResponse({ error: shard });
  const group = shard.groups.get(groupId);
  if (group === undefined) return syncResponse({ error: 'UNKNOWN_MEMBER_ID' });
  const assignments = new Map(request.assignments.map((each) => [each.memberId, ownBytes(each.assignment)]));
  const answer = syncGroup(group, { memberId, groupInstanceId, generationId, protocolType, protocolName, assignments });
  const outcome = await answer.outcome;
  if (outcome.error !== 'NONE' || answer.writes) return syncResponse(outcome);
  const error = await proveFor(partitions, shard, group, memberId);
  return syncResponse(error === 'NONE' ? outcome : { error });
}

function syncResponse(outcome: SyncOutcome | { readonly error: KafkaErrorName }): ResponseOf<'SyncGroup'> {
  const synced = 'assignment' in outcome ? outcome : undefined;
  return {
    throttleTimeMs: 0,
    errorCode: KafkaErrors[outcome.error],
    protocolType: synced?.protocolType ?? null,
    protocolName: synced?.protocolName ?? null,
    assignment: synced?.assignment ?? Buffer.alloc(0),
  };
}

const errorOf: Readonly<Record<Proof, KafkaErrorName>> = {
  open: 'NONE',
  fenced: 'NOT_COORDINATOR',
  // Clients look for the coordinator again and retry with the member id that they have.
  unsure: 'COORDINATOR_NOT_AVAILABLE',
};

/** Rule 18 for an answer to a member, whose session does not run while it waits for us. */
async function proveFor(
  partitions: CoordinatorPartitions,
  shard: CoordinatorShard,
  group: ClassicGroup,
  memberId: string,
): Promise<KafkaErrorName> {
  const member = group.members.get(memberId);
  member?.answerStarts();
  try {
    const proof = await partitions.prove();
    return shard.ended ? 'NOT_COORDINATOR' : errorOf[proof];
  } finally {
    member?.answerEnds();
  }
}

/** Heartbeat, v0-4. */
export function answerHeartbeat(
  partitions: CoordinatorPartitions,
  request: RequestOf<'Heartbeat'>,
): ResponseOf<'Heartbeat'> {
  return { throttleTimeMs: 0, errorCode: KafkaErrors[heartbeatError(partitions, request)] };
}

function heartbeatError(partitions: CoordinatorPartitions, request: RequestOf<'Heartbeat'>): KafkaErrorName {
  if (request.groupId === '') return 'INVALID_GROUP_ID';
  const shard = partitions.locate(request.groupId);
  // Every session starts anew when the group is loaded, so the member has lost nothing; Kafka answers the same.
  if (shard === 'COORDINATOR_LOAD_IN_PROGRESS') return 'NONE';
  if (typeof shard === 'string') return shard;
  const group = shard.groups.get(request.groupId);
  return group === undefined ? 'UNKNOWN_MEMBER_ID' : heartbeat(group, request);
}

/** LeaveGroup, v0-5; answered when a group that is empty now is stored as such. */
export async function answerLeaveGroup(
  partitions: CoordinatorPartitions,
  request: RequestOf<'LeaveGroup'>,
  { apiVersion }: GroupRequestContext,
): Promise<ResponseOf<'LeaveGroup'>> {
  const refuse = (error: KafkaErrorName): ResponseOf<'LeaveGroup'> => leaveResponse(error, []);
  if (request.groupId === '') return refuse('INVALID_GROUP_ID');
  const shard = partitions.locate(request.groupId);
  if (typeof shard === 'string') return refuse(shard);
  const group = shard.groups.get(request.groupId);
  if (group?.state === 'Dead') return refuse('COORDINATOR_NOT_AVAILABLE');
  const leaving = apiVersion >= 3 ? request.members : [{ memberId: request.memberId, groupInstanceId: null }];
  const members = leaving.map(({ memberId, groupInstanceId }) => {
    const left = group === undefined ? 'UNKNOWN_MEMBER_ID' : leaveGroup(group, { memberId, groupInstanceId });
    return { memberId, groupInstanceId, errorCode: KafkaErrors[left] };
  });
  if (group?.state === 'Empty' && !(await group.lastStore)) return refuse('NOT_COORDINATOR');
  if (apiVersion >= 3) return leaveResponse('NONE', members);
  return { throttleTimeMs: 0, errorCode: members[0]?.errorCode ?? KafkaErrors.NONE, members: [] };
}

function leaveResponse(error: KafkaErrorName, members: ResponseOf<'LeaveGroup'>['members']): ResponseOf<'LeaveGroup'> {
  return { throttleTimeMs: 0, errorCode: KafkaErrors[error], members };
}

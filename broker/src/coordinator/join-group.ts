import { randomMemberId } from './member-id.ts';
import type { ClassicGroup } from './classic-group.ts';
import { Deadline } from './deadline.ts';
import type { GroupMember, MemberProtocol, MemberTimeouts } from './group-member.ts';
import { groupMetadataRecord } from './group-records.ts';
import { conduct } from './group-state.ts';
import { newMemberJoinTimeoutMs } from './options.ts';
import type { JoinOutcome, Refusal } from './outcomes.ts';
import { validateMember } from './validate-member.ts';

/** JoinGroup as the state machine sees it, without its versions. */
export interface JoinRequest extends MemberTimeouts {
  /** Empty for a new member. */
  readonly memberId: string;
  readonly groupInstanceId: string | null;
  readonly clientId: string;
  readonly clientHost: string;
  readonly protocolType: string;
  readonly protocols: readonly MemberProtocol[];
  /** A new member must come back with the id that it is given (v4, KIP-394), so that retries do not pile up members. */
  readonly requiresKnownMemberId: boolean;
  /** The client understands `skipAssignment` (v9, KIP-814). */
  readonly supportsSkippingAssignment: boolean;
}

/** JoinGroup; resolves when the join phase is over. */
export function joinGroup(group: ClassicGroup, request: JoinRequest): Promise<JoinOutcome> {
  const outcome = admit(group, request);
  group.rebalance.completeJoinIfAllCame();
  return outcome;
}

function admit(group: ClassicGroup, request: JoinRequest): Promise<JoinOutcome> {
  const { memberId } = request;
  if (group.state === 'Dead') return refused('COORDINATOR_NOT_AVAILABLE', memberId);
  if (!hasRoomFor(group, request)) return makeWay(group, memberId);
  if (!supportsProtocols(group, request)) return refused('INCONSISTENT_GROUP_PROTOCOL', memberId);
  if (memberId === '') return admitNew(group, request);
  // Static members are never asked to come back, so a pending id with an instance id is made up.
  const { groupInstanceId } = request;
  const isPending = groupInstanceId === null && group.pendingMembers.has(memberId);
  if (isPending) return addAndRebalance(group, request, memberId);
  const error = validateMember(group, memberId, groupInstanceId);
  if (error !== 'NONE') return refused(error, memberId);
  const member = group.members.get(memberId);
  return member === undefined ? refused('UNKNOWN_MEMBER_ID', memberId) : readmit(group, member, request);
}

function refused(error: Refusal, memberId: string): Promise<JoinOutcome> {
  return Promise.resolve({ error, memberId });
}

/**
 * While members rejoin, those that came first have the places: the size alone may be above the limit already, if the
 * limit was lowered.
 */
function hasRoomFor(group: ClassicGroup, { memberId, groupInstanceId }: JoinRequest): boolean {
  const { state, members } = group;
  const { maxGroupSize } = group.environment.options;
  // A static member that starts again takes the place that it has.
  const knownId = memberId === '' && groupInstanceId !== null ? members.idOfInstance(groupInstanceId) : memberId;
  const member = members.get(knownId ?? '');
  if (state === 'Empty') return true;
  if (state === 'PreparingRebalance') return member?.awaitsJoin === true || members.countAwaitingJoin < maxGroupSize;
  return member !== undefined || members.size < maxGroupSize;
}

function makeWay(group: ClassicGroup, memberId: string): Promise<JoinOutcome> {
  const member = group.members.get(memberId);
  if (member !== undefined) group.remove(member, 'GROUP_MAX_SIZE_REACHED');
  group.forgetPending(memberId);
  return refused('GROUP_MAX_SIZE_REACHED', '');
}

function supportsProtocols(group: ClassicGroup, { protocolType, protocols }: JoinRequest): boolean {
  if (group.state === 'Empty' || group.members.size === 0) return protocolType !== '' && protocols.length > 0;
  return protocolType === group.protocolType && protocols.some(({ name }) => group.members.supportedByAll(name));
}

function admitNew(group: ClassicGroup, request: JoinRequest): Promise<JoinOutcome> {
  const { groupInstanceId, clientId, requiresKnownMemberId, sessionTimeoutMs } = request;
  const { clock, random } = group.environment;
  const memberId = randomMemberId(random, groupInstanceId ?? clientId);
  if (groupInstanceId !== null) {
    const formerId = group.members.idOfInstance(groupInstanceId);
    const former = formerId === undefined ? undefined : group.members.get(formerId);
    if (former !== undefined) return replaceStatic(group, former, memberId, request);
  } else if (requiresKnownMemberId) {
    const deadline = new Deadline(clock, () => {
      group.forgetPending(memberId);
      group.rebalance.completeJoinIfAllCame();
    });
    group.pendingMembers.set(memberId, deadline);
    deadline.set(sessionTimeoutMs);
    return refused('MEMBER_ID_REQUIRED', memberId);
  }
  return addAndRebalance(group, request, memberId);
}

function addAndRebalance(group: ClassicGroup, request: JoinRequest, memberId: string): Promise<JoinOutcome> {
  const { groupInstanceId, clientId, clientHost, protocolType, protocols } = request;
  const identity = { memberId, groupInstanceId, clientId, clientHost };
  const member = group.createMember(identity, timeoutsOf(request), protocols);
  group.rebalance.memberAdded();
  group.add(member, protocolType);
  member.awaitFirstAnswer(newMemberJoinTimeoutMs);
  const outcome = member.awaitJoin();
  group.rebalance.prepare();
  return outcome;
}

/** A known member joins again. */
function readmit(group: ClassicGroup, member: GroupMember, request: JoinRequest): Promise<JoinOutcome> {
  const { rejoin } = conduct[group.state];
  const unchanged = member.hasProtocols(request.protocols);
  switch (rejoin) {
    case 'wait':
      return updateAndRebalance(group, member, request);
    case 'repeat':
      return unchanged ? repeat(group, member) : updateAndRebalance(group, member, request);
    case 'repeat-to-followers':
      // The leader also asks for a rebalance when something outside its subscription changed, such as a topic's partitions.
      return unchanged && !group.isLeader(member.memberId)
        ? repeat(group, member)
        : updateAndRebalance(group, member, request);
    case 'UNKNOWN_MEMBER_ID':
    case 'COORDINATOR_NOT_AVAILABLE':
      return refused(rejoin, member.memberId);
  }
}

function repeat(group: ClassicGroup, member: GroupMember): Promise<JoinOutcome> {
  return Promise.resolve(group.joined(member));
}

function updateAndRebalance(group: ClassicGroup, member: GroupMember, request: JoinRequest): Promise<JoinOutcome> {
  group.members.setProtocols(member, request.protocols);
  member.timeouts = timeoutsOf(request);
  const outcome = member.awaitJoin();
  group.rebalance.prepare();
  return outcome;
}

/**
 * A static member that lost its member id comes back (KIP-345): it takes over its former self, assignment included, and
 * that one is fenced. A stable group goes on without a rebalance as long as the elected protocol stays the same.
 */
function replaceStatic(
  group: ClassicGroup,
  former: GroupMember,
  memberId: string,
  request: JoinRequest,
): Promise<JoinOutcome> {
  const { groupInstanceId, clientId, clientHost, protocols } = request;
  const formerLeaderId = group.leaderId;
  const identity = { memberId, groupInstanceId, clientId, clientHost };
  const member = group.createMember(identity, timeoutsOf(request), protocols);
  member.assignment = former.assignment;
  member.isNew = false;
  group.replace(former, member);
  const outcome = member.awaitJoin();
  member.touch();
  if (group.state === 'Stable' && group.members.electProtocol() === group.protocolName) {
    void storeReplacement(group, member, request.supportsSkippingAssignment, formerLeaderId);
  } else {
    // Also after the join phase: the leader is computing an assignment for the former id.
    group.rebalance.prepare();
  }
  return outcome;
}

/** The new id must be in the bucket before anyone knows it, else the former member could come back with a failover. */
async function storeReplacement(
  group: ClassicGroup,
  member: GroupMember,
  supportsSkippingAssignment: boolean,
  formerLeaderId: string | null,
): Promise<void> {
  const { generationId } = group;
  const assignments = new Map(Array.from(group.members, ({ memberId, assignment }) => [memberId, assignment]));
  group.lastStore = group.environment.write([groupMetadataRecord(group, assignments)], () => undefined);
  const stored = await group.lastStore;
  // Lost partitions refuse everybody, and a rebalance that began meanwhile will answer this member with the others.
  if (!stored || group.state !== 'Stable' || group.generationId !== generationId) return;
  if (!member.awaitsJoin) return;
  const leads = group.isLeader(member.memberId);
  member.answerJoin(
    supportsSkippingAssignment
      ? group.joined(member, { skipAssignment: leads })
      : // An old client that reads its own id as the leader's would compute an assignment that a stable group ignores.
        group.joined(member, { members: [], leaderId: formerLeaderId ?? '' }),
  );
  member.touch();
}

function timeoutsOf({ rebalanceTimeoutMs, sessionTimeoutMs }: JoinRequest): MemberTimeouts {
  return { rebalanceTimeoutMs, sessionTimeoutMs };
}

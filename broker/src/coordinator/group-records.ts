import { ZERO_UUID, encodeGroupRecord } from '../kafka/index.ts';
import type { GroupRecordValue } from '../kafka/index.ts';
import type { ClassicGroup } from './classic-group.ts';
import type { CommittedOffset, OffsetKey } from './group-offsets.ts';
import type { OffsetsRecord } from './ports.ts';
import { ownBytes } from './own-bytes.ts';

/** The newest version before the flexible ones, which is what Kafka writes and what every tool reads. */
const groupMetadataVersion = 3;

const nothing = Buffer.alloc(0);

/** The group as it is in this generation, with the assignment of each member id. */
export function groupMetadataRecord(group: ClassicGroup, assignments: ReadonlyMap<string, Buffer>): OffsetsRecord {
  const { protocolType, generationId, protocolName, leaderId, stateTimestampMs } = group;
  const value = {
    protocolType: protocolType ?? '',
    generation: generationId,
    protocol: protocolName,
    leader: leaderId,
    currentStateTimestamp: stateTimestampMs,
    members: Array.from(group.members, (member) => ({
      ...member.identity,
      rebalanceTimeout: member.timeouts.rebalanceTimeoutMs,
      sessionTimeout: member.timeouts.sessionTimeoutMs,
      subscription: member.metadataFor(protocolName),
      assignment: assignments.get(member.memberId) ?? nothing,
    })),
  };
  return encodeGroupRecord('GroupMetadata', { group: group.groupId }, value, groupMetadataVersion);
}

export function groupTombstone(groupId: string): OffsetsRecord {
  return encodeGroupRecord('GroupMetadata', { group: groupId }, null);
}

export function offsetRecord(groupId: string, key: OffsetKey, committed: CommittedOffset): OffsetsRecord {
  const { offset, leaderEpoch, metadata, commitTimestampMs, expireTimestampMs, topicId } = committed;
  const value = {
    offset,
    leaderEpoch,
    metadata,
    commitTimestamp: commitTimestampMs,
    expireTimestamp: expireTimestampMs,
    topicId,
  };
  return encodeGroupRecord('OffsetCommit', { group: groupId, ...key }, value, offsetVersion(committed));
}

/** Only version 1 has an expiry and only version 4 a topic id; otherwise the newest one that every tool reads. */
function offsetVersion({ expireTimestampMs, topicId }: CommittedOffset): number {
  if (expireTimestampMs !== -1) return 1;
  return topicId === ZERO_UUID ? 3 : 4;
}

export function offsetTombstone(groupId: string, key: OffsetKey): OffsetsRecord {
  return encodeGroupRecord('OffsetCommit', { group: groupId, ...key }, null);
}

/** Puts a new group object into the state that a record says. */
export function restoreGroup(group: ClassicGroup, value: GroupRecordValue<'GroupMetadata'>): void {
  for (const stored of value.members) {
    const { memberId, groupInstanceId, clientId, clientHost, rebalanceTimeout, sessionTimeout } = stored;
    const member = group.createMember(
      { memberId, groupInstanceId, clientId, clientHost },
      // Version 0 has no rebalance time-out; Kafka takes the session's.
      {
        rebalanceTimeoutMs: rebalanceTimeout === -1 ? sessionTimeout : rebalanceTimeout,
        sessionTimeoutMs: sessionTimeout,
      },
      // Only the elected protocol is stored; the rest comes back when the member rejoins.
      value.protocol === null ? [] : [{ name: value.protocol, metadata: ownBytes(stored.subscription) }],
    );
    member.assignment = ownBytes(stored.assignment);
    group.members.add(member);
  }
  group.generationId = value.generation;
  group.protocolType = value.protocolType === '' ? null : value.protocolType;
  group.protocolName = value.protocol;
  group.leaderId = value.leader;
  group.restore(value.members.length === 0 ? 'Empty' : 'Stable', value.currentStateTimestamp);
}

import type { Clock, Logger, Random } from '../edge/index.ts';
import type { Deadline } from './deadline.ts';
import { GroupMember } from './group-member.ts';
import type { MemberIdentity, MemberProtocol, MemberTimeouts } from './group-member.ts';
import { GroupMembers } from './group-members.ts';
import { GroupOffsets } from './group-offsets.ts';
import { nextState } from './group-state.ts';
import type { GroupEvent, GroupState } from './group-state.ts';
import type { CoordinatorOptions } from './options.ts';
import type { Joined, JoinedMember, Refusal, SyncOutcome } from './outcomes.ts';
import type { OffsetsRecord } from './ports.ts';
import { Rebalance } from './rebalance.ts';
import { consumerProtocolType, subscribedTopicsOf } from './subscription.ts';

/** What a group needs from the coordinator partition in which it lives. */
export interface GroupEnvironment {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly options: CoordinatorOptions;
  /**
   * Appends records and calls `committed` when they are in the bucket, in the order of the calls. Resolves to false,
   * without that call, when the partition is lost meanwhile.
   */
  write(records: readonly OffsetsRecord[], committed: () => void): Promise<boolean>;
}

/** A classic group: its state, members and offsets. What happens to it is in the files named after the requests. */
export class ClassicGroup {
  readonly groupId: string;
  readonly environment: GroupEnvironment;
  readonly members = new GroupMembers();
  /** Member ids that were handed out (KIP-394) and have not joined yet, with the end of the wait for them. */
  readonly pendingMembers = new Map<string, Deadline>();
  readonly offsets = new GroupOffsets();
  readonly rebalance: Rebalance;
  generationId = 0;
  /** Null for a group that only stores offsets. */
  protocolType: string | null = null;
  protocolName: string | null = null;
  leaderId: string | null = null;
  /** Wall-clock time of the last change of state; -1 when an old record does not say. */
  stateTimestampMs: number;
  /** Settles with the last write of group metadata. */
  lastStore: Promise<boolean> = Promise.resolve(true);
  #state: GroupState = 'Empty';
  #subscribedTopics: ReadonlySet<string> | undefined;

  constructor(groupId: string, environment: GroupEnvironment) {
    this.groupId = groupId;
    this.environment = environment;
    this.stateTimestampMs = environment.clock.nowMs();
    this.rebalance = new Rebalance(this);
  }

  get state(): GroupState {
    return this.#state;
  }

  /** Takes `event` through the transition table. */
  happens(event: GroupEvent): void {
    const state = nextState(this.#state, event);
    if (state === this.#state) return;
    this.#state = state;
    this.stateTimestampMs = this.environment.clock.nowMs();
  }

  /** Puts a group back into the state in which it was stored; only before anyone sees it. */
  restore(state: 'Empty' | 'Stable', stateTimestampMs: number): void {
    this.#state = state;
    this.stateTimestampMs = stateTimestampMs;
    this.updateSubscribedTopics();
    for (const member of this.members) {
      member.isNew = false;
      member.touch();
    }
  }

  isLeader(memberId: string): boolean {
    return this.leaderId === memberId;
  }

  createMember(identity: MemberIdentity, timeouts: MemberTimeouts, protocols: readonly MemberProtocol[]): GroupMember {
    return new GroupMember(identity, timeouts, protocols, {
      clock: this.environment.clock,
      expired: (member) => this.#sessionExpired(member),
    });
  }

  /** Adds a member; the first one leads. */
  add(member: GroupMember, protocolType: string): void {
    if (this.members.size === 0) this.protocolType = protocolType;
    this.leaderId ??= member.memberId;
    this.members.add(member);
    this.forgetPending(member.memberId);
  }

  /** Puts a static member in the place of its former self, which is fenced. */
  replace(former: GroupMember, member: GroupMember): void {
    const led = this.isLeader(former.memberId);
    this.remove(former, 'FENCED_INSTANCE_ID');
    this.members.add(member);
    if (led) this.leaderId = member.memberId;
  }

  /** Takes a member out and refuses what it waits for. The next generation elects another leader if that was it. */
  remove(member: GroupMember, error: Refusal): void {
    this.members.remove(member);
    this.rebalance.syncReceived(member.memberId);
    member.leave(error);
  }

  /** Takes a member out and lets the others rebalance. */
  removeAndRebalance(member: GroupMember, error: Refusal): void {
    this.remove(member, error);
    this.rebalance.membersChanged();
  }

  forgetPending(memberId: string): boolean {
    this.pendingMembers.get(memberId)?.clear();
    return this.pendingMembers.delete(memberId);
  }

  /** What JoinGroup answers about the current generation. */
  joined(member: GroupMember, overrides: Partial<Joined> = {}): Joined {
    return {
      error: 'NONE',
      memberId: member.memberId,
      generationId: this.generationId,
      protocolType: this.protocolType,
      protocolName: this.protocolName,
      leaderId: this.leaderId ?? '',
      skipAssignment: false,
      members: this.isLeader(member.memberId) ? this.joinedMembers() : [],
      ...overrides,
    };
  }

  joinedMembers(): readonly JoinedMember[] {
    return Array.from(this.members, (member) => ({
      memberId: member.memberId,
      groupInstanceId: member.identity.groupInstanceId,
      metadata: member.metadataFor(this.protocolName),
    }));
  }

  synced(member: GroupMember): SyncOutcome {
    const { protocolType, protocolName } = this;
    return { error: 'NONE', protocolType, protocolName, assignment: member.assignment };
  }

  /** Undefined when the members do not say, or not in a way that we understand. */
  get subscribedTopics(): ReadonlySet<string> | undefined {
    return this.#subscribedTopics;
  }

  /** To be called when a generation begins. */
  updateSubscribedTopics(): void {
    this.#subscribedTopics = this.protocolType === consumerProtocolType ? this.#collectSubscriptions() : undefined;
  }

  /** Stops all timers and refuses everything that waits: the partition is lost or the broker stops. */
  abandon(error: Refusal): void {
    this.rebalance.stop();
    for (const deadline of this.pendingMembers.values()) deadline.clear();
    for (const member of this.members) member.leave(error);
  }

  #collectSubscriptions(): ReadonlySet<string> | undefined {
    const topics = new Set<string>();
    for (const member of this.members) {
      const subscribed = subscribedTopicsOf(member.metadataFor(this.protocolName));
      if (subscribed === undefined) return undefined;
      for (const topic of subscribed) topics.add(topic);
    }
    return topics;
  }

  #sessionExpired(member: GroupMember): void {
    if (member.keptAlive) return;
    const { groupId, environment } = this;
    environment.logger.info('Group member expired', { groupId, memberId: member.memberId });
    this.removeAndRebalance(member, 'UNKNOWN_MEMBER_ID');
  }
}

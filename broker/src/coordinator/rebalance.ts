import type { ClassicGroup } from './classic-group.ts';
import { Deadline } from './deadline.ts';
import { groupMetadataRecord } from './group-records.ts';

/**
 * The two phases of a rebalance. In the join phase all known members send JoinGroup, or are dropped when the slowest
 * member's rebalance time-out has passed; an empty group waits a little longer for members that are just starting. In the
 * sync phase everybody sends SyncGroup within the same time, or is dropped, and the leader's assignment is stored.
 */
export class Rebalance {
  readonly #group: ClassicGroup;
  readonly #joinPhaseEnd: Deadline;
  readonly #syncPhaseEnd: Deadline;
  /** Members of this generation that have not sent SyncGroup. */
  readonly #pendingSync = new Set<string>();
  /** Set in the first join phase of an empty group: how much longer it may still be extended. */
  #initialRestMs: number | undefined;
  #newMemberCame = false;

  constructor(group: ClassicGroup) {
    this.#group = group;
    const { clock } = group.environment;
    this.#joinPhaseEnd = new Deadline(clock, () => this.#joinPhaseEnded());
    this.#syncPhaseEnd = new Deadline(clock, () => this.#syncPhaseEnded());
  }

  /** Begins a join phase unless one is running. */
  prepare(): void {
    const group = this.#group;
    if (group.state === 'PreparingRebalance') return;
    const { initialRebalanceDelayMs } = group.environment.options;
    const wasEmpty = group.state === 'Empty';
    if (group.state === 'CompletingRebalance') this.#cancelSync();
    this.#pendingSync.clear();
    this.#syncPhaseEnd.clear();
    group.happens('rebalance-needed');
    this.#newMemberCame = false;
    this.#initialRestMs = undefined;
    if (wasEmpty) {
      this.#initialRestMs = Math.max(group.members.rebalanceTimeoutMs - initialRebalanceDelayMs, 0);
      this.#joinPhaseEnd.set(initialRebalanceDelayMs);
    } else {
      this.#joinPhaseEnd.set(group.members.rebalanceTimeoutMs);
    }
  }

  /** A member was added: the first join phase of an empty group may be extended for it. */
  memberAdded(): void {
    if (this.#group.state === 'PreparingRebalance') this.#newMemberCame = true;
  }

  /** Members went: the others must rejoin, or the join phase has one fewer to wait for. */
  membersChanged(): void {
    const { state } = this.#group;
    if (state === 'Stable' || state === 'CompletingRebalance') this.prepare();
    this.completeJoinIfAllCame();
  }

  /** Ends the join phase as soon as nobody is missing; the first one of an empty group always takes its time. */
  completeJoinIfAllCame(): void {
    const { state, members, pendingMembers } = this.#group;
    if (state !== 'PreparingRebalance' || this.#initialRestMs !== undefined) return;
    if (members.allAwaitJoin && pendingMembers.size === 0) this.#completeJoin();
  }

  syncReceived(memberId: string): void {
    this.#pendingSync.delete(memberId);
    if (this.#pendingSync.size === 0) this.#syncPhaseEnd.clear();
  }

  stop(): void {
    this.#joinPhaseEnd.clear();
    this.#syncPhaseEnd.clear();
  }

  /** Assignments of a generation that is over mean nothing, and members that wait for one must rejoin. */
  #cancelSync(): void {
    for (const member of this.#group.members) {
      member.assignment = Buffer.alloc(0);
      if (!member.awaitsSync) continue;
      member.answerSync({ error: 'REBALANCE_IN_PROGRESS' });
      member.touch();
    }
  }

  #joinPhaseEnded(): void {
    const restMs = this.#initialRestMs;
    if (restMs !== undefined && restMs > 0 && this.#newMemberCame) {
      const delayMs = Math.min(this.#group.environment.options.initialRebalanceDelayMs, restMs);
      this.#newMemberCame = false;
      this.#initialRestMs = restMs - delayMs;
      this.#joinPhaseEnd.set(delayMs);
      return;
    }
    this.#completeJoin();
  }

  #completeJoin(): void {
    const group = this.#group;
    this.#joinPhaseEnd.clear();
    this.#initialRestMs = undefined;
    for (const member of group.members) {
      // A static member keeps its place until its session ends (KIP-345).
      if (!member.awaitsJoin && !member.isStatic) group.remove(member, 'UNKNOWN_MEMBER_ID');
    }
    if (group.members.size === 0) this.#becomeEmpty();
    else if (this.#electLeader()) this.#beginGeneration();
    // Only static members are left and none has rejoined: wait until they do or their sessions end.
    else this.#joinPhaseEnd.set(group.members.rebalanceTimeoutMs);
  }

  /** A leader that did not rejoin is replaced by one that did. False when nobody did. */
  #electLeader(): boolean {
    const group = this.#group;
    if (group.leaderId !== null && group.members.get(group.leaderId)?.awaitsJoin === true) return true;
    for (const member of group.members) {
      if (!member.awaitsJoin) continue;
      group.leaderId = member.memberId;
      return true;
    }
    return false;
  }

  #becomeEmpty(): void {
    const group = this.#group;
    group.generationId++;
    group.protocolName = null;
    group.leaderId = null;
    group.updateSubscribedTopics();
    group.happens('no-members-left');
    group.lastStore = group.environment.write([groupMetadataRecord(group, new Map())], () => undefined);
  }

  #beginGeneration(): void {
    const group = this.#group;
    group.generationId++;
    group.protocolName = group.members.electProtocol();
    group.updateSubscribedTopics();
    group.happens('members-rejoined');
    for (const member of group.members) {
      member.isNew = false;
      this.#pendingSync.add(member.memberId);
      member.answerJoin(group.joined(member));
      member.touch();
    }
    this.#syncPhaseEnd.set(group.members.rebalanceTimeoutMs);
  }

  #syncPhaseEnded(): void {
    const group = this.#group;
    for (const memberId of this.#pendingSync) {
      const member = group.members.get(memberId);
      if (member !== undefined) group.remove(member, 'UNKNOWN_MEMBER_ID');
    }
    this.membersChanged();
  }
}

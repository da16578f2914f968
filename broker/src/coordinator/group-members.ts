import type { GroupMember, MemberProtocol } from './group-member.ts';

/** The members of a group, in the order in which they came, with the protocols that all of them support. */
export class GroupMembers {
  readonly #byId = new Map<string, GroupMember>();
  readonly #idByInstance = new Map<string, string>();
  readonly #supporters = new Map<string, number>();

  get size(): number {
    return this.#byId.size;
  }

  [Symbol.iterator](): IterableIterator<GroupMember> {
    return this.#byId.values();
  }

  get(memberId: string): GroupMember | undefined {
    return this.#byId.get(memberId);
  }

  /** The member id that currently owns a `group.instance.id`. */
  idOfInstance(groupInstanceId: string): string | undefined {
    return this.#idByInstance.get(groupInstanceId);
  }

  add(member: GroupMember): void {
    this.#byId.set(member.memberId, member);
    const { groupInstanceId } = member.identity;
    if (groupInstanceId !== null) this.#idByInstance.set(groupInstanceId, member.memberId);
    this.#count(member.protocols, 1);
  }

  remove(member: GroupMember): void {
    if (!this.#byId.delete(member.memberId)) return;
    const { groupInstanceId } = member.identity;
    if (groupInstanceId !== null) this.#idByInstance.delete(groupInstanceId);
    this.#count(member.protocols, -1);
  }

  setProtocols(member: GroupMember, protocols: readonly MemberProtocol[]): void {
    this.#count(member.protocols, -1);
    member.protocols = protocols;
    this.#count(protocols, 1);
  }

  /** True when nobody is still to rejoin. */
  get allAwaitJoin(): boolean {
    for (const member of this) if (!member.awaitsJoin) return false;
    return true;
  }

  get countAwaitingJoin(): number {
    let count = 0;
    for (const member of this) if (member.awaitsJoin) count++;
    return count;
  }

  supportedByAll(protocolName: string): boolean {
    return this.#supporters.get(protocolName) === this.size;
  }

  /**
   * The protocol of the next generation: of those that all members support, the one that most of them prefer; between
   * equals, the one that was voted for first.
   */
  electProtocol(): string | null {
    const candidates = new Set<string>();
    for (const [name, count] of this.#supporters) if (count === this.size) candidates.add(name);
    const votes = new Map<string, number>();
    for (const member of this) {
      const vote = member.vote(candidates);
      if (vote !== undefined) votes.set(vote, (votes.get(vote) ?? 0) + 1);
    }
    let elected: string | null = null;
    for (const [name, count] of votes) if (elected === null || count > (votes.get(elected) ?? 0)) elected = name;
    return elected;
  }

  /** The slowest member's rebalance time-out; 0 without members. */
  get rebalanceTimeoutMs(): number {
    let longestMs = 0;
    for (const { timeouts } of this) longestMs = Math.max(longestMs, timeouts.rebalanceTimeoutMs);
    return longestMs;
  }

  #count(protocols: readonly MemberProtocol[], change: 1 | -1): void {
    // A member may name a protocol twice; it still supports it once.
    for (const name of new Set(protocols.map((protocol) => protocol.name))) {
      const count = (this.#supporters.get(name) ?? 0) + change;
      if (count === 0) this.#supporters.delete(name);
      else this.#supporters.set(name, count);
    }
  }
}

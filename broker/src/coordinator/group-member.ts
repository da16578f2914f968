import type { Clock } from '../edge/index.ts';
import { Deadline } from './deadline.ts';
import type { JoinOutcome, Refusal, SyncOutcome } from './outcomes.ts';
import { Waiter } from './waiter.ts';

/** A way to share partitions that a member understands, with what it wants the leader to know (its subscription). */
export interface MemberProtocol {
  readonly name: string;
  readonly metadata: Buffer;
}

export interface MemberIdentity {
  readonly memberId: string;
  /** `group.instance.id` of a static member (KIP-345). */
  readonly groupInstanceId: string | null;
  readonly clientId: string;
  readonly clientHost: string;
}

export interface MemberTimeouts {
  readonly rebalanceTimeoutMs: number;
  readonly sessionTimeoutMs: number;
}

const nothing = Buffer.alloc(0);

/** A member of a classic group. */
export class GroupMember {
  readonly identity: MemberIdentity;
  timeouts: MemberTimeouts;
  /** In the member's order of preference. */
  protocols: readonly MemberProtocol[];
  /** Opaque bytes made by the leader; empty before the first assignment. */
  assignment: Buffer = nothing;
  /** Has never had an answer to JoinGroup, so cannot send heartbeats. */
  isNew = true;
  readonly #session: Deadline;
  #join: Waiter<JoinOutcome> | undefined;
  #sync: Waiter<SyncOutcome> | undefined;
  #answersOnTheirWay = 0;
  #left = false;

  constructor(
    identity: MemberIdentity,
    timeouts: MemberTimeouts,
    protocols: readonly MemberProtocol[],
    session: { readonly clock: Clock; readonly expired: (member: GroupMember) => void },
  ) {
    this.identity = identity;
    this.timeouts = timeouts;
    this.protocols = protocols;
    this.#session = new Deadline(session.clock, () => session.expired(this));
  }

  get memberId(): string {
    return this.identity.memberId;
  }

  get isStatic(): boolean {
    return this.identity.groupInstanceId !== null;
  }

  get awaitsJoin(): boolean {
    return this.#join !== undefined;
  }

  get awaitsSync(): boolean {
    return this.#sync !== undefined;
  }

  /** It is we who keep the member waiting, so its session does not count. A new member may expire while it waits. */
  get keptAlive(): boolean {
    return !this.isNew && (this.awaitsJoin || this.awaitsSync || this.#answersOnTheirWay > 0);
  }

  metadataFor(protocolName: string | null): Buffer {
    return this.protocols.find(({ name }) => name === protocolName)?.metadata ?? nothing;
  }

  /** The same protocols in the same order with the same bytes: nothing that the leader would have to look at. */
  hasProtocols(protocols: readonly MemberProtocol[]): boolean {
    return (
      this.protocols.length === protocols.length &&
      this.protocols.every(({ name, metadata }, i) => {
        const other = protocols[i];
        return other !== undefined && other.name === name && other.metadata.equals(metadata);
      })
    );
  }

  /** The first protocol of this member that everybody supports. */
  vote(candidates: ReadonlySet<string>): string | undefined {
    return this.protocols.find(({ name }) => candidates.has(name))?.name;
  }

  /** A JoinGroup sent again while the first one waits shares its answer. */
  awaitJoin(): Promise<JoinOutcome> {
    this.#join ??= new Waiter();
    return this.#join.promise;
  }

  awaitSync(): Promise<SyncOutcome> {
    this.#sync ??= new Waiter();
    return this.#sync.promise;
  }

  answerJoin(outcome: JoinOutcome): void {
    const waiter = this.#join;
    this.#join = undefined;
    waiter?.answer(outcome);
  }

  answerSync(outcome: SyncOutcome): void {
    const waiter = this.#sync;
    this.#sync = undefined;
    waiter?.answer(outcome);
  }

  /** Answers whatever waits with an error. */
  refuse(error: Refusal): void {
    this.answerJoin({ error, memberId: this.memberId });
    this.answerSync({ error });
  }

  /** A sign of life: the session starts anew. */
  touch(): void {
    if (!this.#left) this.#session.set(this.timeouts.sessionTimeoutMs);
  }

  /** Gives a new member its time to wait for the rebalance. */
  awaitFirstAnswer(timeoutMs: number): void {
    this.#session.set(timeoutMs);
  }

  /** It is no member any more: what waits is refused and no timer runs on. */
  leave(error: Refusal): void {
    this.#left = true;
    this.#session.clear();
    this.refuse(error);
  }

  /** Between `answerStarts` and `answerEnds` an answer waits for its proof (rule 18) and the session does not count. */
  answerStarts(): void {
    this.#answersOnTheirWay++;
  }

  answerEnds(): void {
    this.#answersOnTheirWay--;
    this.touch();
  }
}

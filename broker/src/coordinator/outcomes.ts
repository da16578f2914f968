import type { KafkaErrorName } from '../kafka/index.ts';

/** An error name that is one. */
export type Refusal = Exclude<KafkaErrorName, 'NONE'>;

export interface JoinedMember {
  readonly memberId: string;
  readonly groupInstanceId: string | null;
  readonly metadata: Buffer;
}

export interface Joined {
  readonly error: 'NONE';
  readonly memberId: string;
  readonly generationId: number;
  readonly protocolType: string | null;
  readonly protocolName: string | null;
  readonly leaderId: string;
  /** The leader need not compute an assignment, the group's stands (KIP-814). */
  readonly skipAssignment: boolean;
  /** All members, for the leader; empty for the others. */
  readonly members: readonly JoinedMember[];
}

/** How a JoinGroup ended. */
export type JoinOutcome = Joined | { readonly error: Refusal; readonly memberId: string };

/** How a SyncGroup ended. */
export type SyncOutcome =
  | {
      readonly error: 'NONE';
      readonly protocolType: string | null;
      readonly protocolName: string | null;
      readonly assignment: Buffer;
    }
  | { readonly error: Refusal };

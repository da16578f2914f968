import { InvariantError } from '../edge/index.ts';
import type { KafkaErrorName } from '../kafka/index.ts';

/**
 * The states of a classic group and everything that depends on the state alone.
 *
 *                        rebalance-needed
 *        +-------+ ----------------------------> +--------------------+
 *   ---> | Empty |                               | PreparingRebalance | <------------+
 *        +-------+ <---------------------------- +--------------------+              |
 *            |              no-members-left         |             ^                  |
 *            |                                      |             |                  |
 *            |                     members-rejoined |             | rebalance-needed |
 *            |                                      v             |                  |
 *            | deleted                           +---------------------+             |
 *            |                                   | CompletingRebalance |             |
 *            v                                   +---------------------+             |
 *        +------+                                   |                                |
 *        | Dead |              assignment-committed |                                |
 *        +------+                                   v                                |
 *                                                +--------+      rebalance-needed    |
 *                                                | Stable | -------------------------+
 *                                                +--------+
 *
 * Empty: no members; may hold offsets. PreparingRebalance: waits until all known members have (re)joined.
 * CompletingRebalance: members know their generation and wait for the leader's assignment, which is Stable only once it
 * is in the bucket. Dead: tombstones are on their way, nothing may be added any more.
 */
export type GroupState = 'Empty' | 'PreparingRebalance' | 'CompletingRebalance' | 'Stable' | 'Dead';

export type GroupEvent =
  /** A member came, left, expired or changed its subscription. */
  | 'rebalance-needed'
  /** The join phase ended with at least one member. */
  | 'members-rejoined'
  /** The join phase ended without members. */
  | 'no-members-left'
  /** The leader's assignment of this generation is committed in the bucket. */
  | 'assignment-committed'
  /** Tombstones for everything about the group are being written. */
  | 'deleted';

/** `stays`: the event means nothing here. `never`: it cannot happen, and a bug is stopped before it spreads. */
type Target = GroupState | 'stays' | 'never';

export const transitions: Readonly<Record<GroupState, Readonly<Record<GroupEvent, Target>>>> = {
  Empty: {
    'rebalance-needed': 'PreparingRebalance',
    'members-rejoined': 'never',
    'no-members-left': 'never',
    'assignment-committed': 'stays',
    deleted: 'Dead',
  },
  PreparingRebalance: {
    'rebalance-needed': 'stays',
    'members-rejoined': 'CompletingRebalance',
    'no-members-left': 'Empty',
    'assignment-committed': 'stays',
    deleted: 'never',
  },
  CompletingRebalance: {
    'rebalance-needed': 'PreparingRebalance',
    'members-rejoined': 'never',
    'no-members-left': 'never',
    'assignment-committed': 'Stable',
    deleted: 'never',
  },
  Stable: {
    'rebalance-needed': 'PreparingRebalance',
    'members-rejoined': 'never',
    'no-members-left': 'never',
    'assignment-committed': 'stays',
    deleted: 'never',
  },
  Dead: {
    'rebalance-needed': 'never',
    'members-rejoined': 'never',
    'no-members-left': 'never',
    'assignment-committed': 'stays',
    deleted: 'stays',
  },
};

/** The state after `event`. Throws InvariantError for what cannot happen. */
export function nextState(state: GroupState, event: GroupEvent): GroupState {
  const target = transitions[state][event];
  if (target === 'never') throw new InvariantError(`A group that is ${state} met "${event}".`, { state, event });
  return target === 'stays' ? state : target;
}

/** How a group answers, by its state, a member that is known and of the current generation. */
export interface Conduct {
  /**
   * JoinGroup. `wait`: part of the rebalance that runs. `repeat`: the same subscription again is a lost answer and gets
   * the current generation. `repeat-to-followers`: so it does, but the leader may ask for a rebalance at any time.
   */
  readonly rejoin: 'wait' | 'repeat' | 'repeat-to-followers' | 'UNKNOWN_MEMBER_ID' | 'COORDINATOR_NOT_AVAILABLE';
  /** SyncGroup. */
  readonly sync:
    | 'await-leader'
    | 'assignment'
    | 'UNKNOWN_MEMBER_ID'
    | 'REBALANCE_IN_PROGRESS'
    | 'COORDINATOR_NOT_AVAILABLE';
  readonly heartbeat: KafkaErrorName;
  /** OffsetCommit with a member id. */
  readonly commit: KafkaErrorName;
  /** OffsetDelete, DeleteGroups. */
  readonly deletion: KafkaErrorName;
}

export const conduct: Readonly<Record<GroupState, Conduct>> = {
  Empty: {
    rejoin: 'UNKNOWN_MEMBER_ID',
    sync: 'UNKNOWN_MEMBER_ID',
    heartbeat: 'UNKNOWN_MEMBER_ID',
    commit: 'UNKNOWN_MEMBER_ID',
    deletion: 'NONE',
  },
  PreparingRebalance: {
    rejoin: 'wait',
    sync: 'REBALANCE_IN_PROGRESS',
    heartbeat: 'REBALANCE_IN_PROGRESS',
    // A member finishes its work before it rejoins; the heartbeat's answer tells it to.
    commit: 'NONE',
    deletion: 'NON_EMPTY_GROUP',
  },
  CompletingRebalance: {
    rejoin: 'repeat',
    sync: 'await-leader',
    heartbeat: 'NONE',
    // It knows the new generation but has no assignment of it, so it has nothing to commit yet.
    commit: 'REBALANCE_IN_PROGRESS',
    deletion: 'NON_EMPTY_GROUP',
  },
  Stable: {
    rejoin: 'repeat-to-followers',
    sync: 'assignment',
    heartbeat: 'NONE',
    commit: 'NONE',
    deletion: 'NON_EMPTY_GROUP',
  },
  Dead: {
    rejoin: 'COORDINATOR_NOT_AVAILABLE',
    sync: 'COORDINATOR_NOT_AVAILABLE',
    heartbeat: 'COORDINATOR_NOT_AVAILABLE',
    commit: 'COORDINATOR_NOT_AVAILABLE',
    deletion: 'GROUP_ID_NOT_FOUND',
  },
};

/** Settings of the group coordinator under Kafka's names; times in milliseconds. */
export interface CoordinatorOptions {
  /** `group.initial.rebalance.delay.ms`: how long an empty group waits for more members. */
  readonly initialRebalanceDelayMs: number;
  /** `group.min.session.timeout.ms` */
  readonly minSessionTimeoutMs: number;
  /** `group.max.session.timeout.ms` */
  readonly maxSessionTimeoutMs: number;
  /** `group.max.size` */
  readonly maxGroupSize: number;
  /** `offset.metadata.max.bytes`: limit for the text committed with an offset; Kafka counts UTF-16 units, not bytes. */
  readonly maxOffsetMetadataLength: number;
  /** `offsets.retention.minutes`, in milliseconds. */
  readonly offsetsRetentionMs: number;
  /** `offsets.retention.check.interval.ms` */
  readonly offsetsRetentionCheckIntervalMs: number;
}

const minuteMs = 60_000;

/** Kafka's defaults. */
export const defaultCoordinatorOptions: CoordinatorOptions = {
  initialRebalanceDelayMs: 3_000,
  minSessionTimeoutMs: 6_000,
  maxSessionTimeoutMs: 30 * minuteMs,
  maxGroupSize: 2_147_483_647,
  maxOffsetMetadataLength: 4_096,
  offsetsRetentionMs: 7 * 24 * 60 * minuteMs,
  offsetsRetentionCheckIntervalMs: 10 * minuteMs,
};

/**
 * How long a member that has just joined may wait for the rebalance before it is dropped. Its session does not count
 * yet: it cannot send heartbeats before it has its answer. Kafka's constant.
 */
export const newMemberJoinTimeoutMs = 5 * minuteMs;

/** Limits and defaults under Kafka's names; times in milliseconds, sizes in bytes. */
export interface BrokerLimits {
  /** `socket.request.max.bytes` */
  readonly maxRequestBytes: number;
  /** `max.connections` */
  readonly maxConnections: number;
  /** `connections.max.idle.ms` */
  readonly maxIdleMs: number;
  /** Requests of one connection that may wait for their answer at a time. */
  readonly maxInFlightPerConnection: number;
  /** Batches not yet committed, requests being received and responses not yet sent, together. */
  readonly maxBytesInFlight: number;
  /** Newest batches kept in memory, over all partitions. */
  readonly tailBytes: number;
  /** `fetch.max.bytes` */
  readonly maxFetchBytes: number;
  /** `max.incremental.fetch.session.cache.slots` */
  readonly maxFetchSessions: number;
  /** How long a request waits for the store before it is answered with a retriable error. */
  readonly storeWaitMs: number;
  /** `offsets.topic.num.partitions` */
  readonly offsetsTopicPartitions: number;
  /** `producer.id.expiration.ms` */
  readonly producerIdExpirationMs: number;
}

const MIB = 1024 * 1024;

export const defaultBrokerLimits: BrokerLimits = {
  maxRequestBytes: 100 * MIB,
  maxConnections: 10_000,
  maxIdleMs: 600_000,
  maxInFlightPerConnection: 100,
  maxBytesInFlight: 256 * MIB,
  tailBytes: 256 * MIB,
  maxFetchBytes: 55 * MIB,
  maxFetchSessions: 1_000,
  storeWaitMs: 10_000,
  offsetsTopicPartitions: 50,
  producerIdExpirationMs: 7 * 24 * 3_600_000,
};

import type { CoordinatorOptions } from '../coordinator/index.ts';
import type { Clock, Logger, Random, Transport } from '../edge/index.ts';
import type { DataStream, LocalWal } from '../log/index.ts';
import type { MetadataLog } from '../meta/index.ts';
import type { BrokerPartitions } from './build-partitions.ts';

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
  /** Batches not yet committed and requests being received, together. */
  readonly maxBytesInFlight: number;
  /** Answers being put together and answers not yet sent, together. */
  readonly maxUnsentBytes: number;
  /** Newest batches kept in memory, over all partitions. */
  readonly tailBytes: number;
  /** `fetch.max.bytes` */
  readonly maxFetchBytes: number;
  /** `max.incremental.fetch.session.cache.slots` */
  readonly maxFetchSessions: number;
  /** How long a request waits for the store before it is answered with a retriable error. */
  readonly storeWaitMs: number;
  /** `offsets.commit.timeout.ms`: how long an offset commit waits for the bucket. */
  readonly offsetsCommitTimeoutMs: number;
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
  maxUnsentBytes: 128 * MIB,
  tailBytes: 256 * MIB,
  maxFetchBytes: 55 * MIB,
  maxFetchSessions: 1_000,
  storeWaitMs: 10_000,
  offsetsCommitTimeoutMs: 5_000,
  offsetsTopicPartitions: 50,
  producerIdExpirationMs: 7 * 24 * 3_600_000,
};

/** Everything a broker is made of. Boot has claimed the streams, registered the broker and loaded the partitions. */
export interface BrokerOptions {
  readonly brokerId: number;
  readonly clock: Clock;
  readonly random: Random;
  readonly transport: Transport;
  readonly logger: Logger;
  /** Address to bind; port 0 takes a free one, which is told to the metadata if the registration says port 0 too. */
  readonly listen: { readonly host: string; readonly port: number };
  readonly metadata: MetadataLog;
  /** Its observer should be the local WAL. */
  readonly dataStream: DataStream;
  /** Without it acks=1 waits for the bucket, like acks=all. */
  readonly localWal: LocalWal | undefined;
  /** Made by `buildPartitions`, filled by boot. */
  readonly partitions: BrokerPartitions;
  readonly limits: BrokerLimits;
  /** Values that the settings of the process give, by Kafka's broker configuration names. */
  readonly staticConfigs: ReadonlyMap<string, string>;
  readonly groups?: Partial<CoordinatorOptions>;
  /** Called once when the broker cannot go on (it is fenced, its disk is broken, an invariant fell): the process ends. */
  readonly onFatal: (error: Error) => void;
}

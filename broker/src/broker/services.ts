import type { Clock, Logger, Random } from '../edge/index.ts';
import type { GroupCoordinator } from '../coordinator/index.ts';
import type { ConfigScope, MetadataImage, MetadataLog } from '../meta/index.ts';
import type { PartitionManager } from '../partition/index.ts';
import type { ByteBudget } from '../net/index.ts';
import type { BrokerCounters } from './counters.ts';
import type { FetchSessions } from './fetch-sessions.ts';
import type { LocalAcks } from './local-acks.ts';
import type { BrokerLimits } from './options.ts';
import type { ProducerIds } from './producer-ids.ts';
import type { OpenProof } from './open-proof.ts';
import type { TopicCreation } from './topic-creation.ts';
import type { TopicSettingsCache } from './topic-settings.ts';

/** What handlers work with. One for the life of a broker. */
export interface Services {
  readonly brokerId: number;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly limits: BrokerLimits;
  readonly metadata: MetadataLog;
  readonly partitions: PartitionManager;
  /** What configurations are worked out from; the present metadata unless given. */
  readonly configScope: (image?: MetadataImage) => ConfigScope;
  readonly topicSettings: TopicSettingsCache;
  readonly proof: OpenProof;
  /** Acknowledgements from the local disk; undefined without a local WAL, then acks=1 waits for the bucket. */
  readonly localAcks: LocalAcks | undefined;
  readonly fetchSessions: FetchSessions;
  readonly producerIds: ProducerIds;
  readonly topicCreation: TopicCreation;
  /** Where the data are, for people. */
  readonly storeDescription: string;
  /** Requests being received and batches not yet committed. */
  readonly budget: ByteBudget;
  /** Answers that are put together or not sent yet. */
  readonly answers: ByteBudget;
  readonly counters: BrokerCounters;
  /** Of the groups whose partition of `__consumer_offsets` is led here. */
  readonly coordinator: () => GroupCoordinator;
  /** The broker is stopping: nothing new is written. */
  readonly isStopping: () => boolean;
}

import type { GroupCoordinator } from '../coordinator/index.ts';
import type { ByteBudget } from '../net/index.ts';
import { type ConfigScope, type MetadataImage, topicConfig } from '../meta/index.ts';
import type { BrokerCounters } from './counters.ts';
import { FetchSessions } from './fetch-sessions.ts';
import { LocalAcks } from './local-acks.ts';
import type { OpenProof } from './open-proof.ts';
import type { BrokerOptions } from './options.ts';
import { ProducerIds } from './producer-ids.ts';
import { changeRegistration } from './registration.ts';
import type { Services } from './services.ts';
import { staticConfigsOf } from './static-configs.ts';
import { TopicCreation } from './topic-creation.ts';
import { TopicSettingsCache, topicSettings } from './topic-settings.ts';

/** What only the broker itself can give its handlers. */
export interface OwnServices {
  readonly answers: ByteBudget;
  readonly proof: OpenProof;
  readonly counters: BrokerCounters;
  readonly coordinator: () => GroupCoordinator;
  readonly isStopping: () => boolean;
}

/** Puts together what handlers work with. */
export function buildServices(options: BrokerOptions, own: OwnServices): Services {
  const { brokerId, clock, random, logger, limits, metadata, partitions } = options;
  const scope = (image: MetadataImage = metadata.image): ConfigScope => ({
    image,
    broker: brokerId,
    staticConfigs: staticConfigsOf(options),
  });
  return {
    ...own,
    brokerId,
    clock,
    random,
    logger,
    limits,
    metadata,
    partitions: partitions.manager,
    budget: partitions.budget,
    configScope: scope,
    topicSettings: new TopicSettingsCache((topicId) => {
      const image = metadata.image;
      return topicSettings((name) => topicConfig(scope(image), image.topicById(topicId), name));
    }),
    localAcks: localAcks(options),
    fetchSessions: new FetchSessions(clock, random, limits.maxFetchSessions),
    producerIds: new ProducerIds(metadata, brokerId),
    topicCreation: new TopicCreation({
      metadata,
      clock,
      random,
      logger,
      configScope: scope,
      offsetsTopicPartitions: limits.offsetsTopicPartitions,
      storeWaitMs: limits.storeWaitMs,
    }),
    storeDescription: partitions.storeDescription,
  };
}

function localAcks({ clock, localWal, metadata, brokerId }: BrokerOptions): LocalAcks | undefined {
  if (localWal === undefined) return undefined;
  const current = metadata.image.broker(brokerId)?.diskAcks ?? 'none';
  return new LocalAcks(clock, localWal, current, () => changeRegistration(metadata, brokerId, { diskAcks: 'acks1' }));
}

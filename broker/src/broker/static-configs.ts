import { defaultCoordinatorOptions } from '../coordinator/index.ts';
import { brokerConfigs } from '../meta/index.ts';
import type { BrokerOptions } from './options.ts';

const MINUTE_MS = 60_000;

/**
 * What this broker was started with, under Kafka's names, so that DescribeConfigs tells what really holds. Values that are
 * Kafka's defaults are left out: they are shown as defaults.
 */
export function staticConfigsOf(options: BrokerOptions): ReadonlyMap<string, string> {
  const { brokerId, limits, listen, metadata, staticConfigs } = options;
  const groups = { ...defaultCoordinatorOptions, ...options.groups };
  const registered = metadata.image.broker(brokerId);
  const values: Readonly<Record<string, string | number | undefined>> = {
    'advertised.listeners': registered && `PLAINTEXT://${registered.host}:${registered.port}`,
    'broker.id': brokerId,
    'broker.rack': registered?.rack,
    'connections.max.idle.ms': limits.maxIdleMs,
    'fetch.max.bytes': limits.maxFetchBytes,
    'group.initial.rebalance.delay.ms': groups.initialRebalanceDelayMs,
    'group.max.session.timeout.ms': groups.maxSessionTimeoutMs,
    'group.max.size': groups.maxGroupSize,
    'group.min.session.timeout.ms': groups.minSessionTimeoutMs,
    listeners: `PLAINTEXT://${listen.host}:${listen.port}`,
    'max.connections': limits.maxConnections,
    'max.incremental.fetch.session.cache.slots': limits.maxFetchSessions,
    'node.id': brokerId,
    'offset.metadata.max.bytes': groups.maxOffsetMetadataLength,
    'offsets.retention.check.interval.ms': groups.offsetsRetentionCheckIntervalMs,
    'offsets.retention.minutes': groups.offsetsRetentionMs / MINUTE_MS,
    'offsets.topic.num.partitions': limits.offsetsTopicPartitions,
    'producer.id.expiration.ms': limits.producerIdExpirationMs,
    'socket.request.max.bytes': limits.maxRequestBytes,
  };
  const differing = Object.entries(values).flatMap(([name, value]): [string, string][] => {
    const isDefault = value === undefined || String(value) === brokerConfigs.get(name)?.default;
    return isDefault ? [] : [[name, String(value)]];
  });
  return new Map([...differing, ...staticConfigs]);
}

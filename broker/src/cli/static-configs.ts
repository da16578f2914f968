import type { BrokerLimits } from '../broker/index.ts';
import { defaultCoordinatorOptions } from '../coordinator/index.ts';

export interface ListenerAddresses {
  readonly listen: { readonly host: string; readonly port: number };
  readonly advertised: { readonly host: string; readonly port: number };
}

/** What DescribeConfigs shows of the settings of this process, by Kafka's names for them. */
export function staticConfigs(
  brokerId: number,
  addresses: ListenerAddresses,
  limits: BrokerLimits,
): ReadonlyMap<string, string> {
  const values: Readonly<Record<string, string | number>> = {
    'broker.id': brokerId,
    'node.id': brokerId,
    listeners: listener(addresses.listen),
    'advertised.listeners': listener(addresses.advertised),
    'max.connections': limits.maxConnections,
    'connections.max.idle.ms': limits.maxIdleMs,
    'fetch.max.bytes': limits.maxFetchBytes,
    'max.incremental.fetch.session.cache.slots': limits.maxFetchSessions,
    'offsets.topic.num.partitions': limits.offsetsTopicPartitions,
    'producer.id.expiration.ms': limits.producerIdExpirationMs,
    'socket.request.max.bytes': limits.maxRequestBytes,
    'group.initial.rebalance.delay.ms': defaultCoordinatorOptions.initialRebalanceDelayMs,
  };
  return new Map(Object.entries(values).map(([name, value]) => [name, String(value)]));
}

function listener({ host, port }: { readonly host: string; readonly port: number }): string {
  return `PLAINTEXT://${host}:${port}`;
}

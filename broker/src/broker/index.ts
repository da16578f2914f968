// The door of broker/: a broker put together from the rooms below.
export { Broker, type BrokerState } from './broker.ts';
export { type BrokerPartitions, type BuildPartitionsOptions, buildPartitions } from './build-partitions.ts';
export type { BrokerCounters } from './counters.ts';
export { type BrokerLimits, type BrokerOptions, defaultBrokerLimits } from './options.ts';

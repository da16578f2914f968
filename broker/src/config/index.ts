export { readBrokerConfig, readHttpAddress } from './broker-config.ts';
export type { BrokerConfig } from './broker-config.ts';
export { PRIMARY_STORE, activateStore, storeNamed } from './store-settings.ts';
export type { NamedStoreConfig } from './store-settings.ts';
export { settings } from './settings.ts';
export type { Environment, Setting } from './setting.ts';
export type { ReplicationConfig } from './replication-settings.ts';

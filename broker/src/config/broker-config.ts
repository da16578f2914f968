import { ChronikError } from '../edge/index.ts';
import { readReplication } from './replication-settings.ts';
import type { ReplicationConfig } from './replication-settings.ts';
import { SettingReader } from './setting.ts';
import type { Address, Environment } from './setting.ts';
import { settings } from './settings.ts';
import { PRIMARY_STORE, readStores, storeNamed } from './store-settings.ts';
import type { NamedStoreConfig, StoreConfigs } from './store-settings.ts';

/** All that a broker process is told from outside, checked and typed. */
export interface BrokerConfig {
  readonly brokerId: number;
  readonly dataDirectory: string;
  readonly listen: { readonly host: string; readonly port: number };
  readonly http: { readonly host: string; readonly port: number };
  /** What clients are told; the port is undefined if it follows the listening port. */
  readonly advertised: Address;
  readonly lineage: string | undefined;
  readonly installation: string | undefined;
  readonly onDamage: 'hold' | 'mark-lost';
  readonly primary: NamedStoreConfig;
  readonly replicas: readonly NamedStoreConfig[];
  /** Path of the boot plan; with one, the plan names the active store. */
  readonly bootPlan: string | undefined;
  /** The store that the cluster runs on, by name, if somebody said so. */
  readonly activeStore: string | undefined;
  readonly replication: ReplicationConfig;
  readonly wal: {
    /** Undefined: what suits the store. */
    readonly lingerMs: number | undefined;
    readonly targetBytes: number;
    readonly maxUncommittedBytes: number;
  };
  readonly limits: {
    readonly maxRequestBytes: number;
    readonly maxConnections: number;
    readonly maxIdleMs: number;
    readonly tailBytes: number;
    readonly maxUnsentBytes: number;
  };
  readonly metadata: { readonly uploadIntervalMs: number; readonly heartbeatMs: number };
  readonly log: {
    readonly level: 'debug' | 'info' | 'warn' | 'error';
    readonly format: 'auto' | 'text' | 'json';
    readonly file: string | undefined;
  };
  readonly stopBudgetMs: number;
  /** Where `chronik prepare` writes what it found. */
  readonly terminationLog: string | undefined;
}

/** Where the HTTP endpoints listen: all that it takes to tell what is wrong with the other settings. Throws SETTING_INVALID. */
export function readHttpAddress(environment: Environment, flags: Environment = {}): BrokerConfig['http'] {
  const reader = new SettingReader(environment, flags);
  return { host: reader.text(settings.httpListenHost), port: reader.whole(settings.httpPort) };
}

/**
 * Reads the configuration of a broker: flags over the environment over defaults.
 * Throws ChronikError SETTING_MISSING, SETTING_INVALID or SETTING_CONFLICT, naming the setting and the value.
 */
export function readBrokerConfig(environment: Environment, flags: Environment = {}): BrokerConfig {
  const reader = new SettingReader(environment, flags);
  const advertised = reader.optionalAddress(settings.advertisedAddress);
  const listenHost = reader.optionalText(settings.listenHost) ?? (advertised === undefined ? '127.0.0.1' : '0.0.0.0');
  refuseMetadataOutsideBucket(reader);
  const dataDirectory = reader.text(settings.dataDirectory);
  const stores = readStores(reader, environment, dataDirectory);
  return {
    brokerId: reader.whole(settings.brokerId),
    dataDirectory,
    listen: { host: listenHost, port: reader.whole(settings.port) },
    http: readHttpAddress(environment, flags),
    advertised: advertised ?? { host: advertisableHost(listenHost), port: undefined },
    lineage: reader.optionalText(settings.lineage),
    installation: reader.optionalText(settings.installation),
    onDamage: reader.choice(settings.onDamage, ['hold', 'mark-lost']),
    ...stores,
    bootPlan: reader.optionalText(settings.bootPlan),
    activeStore: readActiveStore(reader, stores),
    replication: readReplication(reader, stores),
    wal: {
      lingerMs: reader.optionalWhole(settings.walLingerMs),
      targetBytes: reader.whole(settings.walTargetBytes),
      maxUncommittedBytes: reader.whole(settings.maxUncommittedBytes),
    },
    limits: {
      maxRequestBytes: reader.whole(settings.socketRequestMaxBytes),
      maxConnections: reader.whole(settings.maxConnections),
      maxIdleMs: reader.whole(settings.connectionsMaxIdleMs),
      tailBytes: reader.whole(settings.tailBytes),
      maxUnsentBytes: reader.whole(settings.maxUnsentBytes),
    },
    metadata: {
      uploadIntervalMs: reader.whole(settings.metadataUploadInterval) * 1000,
      heartbeatMs: reader.whole(settings.metadataHeartbeatMs),
    },
    log: {
      level: reader.choice(settings.logLevel, ['debug', 'info', 'warn', 'error']),
      format: reader.choice(settings.logFormat, ['auto', 'text', 'json']),
      file: reader.optionalText(settings.logFile),
    },
    stopBudgetMs: reader.whole(settings.stopBudgetMs),
    terminationLog: reader.optionalText(settings.terminationLog),
  };
}

/** Clients cannot connect to a wildcard; without an advertised address only this machine is meant. */
function advertisableHost(listenHost: string): string {
  return listenHost === '0.0.0.0' || listenHost === '::' ? '127.0.0.1' : listenHost;
}

function readActiveStore(reader: SettingReader, stores: StoreConfigs): string | undefined {
  const name = reader.optionalText(settings.activeStore);
  if (name === undefined) return undefined;
  if (reader.isSet(settings.bootPlan)) {
    const both = `${settings.activeStore.env} and ${settings.bootPlan.env}`;
    throw new ChronikError('SETTING_CONFLICT', `${both} are both set, and both name the active store`, {
      remedy: `Remove ${settings.activeStore.env}: a boot plan names the store itself.`,
    });
  }
  if (storeNamed(stores, name) === undefined) {
    const known = [PRIMARY_STORE, ...stores.replicas.map((replica) => replica.name)];
    throw reader.badValue(settings.activeStore, name, `one of ${known.join(', ')}`);
  }
  return name;
}

function refuseMetadataOutsideBucket(reader: SettingReader): void {
  if (reader.switch(settings.metadataDr)) return;
  throw new ChronikError(
    'SETTING_INVALID',
    'CHRONIK_METADATA_DR=false: this release keeps metadata in the bucket only',
    {
      remedy: 'Remove the variable. Metadata costs one small object per change and one heartbeat every 10 seconds.',
    },
  );
}

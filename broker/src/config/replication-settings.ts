import { ChronikError } from '../edge/index.ts';
import type { SettingReader } from './setting.ts';
import { settings } from './settings.ts';
import type { NamedStoreConfig, StoreConfigs } from './store-settings.ts';

/** Who brings the bucket's objects to the replica stores. */
export interface ReplicationConfig {
  /** `none`: replica stores only repair damage · `provider`: somebody else copies, Chronik watches · `chronik`: it copies. */
  readonly managedBy: 'none' | 'provider' | 'chronik';
  /** To each replica store; undefined = as fast as it goes. Only of `chronik`. */
  readonly maxBytesPerSecond: number | undefined;
}

/** Reads who replicates. Throws SETTING_INVALID, or SETTING_CONFLICT for what could never do what it says. */
export function readReplication(reader: SettingReader, stores: StoreConfigs): ReplicationConfig {
  const managedBy = reader.choice(settings.replication, settings.replication.type.values);
  const maxBytesPerSecond = reader.optionalWhole(settings.replicationMaxBytesPerSecond);
  const told = `${reader.nameOf(settings.replication)}=${managedBy}`;
  if (managedBy !== 'none' && stores.replicas.length === 0) {
    throw conflict(`${told}, and no replica store is named`, `Name one in ${settings.replicaStores.env}.`);
  }
  if (managedBy !== 'chronik' && maxBytesPerSecond !== undefined) {
    throw conflict(
      `${reader.nameOf(settings.replicationMaxBytesPerSecond)} is set, but with ${told} Chronik copies nothing`,
      `Remove it, or set ${settings.replication.env}=chronik.`,
    );
  }
  if (managedBy === 'provider') stores.replicas.forEach((replica) => refuseOtherNames(stores.primary, replica));
  return { managedBy, maxBytesPerSecond };
}

/** Providers copy an object under the name that it has, so a replica with another prefix never gets one that it looks for. */
function refuseOtherNames(primary: NamedStoreConfig, replica: NamedStoreConfig): void {
  if (primary.backend === 'local' || replica.backend === 'local' || primary.prefix === replica.prefix) return;
  throw conflict(
    `${settings.replication.env}=provider: store "${replica.name}" has the prefix "${replica.prefix}", the primary "${primary.prefix}"`,
    `Providers keep the names of objects: give both the same prefix, or let Chronik copy (${settings.replication.env}=chronik).`,
  );
}

function conflict(message: string, remedy: string): ChronikError {
  return new ChronikError('SETTING_CONFLICT', message, { remedy });
}

import type { GcsCredentials, GcsEncryption, GcsStoreConfig } from '../store/index.ts';
import { endpointText, readBucket, readCommon, readUrl, refuseSeveral, refuseWithout } from './connection-settings.ts';
import type { SettingReader } from './setting.ts';
import { storeSettings as table } from './store-setting-table.ts';

/** Reads the GCS_ settings of one store. */
export function readGcs(name: string, reader: SettingReader): GcsStoreConfig {
  const url = readUrl(reader, table.gcsEndpoint, 'https');
  return {
    name,
    backend: 'gcs',
    bucket: readBucket(reader, table.gcsBucket),
    projectId: reader.optionalText(table.gcsProjectId),
    endpoint: url === undefined ? undefined : endpointText(url),
    credentials: readCredentials(reader, url?.protocol === 'http:'),
    encryption: readEncryption(reader),
    storageClass: reader.optionalChoice(table.gcsStorageClass, table.gcsStorageClass.type.values),
    ...readCommon(reader, table.gcsPrefix),
  };
}

function readCredentials(reader: SettingReader, plain: boolean): GcsCredentials {
  if (plain) {
    refuseWithout(
      reader,
      table.gcsCredentialsFile,
      `credentials are not sent over plain HTTP (${table.gcsEndpoint.env})`,
    );
    return { kind: 'none' };
  }
  const path = reader.optionalText(table.gcsCredentialsFile);
  return path === undefined ? { kind: 'default' } : { kind: 'file', path };
}

function readEncryption(reader: SettingReader): GcsEncryption {
  refuseSeveral(reader, [table.gcsKmsKey, table.gcsCustomerKeyFile]);
  const keyName = reader.optionalText(table.gcsKmsKey);
  if (keyName !== undefined) return { kind: 'kms', keyName };
  const keyFile = reader.optionalText(table.gcsCustomerKeyFile);
  return keyFile === undefined ? { kind: 'bucket-default' } : { kind: 'customer-key', keyFile };
}

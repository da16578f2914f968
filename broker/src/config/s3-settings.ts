import { ChronikError } from '../edge/index.ts';
import type { S3Credentials, S3Encryption, S3StoreConfig } from '../store/index.ts';
import { endpointText, readBucket, readCommon, readUrl, refuseSeveral, refuseWithout } from './connection-settings.ts';
import type { SettingReader } from './setting.ts';
import { storeSettings as table } from './store-setting-table.ts';

/** Reads the S3_ settings of one store. */
export function readS3(name: string, reader: SettingReader): S3StoreConfig {
  const bucket = readBucket(reader, table.s3Bucket);
  // "Directory buckets" list in no order; our paging would skip objects.
  if (bucket.endsWith('--x-s3')) throw reader.badValue(table.s3Bucket, bucket, 'a general purpose bucket');
  const endpoint = readEndpoint(reader);
  const encryption = readEncryption(reader);
  if (encryption.kind === 'customer-key' && endpoint?.startsWith('http:') === true) {
    throw new ChronikError('SETTING_CONFLICT', `${reader.nameOf(table.s3DisableSsl)}: a customer key needs TLS`, {
      remedy: 'S3 takes no customer key over plain HTTP.',
    });
  }
  return {
    name,
    backend: 's3',
    bucket,
    region: endpoint === undefined ? reader.text(table.s3Region) : (reader.optionalText(table.s3Region) ?? 'us-east-1'),
    endpoint,
    pathStyle: reader.isSet(table.s3PathStyle) ? reader.switch(table.s3PathStyle) : endpoint !== undefined,
    credentials: readCredentials(reader),
    encryption,
    storageClass: reader.optionalChoice(table.s3StorageClass, table.s3StorageClass.type.values),
    ...readCommon(reader, table.s3Prefix),
  };
}

/** Plain HTTP only if S3_DISABLE_SSL says so, whatever the URL says: credentials and records would be readable on the way. */
function readEndpoint(reader: SettingReader): string | undefined {
  const plain = reader.switch(table.s3DisableSsl);
  const url = readUrl(reader, table.s3Endpoint, plain ? 'http' : 'https');
  if (url === undefined) {
    if (plain) refuseWithout(reader, table.s3DisableSsl, `${reader.nameOf(table.s3Endpoint)} is not: Amazon has TLS`);
    return undefined;
  }
  if (url.pathname !== '/') throw reader.badValue(table.s3Endpoint, url.href, 'a URL without a path');
  if ((url.protocol === 'http:') === plain) return endpointText(url);
  throw new ChronikError(
    'SETTING_CONFLICT',
    `${reader.nameOf(table.s3Endpoint)}=${url.href} and ${reader.nameOf(table.s3DisableSsl)}=${plain} contradict each other`,
    {
      remedy: plain
        ? 'Use a URL with http://.'
        : `Use https://, or ask for plain HTTP: ${table.s3DisableSsl.env}=true.`,
    },
  );
}

function readCredentials(reader: SettingReader): S3Credentials {
  refuseSeveral(reader, [table.s3AccessKey, table.s3Profile]);
  const profile = reader.optionalText(table.s3Profile);
  if (profile !== undefined) return { kind: 'profile', profile };
  const anyKey = [table.s3AccessKey, table.s3SecretKey, table.s3SessionToken].some((setting) => reader.isSet(setting));
  if (!anyKey) return { kind: 'chain' };
  return {
    kind: 'static',
    accessKeyId: reader.text(table.s3AccessKey),
    secretAccessKey: reader.text(table.s3SecretKey),
    sessionToken: reader.optionalText(table.s3SessionToken),
  };
}

function readEncryption(reader: SettingReader): S3Encryption {
  const kind = reader.choice(table.s3Sse, table.s3Sse.type.values);
  if (kind !== 'aws:kms') refuseWithout(reader, table.s3SseKmsKeyId, `${reader.nameOf(table.s3Sse)} is not aws:kms`);
  if (kind !== 'customer') {
    refuseWithout(reader, table.s3SseCustomerKeyFile, `${reader.nameOf(table.s3Sse)} is not customer`);
  }
  switch (kind) {
    case 'default':
      return { kind: 'bucket-default' };
    case 'AES256':
      return { kind: 'sse-s3' };
    case 'aws:kms':
      return { kind: 'sse-kms', keyId: reader.optionalText(table.s3SseKmsKeyId) };
    case 'customer':
      return { kind: 'customer-key', keyFile: reader.text(table.s3SseCustomerKeyFile) };
  }
}

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readBrokerConfig, settings } from '../../src/config/index.ts';
import type { Environment, NamedStoreConfig } from '../../src/config/index.ts';
import { ChronikError } from '../../src/edge/index.ts';

const s3 = { OBJECT_STORE_BACKEND: 's3', S3_BUCKET: 'b', S3_REGION: 'eu-central-1' };
const gcs = { OBJECT_STORE_BACKEND: 'gcs', GCS_BUCKET: 'b' };
const azure = {
  OBJECT_STORE_BACKEND: 'azure',
  AZURE_ACCOUNT_NAME: 'account',
  AZURE_CONTAINER: 'c',
  AZURE_ACCOUNT_KEY: 'secret-key',
};

function primary(environment: Environment): NamedStoreConfig {
  return readBrokerConfig(environment).primary;
}

function refusal(environment: Environment): ChronikError {
  try {
    readBrokerConfig(environment);
  } catch (error) {
    assert.ok(error instanceof ChronikError);
    assert.notEqual(error.remedy, '', 'a refusal says what to do');
    return error;
  }
  assert.fail('the configuration was accepted');
}

describe('settings of stores', () => {
  test('hole-22: a variable that is missing is an error that names it', () => {
    const cases: readonly [Environment, string][] = [
      [{ ...s3, S3_BUCKET: '' }, 'S3_BUCKET'],
      [{ ...s3, S3_REGION: undefined }, 'S3_REGION'],
      [{ ...s3, S3_ACCESS_KEY: 'id' }, 'S3_SECRET_KEY'],
      [{ ...s3, S3_SECRET_KEY: 'secret' }, 'S3_ACCESS_KEY'],
      [{ ...s3, S3_SESSION_TOKEN: 'token' }, 'S3_ACCESS_KEY'],
      [{ ...s3, S3_SSE: 'customer' }, 'S3_SSE_CUSTOMER_KEY_FILE'],
      [{ OBJECT_STORE_BACKEND: 'gcs' }, 'GCS_BUCKET'],
      [{ ...azure, AZURE_ACCOUNT_NAME: '' }, 'AZURE_ACCOUNT_NAME'],
      [{ ...azure, AZURE_CONTAINER: '' }, 'AZURE_CONTAINER'],
      [{ ...azure, AZURE_ACCOUNT_KEY: '' }, 'AZURE_ACCOUNT_KEY'],
    ];
    for (const [environment, name] of cases) {
      const error = refusal(environment);
      assert.equal(error.code, 'SETTING_MISSING');
      assert.ok(error.message.startsWith(`${name} is not set`), error.message);
    }
  });

  test('S3: all settings arrive', () => {
    const config = primary({
      ...s3,
      S3_ACCESS_KEY: 'id',
      S3_SECRET_KEY: 'secret',
      S3_SESSION_TOKEN: 'token',
      S3_ENDPOINT: 'minio.example:9000',
      S3_PATH_STYLE: 'false',
      S3_PREFIX: '/team/cluster/',
      S3_SSE: 'aws:kms',
      S3_SSE_KMS_KEY_ID: 'key',
      S3_STORAGE_CLASS: 'STANDARD_IA',
      OBJECT_STORE_CA_FILE: '/etc/ca.pem',
      OBJECT_STORE_PROXY: 'http://user:pass@proxy.example:3128',
    });
    assert.deepEqual(config, {
      name: 'primary',
      byDefault: false,
      backend: 's3',
      bucket: 'b',
      region: 'eu-central-1',
      endpoint: 'https://minio.example:9000',
      pathStyle: false,
      credentials: { kind: 'static', accessKeyId: 'id', secretAccessKey: 'secret', sessionToken: 'token' },
      encryption: { kind: 'sse-kms', keyId: 'key' },
      storageClass: 'STANDARD_IA',
      prefix: 'team/cluster',
      caFile: '/etc/ca.pem',
      proxy: 'http://user:pass@proxy.example:3128/',
    });
  });

  test('S3: plain HTTP only if S3_DISABLE_SSL asks for it', () => {
    const plain = primary({ ...s3, S3_ENDPOINT: '127.0.0.1:9000', S3_DISABLE_SSL: 'true' });
    assert.ok(plain.backend === 's3');
    assert.deepEqual([plain.endpoint, plain.pathStyle], ['http://127.0.0.1:9000', true]);
    const same = primary({ ...s3, S3_ENDPOINT: 'http://127.0.0.1:9000', S3_DISABLE_SSL: 'true' });
    assert.ok(same.backend === 's3');
    assert.equal(same.endpoint, plain.endpoint);
    assert.match(refusal({ ...s3, S3_ENDPOINT: 'http://127.0.0.1:9000' }).message, /S3_DISABLE_SSL/);
    assert.match(
      refusal({ ...s3, S3_ENDPOINT: 'https://a.example', S3_DISABLE_SSL: 'true' }).message,
      /S3_DISABLE_SSL/,
    );
    assert.match(refusal({ ...s3, S3_DISABLE_SSL: 'true' }).message, /S3_ENDPOINT/);
  });

  test('S3: without keys, credentials come from a profile or from AWS itself', () => {
    const chain = primary(s3);
    assert.ok(chain.backend === 's3');
    assert.deepEqual([chain.credentials, chain.pathStyle], [{ kind: 'chain' }, false]);
    const profile = primary({ ...s3, S3_PROFILE: 'work' });
    assert.ok(profile.backend === 's3');
    assert.deepEqual(profile.credentials, { kind: 'profile', profile: 'work' });
    const both = { ...s3, S3_PROFILE: 'work', S3_ACCESS_KEY: 'id', S3_SECRET_KEY: 's' };
    assert.equal(refusal(both).code, 'SETTING_CONFLICT');
  });

  test('Google: all settings arrive; the project is no part of a name', () => {
    const config = primary({
      ...gcs,
      GCS_PROJECT_ID: 'project',
      GCS_PREFIX: 'p',
      GCS_CREDENTIALS_FILE: '/key.json',
      GCS_KMS_KEY: 'projects/p/locations/l/keyRings/r/cryptoKeys/k',
      GCS_STORAGE_CLASS: 'STANDARD',
    });
    assert.ok(config.backend === 'gcs');
    assert.equal(config.prefix, 'p');
    assert.equal(config.endpoint, undefined);
    assert.deepEqual(config.credentials, { kind: 'file', path: '/key.json' });
    assert.deepEqual(config.encryption, { kind: 'kms', keyName: 'projects/p/locations/l/keyRings/r/cryptoKeys/k' });
    const emulator = primary({ ...gcs, GCS_ENDPOINT: 'http://127.0.0.1:4443/' });
    assert.ok(emulator.backend === 'gcs');
    assert.deepEqual([emulator.endpoint, emulator.credentials], ['http://127.0.0.1:4443', { kind: 'none' }]);
    const leak = { ...gcs, GCS_ENDPOINT: 'http://gcs.example', GCS_CREDENTIALS_FILE: '/key.json' };
    assert.equal(refusal(leak).code, 'SETTING_CONFLICT');
  });

  test('Azure: account and key, signature, or a connection string', () => {
    const plain = primary({ ...azure, AZURE_PREFIX: 'p' });
    assert.ok(plain.backend === 'azure');
    assert.equal(plain.endpoint, 'https://account.blob.core.windows.net');
    assert.deepEqual(plain.credentials, { kind: 'account-key', key: 'secret-key' });
    const sas = primary({ ...azure, AZURE_ACCOUNT_KEY: undefined, AZURE_SAS_TOKEN: 'sv=1&sig=2' });
    assert.ok(sas.backend === 'azure');
    assert.deepEqual(sas.credentials, { kind: 'sas', token: 'sv=1&sig=2' });
    const text =
      'DefaultEndpointsProtocol=http;AccountName=devaccount;AccountKey=a2V5==;BlobEndpoint=http://127.0.0.1:10000/devaccount;';
    const connected = primary({
      OBJECT_STORE_BACKEND: 'azure',
      AZURE_CONTAINER: 'c',
      AZURE_CONNECTION_STRING: text,
    });
    assert.ok(connected.backend === 'azure');
    assert.equal(connected.account, 'devaccount');
    assert.equal(connected.endpoint, 'http://127.0.0.1:10000/devaccount');
    assert.deepEqual(connected.credentials, { kind: 'account-key', key: 'a2V5==' });
    assert.equal(refusal({ ...azure, AZURE_SAS_TOKEN: 'sig=2' }).code, 'SETTING_CONFLICT');
    assert.equal(refusal({ ...azure, AZURE_CONNECTION_STRING: text }).code, 'SETTING_CONFLICT');
  });

  test('Azure: an identity, by exchange of a token of the cluster or from the machine', () => {
    const base = { ...azure, AZURE_ACCOUNT_KEY: undefined };
    const federated = { ...base, AZURE_FEDERATED_TOKEN_FILE: '/token', AZURE_TENANT_ID: 't', AZURE_CLIENT_ID: 'c' };
    const workload = primary(federated);
    assert.ok(workload.backend === 'azure');
    assert.deepEqual(workload.credentials, {
      kind: 'workload-identity',
      authority: 'https://login.microsoftonline.com',
      tenantId: 't',
      clientId: 'c',
      tokenFile: '/token',
    });
    const managed = primary({ ...base, AZURE_MANAGED_IDENTITY: 'true' });
    assert.ok(managed.backend === 'azure');
    const endpoint = 'http://169.254.169.254';
    assert.deepEqual(managed.credentials, { kind: 'managed-identity', endpoint, clientId: undefined });
    assert.equal(refusal({ ...federated, AZURE_CLIENT_ID: '' }).code, 'SETTING_MISSING');
    assert.equal(refusal({ ...federated, AZURE_MANAGED_IDENTITY: 'true' }).code, 'SETTING_CONFLICT');
    assert.equal(refusal({ ...azure, AZURE_FEDERATED_TOKEN_FILE: '/token' }).code, 'SETTING_CONFLICT');
    assert.equal(refusal({ ...azure, AZURE_MANAGED_IDENTITY: 'true' }).code, 'SETTING_CONFLICT');
    // A token is as good as a password.
    assert.equal(refusal({ ...federated, AZURE_AUTHORITY_HOST: 'http://login.test' }).code, 'SETTING_INVALID');
    assert.equal(refusal({ ...federated, AZURE_ENDPOINT: 'http://127.0.0.1:1/account' }).code, 'SETTING_INVALID');
  });

  test('values that cannot be right are refused, by name', () => {
    const cases: readonly [Environment, string][] = [
      [{ ...s3, S3_BUCKET: 's3://bucket' }, 'S3_BUCKET'],
      [{ ...s3, S3_BUCKET: 'express--use1-az4--x-s3' }, 'S3_BUCKET'],
      [{ ...s3, S3_PREFIX: 'a/../b' }, 'S3_PREFIX'],
      [{ ...s3, S3_PREFIX: '.hidden' }, 'S3_PREFIX'],
      [{ ...s3, S3_PREFIX: 'a\\b' }, 'S3_PREFIX'],
      [{ ...s3, S3_ENDPOINT: 'ftp://host' }, 'S3_ENDPOINT'],
      [{ ...s3, S3_ENDPOINT: 'https://host/path' }, 'S3_ENDPOINT'],
      [{ ...s3, S3_PATH_STYLE: 'maybe' }, 'S3_PATH_STYLE'],
      [{ ...s3, S3_SSE: 'rot13' }, 'S3_SSE'],
      [{ ...s3, S3_STORAGE_CLASS: 'GLACIER' }, 'S3_STORAGE_CLASS'],
      [{ ...s3, S3_SSE_KMS_KEY_ID: 'key' }, 'S3_SSE_KMS_KEY_ID'],
      [{ ...azure, AZURE_ACCOUNT_NAME: 'Account!' }, 'AZURE_ACCOUNT_NAME'],
      [{ ...azure, AZURE_ACCESS_TIER: 'Archive' }, 'AZURE_ACCESS_TIER'],
    ];
    for (const [environment, name] of cases) assert.ok(refusal(environment).message.includes(name), name);
  });

  test('no secret is in a refusal', () => {
    const secrets: readonly Environment[] = [
      { ...azure, AZURE_CONNECTION_STRING: 'AccountKey=hidden-secret' },
      { OBJECT_STORE_BACKEND: 'azure', AZURE_CONTAINER: 'c', AZURE_CONNECTION_STRING: 'AccountKey=hidden-secret' },
      { ...s3, OBJECT_STORE_PROXY: 'hidden-secret' },
      { ...s3, S3_ENDPOINT: 'https://user:hidden-secret@host' },
    ];
    for (const environment of secrets) {
      const { message, remedy, details } = refusal(environment);
      assert.doesNotMatch(message + remedy + JSON.stringify(details), /hidden-secret/);
    }
  });

  test('a replica has all settings of a primary, under its own prefix, and complains by that name', () => {
    const east = 'CHRONIK_REPLICA_EAST_';
    const replica = {
      CHRONIK_REPLICA_STORES: 'east',
      [`${east}OBJECT_STORE_BACKEND`]: 's3',
      [`${east}S3_BUCKET`]: 'east',
      [`${east}S3_REGION`]: 'us-east-1',
    };
    const [config] = readBrokerConfig(replica).replicas;
    assert.ok(config?.backend === 's3');
    assert.deepEqual([config.name, config.bucket, config.region], ['east', 'east', 'us-east-1']);
    assert.match(
      refusal({ ...replica, [`${east}S3_BUCKET`]: '' }).message,
      /^CHRONIK_REPLICA_EAST_S3_BUCKET is not set/,
    );
    // The primary's settings are not a replica's.
    const borrowed = { ...s3, ...replica, [`${east}S3_REGION`]: undefined };
    assert.match(refusal(borrowed).message, /^CHRONIK_REPLICA_EAST_S3_REGION/);
  });

  test('two stores in one bucket must not lie inside one another', () => {
    const replica = (prefix: string): Environment => ({
      ...s3,
      S3_PREFIX: 'a',
      CHRONIK_REPLICA_STORES: 'east',
      CHRONIK_REPLICA_EAST_OBJECT_STORE_BACKEND: 's3',
      CHRONIK_REPLICA_EAST_S3_BUCKET: 'b',
      CHRONIK_REPLICA_EAST_S3_REGION: 'eu-central-1',
      CHRONIK_REPLICA_EAST_S3_PREFIX: prefix,
    });
    for (const prefix of ['a', 'a/b', '']) assert.equal(refusal(replica(prefix)).code, 'SETTING_CONFLICT', prefix);
    assert.equal(readBrokerConfig(replica('ab')).replicas.length, 1);
  });

  test('every secret is marked as one', () => {
    // The name of a file is none, whatever is in it.
    const secret = Object.values(settings).filter(({ env }) =>
      /(SECRET|TOKEN|ACCOUNT_KEY|CONNECTION_STRING|PROXY)(?!_FILE)/.test(env),
    );
    assert.equal(secret.length, 6);
    for (const setting of secret) assert.ok('secret' in setting && setting.secret, setting.env);
  });
});

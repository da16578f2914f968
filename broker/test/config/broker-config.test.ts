import assert from 'node:assert/strict';
import { test } from 'node:test';
import { activateStore, readBrokerConfig } from '../../src/config/index.ts';
import type { Environment, NamedStoreConfig } from '../../src/config/index.ts';
import { ChronikError } from '../../src/edge/index.ts';

function refusal(environment: Environment, flags: Environment = {}): ChronikError {
  try {
    readBrokerConfig(environment, flags);
  } catch (error) {
    assert.ok(error instanceof ChronikError);
    assert.notEqual(error.remedy, '', 'a refusal says what to do');
    return error;
  }
  assert.fail('the configuration was accepted');
}

function pathOf(store: NamedStoreConfig): string {
  assert.ok(store.backend === 'local');
  return store.path;
}

test('without any setting: a local bucket beside the data directory, loopback, port 9092', () => {
  const config = readBrokerConfig({});
  assert.equal(config.primary.byDefault, true);
  assert.equal(pathOf(config.primary), './bucket');
  assert.equal(config.dataDirectory, './data');
  assert.deepEqual(config.listen, { host: '127.0.0.1', port: 9092 });
  assert.deepEqual(config.advertised, { host: '127.0.0.1', port: undefined });
});

test('a flag wins over the environment', () => {
  const config = readBrokerConfig({ CHRONIK_PORT: '1000' }, { port: '2000' });
  assert.equal(config.listen.port, 2000);
});

test('an advertised address opens the listener to other machines', () => {
  const config = readBrokerConfig({ CHRONIK_ADVERTISED_ADDR: 'kafka.example:19092' });
  assert.deepEqual(config.advertised, { host: 'kafka.example', port: 19_092 });
  assert.equal(config.listen.host, '0.0.0.0');
  assert.deepEqual(readBrokerConfig({ CHRONIK_ADVERTISED_ADDR: '[::1]:1' }).advertised, { host: '::1', port: 1 });
});

test('hole-22: an unknown backend is an error, never a local directory', () => {
  const error = refusal({ OBJECT_STORE_BACKEND: 'ftp' });
  assert.equal(error.code, 'UNKNOWN_BACKEND');
  assert.match(error.message, /OBJECT_STORE_BACKEND.*"ftp"/);
});

test('a bucket inside the data directory, around it, or equal to it is refused', () => {
  const nested = [
    { LOCAL_STORAGE_PATH: './data/bucket' },
    { LOCAL_STORAGE_PATH: '.' },
    { LOCAL_STORAGE_PATH: './data' },
  ];
  for (const environment of nested) assert.equal(refusal(environment).code, 'SETTING_CONFLICT');
  assert.equal(pathOf(readBrokerConfig({ LOCAL_STORAGE_PATH: './data-bucket' }).primary), './data-bucket');
});

test('numbers out of range, and what is no number, name the setting and the value', () => {
  for (const value of ['70000', '-1', '9e3', 'port', '1.5']) {
    const error = refusal({ CHRONIK_PORT: value });
    assert.equal(error.code, 'SETTING_INVALID');
    assert.ok(error.message.includes('CHRONIK_PORT') && error.message.includes(`"${value}"`), error.message);
  }
});

test('metadata outside the bucket is refused, because this release cannot do it', () => {
  assert.match(refusal({ CHRONIK_METADATA_DR: 'false' }).message, /CHRONIK_METADATA_DR=false/);
});

test('several stores can be named; each replica needs its own variables', () => {
  const config = readBrokerConfig({
    CHRONIK_REPLICA_STORES: 'east,far-west',
    CHRONIK_REPLICA_EAST_OBJECT_STORE_BACKEND: 'local',
    CHRONIK_REPLICA_EAST_LOCAL_STORAGE_PATH: './east',
    CHRONIK_REPLICA_FAR_WEST_OBJECT_STORE_BACKEND: 'local',
    CHRONIK_REPLICA_FAR_WEST_LOCAL_STORAGE_PATH: './west',
  });
  assert.deepEqual(
    config.replicas.map((store) => [store.name, pathOf(store)]),
    [
      ['east', './east'],
      ['far-west', './west'],
    ],
  );
  const missing = refusal({ CHRONIK_REPLICA_STORES: 'east' });
  assert.equal(missing.code, 'SETTING_MISSING');
  assert.match(missing.message, /CHRONIK_REPLICA_EAST_OBJECT_STORE_BACKEND/);
});

test('two names for one store are refused', () => {
  const error = refusal({
    CHRONIK_REPLICA_STORES: 'east',
    CHRONIK_REPLICA_EAST_OBJECT_STORE_BACKEND: 'local',
    CHRONIK_REPLICA_EAST_LOCAL_STORAGE_PATH: './bucket/',
  });
  assert.equal(error.code, 'SETTING_CONFLICT');
});

const EAST = {
  CHRONIK_REPLICA_STORES: 'east',
  CHRONIK_REPLICA_EAST_OBJECT_STORE_BACKEND: 'local',
  CHRONIK_REPLICA_EAST_LOCAL_STORAGE_PATH: './east',
};

test('the active store is the primary unless another is named, and the others are then its replicas', () => {
  const config = readBrokerConfig(EAST);
  assert.equal(config.activeStore, undefined);
  assert.equal(readBrokerConfig({ ...EAST, CHRONIK_ACTIVE_STORE: 'east' }).activeStore, 'east');
  const stores = activateStore(config, 'east');
  assert.equal(stores?.primary.name, 'east');
  assert.deepEqual(
    stores.replicas.map(({ name }) => name),
    ['primary'],
  );
  assert.equal(activateStore(config, 'west'), undefined);
});

test('an active store that is not configured is refused, and so are two words on it', () => {
  const unknown = refusal({ ...EAST, CHRONIK_ACTIVE_STORE: 'west' });
  assert.equal(unknown.code, 'SETTING_INVALID');
  assert.match(unknown.message, /CHRONIK_ACTIVE_STORE: "west" is not one of primary, east/);
  const twice = refusal({ ...EAST, CHRONIK_ACTIVE_STORE: 'east', CHRONIK_BOOT_PLAN: '/plan.json' });
  assert.equal(twice.code, 'SETTING_CONFLICT');
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readBrokerConfig } from '../../src/config/index.ts';
import type { Environment } from '../../src/config/index.ts';
import { ChronikError } from '../../src/edge/index.ts';

const EAST = {
  CHRONIK_REPLICA_STORES: 'east',
  CHRONIK_REPLICA_EAST_OBJECT_STORE_BACKEND: 's3',
  CHRONIK_REPLICA_EAST_S3_BUCKET: 'east',
  CHRONIK_REPLICA_EAST_S3_REGION: 'us-east-1',
};

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

test('without a word nobody replicates', () => {
  assert.deepEqual(readBrokerConfig(EAST).replication, { managedBy: 'none', maxBytesPerSecond: undefined });
});

test('who replicates, and how fast', () => {
  const limited = { ...EAST, CHRONIK_REPLICATION: 'chronik', CHRONIK_REPLICATION_MAX_BYTES_PER_SECOND: '1000000' };
  assert.deepEqual(readBrokerConfig(limited).replication, { managedBy: 'chronik', maxBytesPerSecond: 1_000_000 });
  // Another provider, another prefix: Chronik can copy there.
  assert.equal(readBrokerConfig({ ...EAST, CHRONIK_REPLICATION: 'chronik' }).replication.managedBy, 'chronik');
});

test('what could never do what it says is refused', () => {
  const primary = { OBJECT_STORE_BACKEND: 's3', S3_BUCKET: 'b', S3_REGION: 'eu-central-1', S3_PREFIX: 'cluster' };
  const cases: readonly [Environment, string][] = [
    [{ CHRONIK_REPLICATION: 'chronik' }, 'no replica store is named'],
    [{ CHRONIK_REPLICATION: 'provider' }, 'no replica store is named'],
    [{ ...EAST, CHRONIK_REPLICATION_MAX_BYTES_PER_SECOND: '1000000' }, 'Chronik copies nothing'],
    [{ ...primary, ...EAST, CHRONIK_REPLICATION: 'provider' }, 'prefix'],
  ];
  for (const [environment, told] of cases) {
    const error = refusal(environment);
    assert.equal(error.code, 'SETTING_CONFLICT');
    assert.ok(error.message.includes(told), error.message);
  }
  assert.equal(refusal({ ...EAST, CHRONIK_REPLICATION: 'Chronik' }).code, 'SETTING_INVALID');
  const same = { ...primary, ...EAST, CHRONIK_REPLICA_EAST_S3_PREFIX: 'cluster', CHRONIK_REPLICATION: 'provider' };
  assert.equal(readBrokerConfig(same).replication.managedBy, 'provider');
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApiKeys, KafkaErrors } from '../../src/kafka/index.ts';
import { withBroker } from './test-broker.ts';

const THROTTLES = [
  'leader.replication.throttled.rate',
  'follower.replication.throttled.rate',
  'replica.alter.log.dirs.io.max.bytes.per.second',
];
const [BROKER, SET, DELETE] = [4, 0, 1];

test('throttles that do not exist here can be removed, as kafka-reassign-partitions does, but not set', () =>
  withBroker(async (_, client) => {
    const alter = async (configOperation: number, value: string | null) => {
      const configs = THROTTLES.map((name) => ({ name, configOperation, value }));
      const resources = [{ resourceType: BROKER, resourceName: '0', configs }];
      const { responses } = await client.send(ApiKeys.IncrementalAlterConfigs, 1, { resources, validateOnly: false });
      return responses.map(({ errorCode }) => errorCode);
    };
    assert.deepEqual(await alter(DELETE, null), [KafkaErrors.NONE]);
    assert.deepEqual(await alter(SET, '1000'), [KafkaErrors.INVALID_CONFIG]);
  }));

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { brokerConfigs } from '../../src/meta/config-defs/broker-configs.ts';
import { invalidConfigValue } from '../../src/meta/config-defs/config-def.ts';
import {
  brokerConfig,
  describeBrokerConfigs,
  describeDefaultBrokerConfigs,
  describeTopicConfigs,
  topicConfig,
} from '../../src/meta/config-defs/effective.ts';
import { topicConfigs } from '../../src/meta/config-defs/topic-configs.ts';
import { created, imageOf, registered, topicId } from './support/history.ts';

const image = imageOf([
  registered(0, 1),
  {
    ...created('orders', topicId(1), 0, 1),
    kind: 'topicCreated',
    name: 'orders',
    topicId: topicId(1),
    partitions: [{ replicas: [0], leader: 0, streamEpoch: 1 }],
    configs: new Map([['max.message.bytes', '5']]),
  },
  { kind: 'brokerConfigsChanged', broker: undefined, changes: new Map([['message.max.bytes', '6']]) },
]);
const scope = { image, broker: 0, staticConfigs: new Map([['listeners', 'PLAINTEXT://:9092']]) };

describe('tables of configurations', () => {
  test('every default is a valid value of its own definition', () => {
    for (const def of [...topicConfigs.values(), ...brokerConfigs.values()]) {
      if (def.default !== undefined) assert.equal(invalidConfigValue(def, def.default), undefined, def.name);
      assert.notEqual(def.doc, '');
    }
  });

  test('all of Kafka’s topic configurations are there, and each default has the broker’s name for it', () => {
    assert.equal(topicConfigs.size, 33);
    for (const def of topicConfigs.values()) {
      if (def.brokerName !== undefined) assert.equal(brokerConfigs.get(def.brokerName)?.default, def.default);
    }
  });

  test('nothing is deleted by time or size, and the defaults say so', () => {
    assert.equal(topicConfigs.get('retention.ms')?.default, '-1');
    assert.equal(brokerConfigs.get('log.retention.ms')?.default, '-1');
  });
});

describe('describing configurations', () => {
  test('a topic’s own value comes first, with what would hold without it', () => {
    const config = describeTopicConfigs(scope, image.topic('orders')!).find(({ name }) => name === 'max.message.bytes');
    assert.deepEqual(config?.synonyms, [
      { name: 'max.message.bytes', value: '5', source: 'DYNAMIC_TOPIC_CONFIG' },
      { name: 'message.max.bytes', value: '6', source: 'DYNAMIC_DEFAULT_BROKER_CONFIG' },
      { name: 'message.max.bytes', value: '1048588', source: 'DEFAULT_CONFIG' },
    ]);
    assert.deepEqual([config?.value, config?.source], ['5', 'DYNAMIC_TOPIC_CONFIG']);
  });

  test('a broker shows what its settings say, and no value where there is none', () => {
    const configs = new Map(describeBrokerConfigs(scope).map((config) => [config.name, config]));
    assert.equal(configs.get('listeners')?.source, 'STATIC_BROKER_CONFIG');
    assert.equal(configs.get('broker.rack')?.value, undefined);
    assert.equal(configs.get('message.max.bytes')?.value, '6');
  });

  test('the default of all brokers shows only what was set', () => {
    assert.deepEqual(
      describeDefaultBrokerConfigs(image).map(({ name, value }) => [name, value]),
      [['message.max.bytes', '6']],
    );
  });

  test('a name that is in no table is a mistake of the caller', () => {
    assert.throws(() => topicConfig(scope, image.topic('orders'), 'nonsense'), { code: 'INVARIANT' });
    assert.throws(() => brokerConfig(scope, 'nonsense'), { code: 'INVARIANT' });
    assert.equal(brokerConfig(scope, 'num.partitions'), '1');
  });
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  ConsumerProtocolSubscription,
  KafkaCodecError,
  ZERO_UUID,
  decodeGroupRecord,
  decodeTransactionRecord,
  decodeVersioned,
  encodeGroupRecord,
  encodeTransactionRecord,
  encodeVersioned,
} from '../../src/kafka/index.ts';

const commit = { offset: 42, leaderEpoch: 3, metadata: 'm', commitTimestamp: 1000 };
const commitKey = { group: 'g', topic: 't', partition: 1 };

test('a committed offset has the bytes that Kafka writes', () => {
  const { key, value } = encodeGroupRecord('OffsetCommit', commitKey, commit, 3);
  assert.equal(key.toString('hex'), '0001' + '000167' + '000174' + '00000001');
  assert.equal(value?.toString('hex'), '0003' + '000000000000002a' + '00000003' + '00016d' + '00000000000003e8');
});

test('a record is read with its name, key and value, in any version of the value', () => {
  for (const version of [0, 1, 2, 3, 4]) {
    const { key, value } = encodeGroupRecord('OffsetCommit', commitKey, commit, version);
    const leaderEpoch = version < 3 ? -1 : 3;
    assert.deepEqual(decodeGroupRecord(key, value), {
      name: 'OffsetCommit',
      key: commitKey,
      value: { ...commit, leaderEpoch, expireTimestamp: -1, topicId: ZERO_UUID },
    });
  }
});

test('the newest version is written unless another is asked for', () => {
  const { value } = encodeGroupRecord('OffsetCommit', commitKey, commit);
  assert.equal(value?.readInt16BE(0), 4);
});

test('a tombstone has a key only', () => {
  const { key, value } = encodeGroupRecord('GroupMetadata', { group: 'g' }, null);
  assert.equal(value, null);
  assert.deepEqual(decodeGroupRecord(key, value), { name: 'GroupMetadata', key: { group: 'g' }, value: null });
});

test('the same type means another record in the topic of transactions', () => {
  const { key, value } = encodeTransactionRecord(
    'TransactionLog',
    { transactionalId: 'tx' },
    {
      producerId: 7,
      producerEpoch: 1,
      transactionTimeoutMs: 60_000,
      transactionStatus: 1,
      transactionPartitions: [{ topic: 't', partitionIds: [0, 2] }],
      transactionLastUpdateTimestampMs: 5,
      transactionStartTimestampMs: 4,
    },
  );
  const record = decodeTransactionRecord(key, value);
  assert.equal(record.name, 'TransactionLog');
  assert.equal(record.value?.previousProducerId, -1);
  assert.deepEqual(record.value.transactionPartitions, [{ topic: 't', partitionIds: [0, 2] }]);
});

test('a record type that is not known is told, not guessed', () => {
  assert.deepEqual(decodeGroupRecord(Buffer.from('0300', 'hex'), null), { name: 'unknown', type: 768 });
});

test('a value of an unknown version, or with bytes too many, is an error', () => {
  const { key, value } = encodeGroupRecord('OffsetCommit', commitKey, commit, 3);
  assert.ok(value);
  const newer = Buffer.from(value);
  newer.writeInt16BE(9, 0);
  assert.throws(() => decodeGroupRecord(key, newer), { code: 'KAFKA_UNSUPPORTED_VERSION' });
  assert.throws(() => decodeGroupRecord(key, Buffer.concat([value, Buffer.alloc(1)])), { code: 'KAFKA_MALFORMED' });
  assert.throws(() => decodeGroupRecord(key.subarray(0, -1), value), KafkaCodecError);
});

test('the subscription of a newer client is read as the newest version that is known', () => {
  const bytes = encodeVersioned(ConsumerProtocolSubscription, 3, { topics: ['a'], userData: null, rackId: 'r1' });
  const newer = Buffer.concat([bytes, Buffer.from('more')]);
  newer.writeInt16BE(8, 0);
  const { version, value } = decodeVersioned(ConsumerProtocolSubscription, newer);
  assert.equal(version, 8);
  assert.deepEqual(value.topics, ['a']);
  assert.equal(value.rackId, 'r1');
  assert.throws(() => decodeVersioned(ConsumerProtocolSubscription, Buffer.alloc(1)), KafkaCodecError);
});

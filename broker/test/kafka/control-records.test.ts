import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  KafkaCodecError,
  buildEndTxnMarker,
  controlRecordType,
  decodeRecords,
  markerCoordinatorEpoch,
  parseBatchHeader,
} from '../../src/kafka/index.ts';

test('a transaction marker is a control batch that names its outcome and its coordinator', () => {
  for (const outcome of ['commit', 'abort'] as const) {
    const batch = buildEndTxnMarker({
      outcome,
      producerId: 70,
      producerEpoch: 5,
      coordinatorEpoch: 11,
      timestampMs: 99,
    });
    const header = parseBatchHeader(batch);
    assert.ok(header.isControl && header.isTransactional);
    assert.deepEqual([header.producerId, header.producerEpoch, header.baseSequence], [70, 5, -1]);
    const [record, ...others] = decodeRecords(batch);
    assert.ok(record);
    assert.deepEqual(others, []);
    assert.equal(controlRecordType(record.key), outcome);
    assert.equal(markerCoordinatorEpoch(record.value), 11);
  }
});

test('a marker has the bytes that Kafka writes', () => {
  const batch = buildEndTxnMarker({
    outcome: 'commit',
    producerId: 1,
    producerEpoch: 0,
    coordinatorEpoch: 2,
    timestampMs: 0,
  });
  const [record] = decodeRecords(batch);
  assert.equal(record?.key?.toString('hex'), '00000001');
  assert.equal(record.value?.toString('hex'), '000000000002');
});

test('control records of later versions are unknown, damaged ones are errors', () => {
  assert.equal(controlRecordType(Buffer.from('00000063', 'hex')), 'unknown');
  assert.equal(controlRecordType(Buffer.from('00000002', 'hex')), 'leaderChange');
  assert.throws(() => controlRecordType(null), KafkaCodecError);
  assert.throws(() => controlRecordType(Buffer.alloc(3)), KafkaCodecError);
  assert.throws(() => markerCoordinatorEpoch(Buffer.alloc(5)), KafkaCodecError);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GroupService } from '../../src/broker/group-service.ts';
import { OpenProof } from '../../src/broker/open-proof.ts';
import { ChronikError, silentLogger, systemRandom } from '../../src/edge/index.ts';
import { KafkaErrors, buildBatch, encodeGroupRecord } from '../../src/kafka/index.ts';
import type { MetadataLog } from '../../src/meta/index.ts';
import { harness, partitionView } from '../partition/harness.ts';
import { ManualClock } from '../support/manual-clock.ts';

const OFFSETS = { name: '__consumer_offsets', id: 'AAAAAAAAAAAAAAAAAAAAAQ', partitions: [partitionView()] };

test('a partition of group state that could not be read is read again, once it can be', async () => {
  const { manager, sink } = harness({ tailBytes: 1 });
  manager.sync(OFFSETS);
  manager.open(sink);
  const value = { offset: 5, leaderEpoch: -1, metadata: '', commitTimestamp: 1, expireTimestamp: -1 };
  const record = encodeGroupRecord('OffsetCommit', { group: 'g', topic: 'orders', partition: 0 }, value, 3);
  manager.topic(OFFSETS.name)?.logs[0]?.append(buildBatch({ records: [{ ...record, timestampMs: 1 }] }));
  sink.commit();
  const read = sink.read.bind(sink);
  sink.read = () => Promise.reject(new ChronikError('CORRUPT_BATCH', 'damaged'));

  const clock = new ManualClock();
  const metadata: unknown = { isDurable: true, image: { topic: () => OFFSETS } };
  const failures: Error[] = [];
  const groups = new GroupService({
    clock,
    random: systemRandom,
    logger: silentLogger,
    metadata: metadata as MetadataLog,
    partitions: manager,
    proof: new OpenProof(clock, () => Promise.resolve()),
    storeWaitMs: 1_000,
    options: {},
    offsetsTopicPartitions: 1,
    onFatal: (error) => failures.push(error),
  });
  const phases: string[] = [];
  await clock.advance(60_000);
  phases.push(groups.coordinator.phaseOf(0));
  sink.read = read;
  await clock.advance(30_000);
  phases.push(groups.coordinator.phaseOf(0));
  assert.deepEqual(phases, ['failed', 'loaded']);
  const answer = await groups.coordinator.offsetFetch(
    { groupId: 'g', topics: [{ name: 'orders', partitionIndexes: [0] }], groups: [], requireStable: false },
    { apiVersion: 7, clientId: 'c', clientHost: 'h' },
  );
  assert.equal(answer.errorCode, KafkaErrors.NONE);
  assert.equal(answer.topics[0]?.partitions[0]?.committedOffset, 5);
  assert.deepEqual(failures, []);

  groups.close();
  assert.equal(clock.timers, 0, 'nothing is left that would run in a broker that has stopped');
});

test('a broker that is closed does not try to read group state again', async () => {
  const { manager, sink } = harness();
  manager.sync(OFFSETS);
  manager.open(sink);
  const clock = new ManualClock();
  const metadata: unknown = { isDurable: true, image: { topic: () => OFFSETS } };
  manager.closeAll(new ChronikError('FENCED', 'lost'));
  const log = manager.topic(OFFSETS.name)?.logs[0];
  assert.ok(log !== undefined);
  Object.defineProperty(log, 'highWatermark', { value: 1 });
  const groups = new GroupService({
    clock,
    random: systemRandom,
    logger: silentLogger,
    metadata: metadata as MetadataLog,
    partitions: manager,
    proof: new OpenProof(clock, () => Promise.resolve()),
    storeWaitMs: 1_000,
    options: {},
    offsetsTopicPartitions: 1,
    onFatal: () => undefined,
  });
  await clock.advance(1);
  assert.equal(groups.coordinator.phaseOf(0), 'failed');
  groups.close();
  assert.equal(clock.timers, 0);
});

test('that the groups can be served is told once, however many partitions they lie in', async () => {
  const { manager, sink } = harness();
  const topic = { ...OFFSETS, partitions: [partitionView(), partitionView({ index: 1 })] };
  manager.sync(topic);
  manager.open(sink);
  const clock = new ManualClock();
  const metadata: unknown = { isDurable: true, image: { topic: () => topic } };
  const told: unknown[] = [];
  const groups = new GroupService({
    clock,
    random: systemRandom,
    logger: { ...silentLogger, info: (message, fields) => told.push([message, fields]) },
    metadata: metadata as MetadataLog,
    partitions: manager,
    proof: new OpenProof(clock, () => Promise.resolve()),
    storeWaitMs: 1_000,
    options: {},
    offsetsTopicPartitions: 2,
    onFatal: () => undefined,
  });
  await clock.advance(1);
  assert.deepEqual(told, [['Group coordinators loaded', { partitions: 2, of: 2 }]]);
  groups.close();
});

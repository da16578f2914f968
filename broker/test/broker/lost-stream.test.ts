import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silentLogger, systemClock, systemRandom } from '../../src/edge/index.ts';
import { KafkaErrors } from '../../src/kafka/index.ts';
import { HybridClock, sealStream, slotKey } from '../../src/log/index.ts';
import { PatientStore } from '../../src/store/index.ts';
import { isDataSlot } from './gated-store.ts';
import { batchOf, fetch, produce, useTopic } from './requests.ts';
import { type TestBroker, withBroker } from './test-broker.ts';

/** What a successor does: it ends the broker's stream. */
async function seal(broker: TestBroker): Promise<void> {
  const store = new PatientStore(broker.store.memory, { clock: systemClock, random: systemRandom });
  const context = {
    store,
    clock: systemClock,
    random: systemRandom,
    hlc: new HybridClock(systemClock),
    logger: silentLogger,
    lineage: broker.metadata.image.lineage || 'dGVzdHRlc3R0ZXN0dGVzdA',
    broker: 1,
  };
  await sealStream(context, broker.dataStream.stream, { metadataEpoch: 2, onDamage: 'hold', depth: 'tails' });
}

async function turn(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

test('a fenced broker answers its committed prefix, fails the rest with a retriable error, and says that it is lost', () =>
  withBroker(async (broker, client) => {
    assert.equal((await produce(client, 'orders', batchOf(['a']))).errorCode, KafkaErrors.NONE);
    broker.store.hold((key, operation) => isDataSlot(key) && operation === 'create');
    const uncommitted = produce(client, 'orders', batchOf(['b']));
    const consumer = await broker.client();
    const waiting = fetch(consumer, 'orders', 1, { maxWaitMs: 600_000 });
    while (broker.partitions.manager.topic('orders')?.logs[0]?.logEndOffset !== 2) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    await seal(broker);
    broker.store.letGo();
    const failed = await uncommitted;
    assert.equal(failed.errorCode, KafkaErrors.NOT_LEADER_OR_FOLLOWER);
    assert.equal(failed.baseOffset, -1);
    assert.equal((await waiting).errorCode, KafkaErrors.NOT_LEADER_OR_FOLLOWER);
    assert.equal((await broker.whenLost).message.includes('seal'), true);
    assert.equal(broker.broker.state, 'lost');
  }));

test('a fenced broker answers what still commits below the foreign slot', () =>
  withBroker(async (broker, client) => {
    await useTopic(client, 'payments');
    const key = (slot: number): string => slotKey(broker.dataStream.stream, slot);
    broker.store.hold((name, operation) => operation === 'create' && name === key(1));
    const below = produce(client, 'orders', batchOf(['a']));
    while (broker.partitions.manager.topic('orders')?.logs[0]?.logEndOffset !== 1) await turn();
    await turn();
    await broker.store.memory.create(key(2), [Buffer.from('of somebody else')]);
    // Large enough to go in a slot of its own beside the one under way.
    const other = await broker.client();
    const above = produce(other, 'payments', batchOf(['b'.repeat(300_000)]));
    assert.equal((await above).errorCode, KafkaErrors.NOT_LEADER_OR_FOLLOWER);
    broker.store.letGo();
    const answered = await below;
    assert.equal(answered.errorCode, KafkaErrors.NONE);
    assert.equal(answered.baseOffset, 0);
    await broker.whenLost;
  }));

test('a fenced broker answers what still commits below the foreign slot in the same partition, and nothing behind it', () =>
  withBroker(async (broker, client) => {
    const key = (slot: number): string => slotKey(broker.dataStream.stream, slot);
    const log = broker.partitions.manager.topic('orders')?.logs[0];
    broker.store.hold((name, operation) => operation === 'create' && name === key(1));
    const below = produce(client, 'orders', batchOf(['a']));
    while (log?.logEndOffset !== 1) await turn();
    await turn();
    await broker.store.memory.create(key(2), [Buffer.from('of somebody else')]);
    const [second, third] = [await broker.client(), await broker.client()];
    const above = await produce(second, 'orders', batchOf(['b'.repeat(300_000)]));
    assert.equal(above.errorCode, KafkaErrors.NOT_LEADER_OR_FOLLOWER);
    // The stream is lost; a batch that comes now would have no slot.
    const late = await produce(third, 'orders', batchOf(['c']), { acks: 1 });
    assert.equal(late.errorCode, KafkaErrors.NOT_LEADER_OR_FOLLOWER);
    assert.equal(log.highWatermark, 0);
    broker.store.letGo();
    const answered = await below;
    assert.equal(answered.errorCode, KafkaErrors.NONE);
    assert.equal(answered.baseOffset, 0);
    await broker.whenLost;
  }));

test('rule-18 a zombie that asks for proof finds its seal and does not say that an offset is out of range', () =>
  withBroker(async (broker, client) => {
    await produce(client, 'orders', batchOf(['a']));
    await seal(broker);
    assert.equal((await fetch(client, 'orders', 5)).errorCode, KafkaErrors.NOT_LEADER_OR_FOLLOWER);
    await broker.whenLost;
    assert.equal(broker.broker.state, 'lost');
  }));

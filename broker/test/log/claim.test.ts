import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readSlot, slotKey } from '../../src/log/index.ts';
import { GateStore } from './gate-store.ts';
import { claim, content, dataStream, lose, settle, walk, watch, world } from './support.ts';

test('a claim is slot 0 of a fresh epoch and says what readers and sealers need', async () => {
  const { process } = world();
  const context = process(1);
  const writer = await claim(context, { heartbeatMs: 3000 });
  assert.deepEqual(writer.stream, dataStream(1));
  assert.equal(writer.committedThrough, 0);
  assert.equal(writer.nextSlot, 1);
  const slot = await readSlot(context, writer.stream, 0, 'tails');
  assert.deepEqual(slot?.header.part, {
    kind: 'claim',
    window: 8,
    address: 'broker-1:9092',
    installation: 'tests',
    heartbeatMs: 3000,
  });
  assert.equal(slot?.header.committedThrough, -1);
});

test('a metadata claim has a window of one slot', async () => {
  const writer = await claim(world().process(1), { log: 'metadata' });
  assert.equal(writer.window, 1);
});

test('rule-06 claims are dense: twenty racing claimants take twenty epochs without a gap', async () => {
  const { process } = world();
  const writers = await Promise.all(Array.from({ length: 20 }, () => claim(process(1))));
  const epochs = writers.map(({ stream }) => stream.epoch).sort((a, b) => a - b);
  assert.deepEqual(
    epochs,
    Array.from({ length: 20 }, (_, index) => index + 1),
  );
});

test('rule-06 a claimant does not pass a number that the store has not called taken', async () => {
  const { process, memory } = world();
  const gate = new GateStore(memory, (operation) => operation === 'create');
  const claimed = watch(claim(process(1, gate)));
  await settle();
  for (const kind of ['conflict', 'throttled', 'unavailable'] as const) {
    gate.held[0]?.refuse(kind);
    await settle();
    assert.equal(claimed.outcome, 'pending');
  }
  assert.deepEqual(
    gate.log.filter((line) => line.startsWith('create') && !line.includes(slotKey(dataStream(1), 0))),
    [],
  );
});

test('rule-06 a slot 0 whose reply was lost is our claim, not a reason to take another epoch', async () => {
  const { process, memory } = world();
  const gate = new GateStore(memory, (operation) => operation === 'create');
  const claiming = claim(process(1, gate));
  await settle();
  gate.release('create', '.wal', 'loseReply');
  assert.equal((await claiming).stream.epoch, 1);
});

test('rule-06 a delayed claimant meets the claim of an epoch whose other slots were collected', async () => {
  const { process, memory } = world();
  const context = process(1);
  const first = await claim(context);
  for (const text of ['a', 'b', 'c']) await first.append(content(context, text));
  await lose(memory, first.stream, 1, 2, 3);
  const delayed = await claim(process(1), { aboveEpoch: 0 });
  assert.equal(delayed.stream.epoch, 2);
});

test('rule-06 a claimant starts above what it has seen', async () => {
  const { process } = world();
  const writer = await claim(process(1), { aboveEpoch: 41 });
  assert.equal(writer.stream.epoch, 42);
  assert.equal((await walk(process(2), writer.stream)).end.kind, 'open');
});

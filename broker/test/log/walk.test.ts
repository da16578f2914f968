import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CorruptSlotError, readBatch, readSlot, sealStream, slotKey, walkStream } from '../../src/log/index.ts';
import type { LogContext, SlotWriter } from '../../src/log/index.ts';
import { GateStore } from './gate-store.ts';
import { TIMELINE, batch, claim, content, damage, dataStream, forge, lose, settle, walk, world } from './support.ts';
import type { World } from './support.ts';

const HOLD = { depth: 'tails', onDamage: 'hold', metadataEpoch: 5 } as const;

/** A stream with `count` slots after its claim, all committed one by one. */
async function written(w: World, count: number): Promise<{ writer: SlotWriter; context: LogContext }> {
  const context = w.process(1);
  const writer = await claim(context);
  for (let slot = 1; slot <= count; slot += 1) await writer.append(content(context, `${slot},`));
  return { writer, context };
}

test('a walk hands out every slot in order and says where the open end is', async () => {
  const w = world();
  const { writer } = await written(w, 3);
  const { end, slots, bodies } = await walk(w.process(2), writer.stream);
  assert.deepEqual(end, { kind: 'open', next: 4, last: { slot: 3, hash: writer.lastHash } });
  assert.deepEqual(
    slots.map(({ kind }) => kind),
    ['claim', 'data', 'data', 'data'],
  );
  assert.deepEqual(bodies, ['1,', '2,', '3,']);
});

test('a walk over tails gives footers without bodies', async () => {
  const w = world();
  const { writer } = await written(w, 2);
  const { slots } = await walk(w.process(2), writer.stream, { depth: 'tails' });
  assert.equal(slots[1]?.body, undefined);
  assert.equal(slots[1]?.entries[0]?.kind, 'batch');
});

test('a footer that is longer than one ranged read is fetched whole, without the body', async () => {
  const w = world();
  const context = w.process(1);
  const writer = await claim(context);
  const batches = Array.from({ length: 3000 }, () => batch(context, Buffer.alloc(100, 7)));
  await writer.append({ kind: 'batches', batches, closes: [] });
  const gate = new GateStore(w.memory);
  const { slots } = await walk(w.process(2, gate), writer.stream, { depth: 'tails' });
  assert.equal(slots[1]?.entries.length, 3000);
  assert.equal(gate.log.filter((line) => line === `get ${slotKey(writer.stream, 1)}`).length, 2);
});

test('a batch is read back by its byte range', async () => {
  const w = world();
  const context = w.process(1);
  const writer = await claim(context);
  await writer.append(content(context, 'first', 'second', 'third'));
  const slot = await readSlot(context, writer.stream, 1, 'tails');
  const entry = slot?.entries[1];
  assert(entry?.kind === 'batch');
  const { position, length } = entry;
  const location = { stream: writer.stream, slot: 1, position, length };
  assert.equal((await readBatch(context.store, location)).toString(), 'second');
  await assert.rejects(readBatch(context.store, { ...location, slot: 2 }), { code: 'BATCH_MISSING' });
  await assert.rejects(readBatch(context.store, { ...location, length: 1_000_000 }), { code: 'CORRUPT_SLOT' });
});

test('hole-15 a stream of more than 1,000 slots is walked to its end', async () => {
  const w = world();
  const { writer } = await written(w, 1234);
  const { end, slots } = await walk(w.process(2), writer.stream, { depth: 'tails' });
  assert.equal(end.kind === 'open' && end.next, 1235);
  assert.equal(slots.length, 1235);
});

test('rule-19 a walk from a checkpoint verifies the first link and ignores ghosts below it', async () => {
  const w = world();
  const { writer, context } = await written(w, 3);
  const after = { slot: 3, hash: writer.lastHash };
  await writer.append(content(context, '4,'));
  await lose(w.memory, writer.stream, 1, 2, 3);
  await w.memory.create(slotKey(writer.stream, 2), [Buffer.from('a ghost that came back')]);
  const { end, bodies } = await walk(w.process(2), writer.stream, { after });
  assert.deepEqual(bodies, ['4,']);
  assert.equal(end.kind, 'open');
  const wrong = { slot: 3, hash: Buffer.alloc(32, 1) };
  await assert.rejects(walk(w.process(2), writer.stream, { after: wrong }), { reason: 'broken chain' });
});

test('rule-12 a walk merges the hybrid time of what it reads', async () => {
  const w = world();
  const fast = w.process(1);
  fast.hlc.merge({ ms: w.clock.nowMs() + 50_000, counter: 3 });
  const writer = await claim(fast);
  await writer.append(content(fast, 'from the future'));
  const reader = w.process(2);
  await walk(reader, writer.stream);
  assert(reader.hlc.now().ms >= w.clock.nowMs() + 50_000);
});

test('hole-16 the order of a stream is that of its slots, whatever the clocks said', async () => {
  const w = world();
  const context = w.process(1);
  const writer = await claim(context);
  await writer.append(content(context, 'a'));
  await w.clock.advance(-5000);
  await writer.append(content(context, 'b'));
  assert.deepEqual((await walk(w.process(2), writer.stream)).bodies, ['a', 'b']);
});

test('rule-01 a gap with nothing above it is an end', async () => {
  const w = world();
  const { writer } = await written(w, 5);
  await lose(w.memory, writer.stream, 5);
  const { end } = await walk(w.process(2), writer.stream);
  assert.equal(end.kind === 'open' && end.next, 5);
});

test('rule-01 a gap below slots that were in flight, none of which says that it was committed, is an end', async () => {
  const w = world();
  const gate = new GateStore(w.memory);
  const context = w.process(1, gate);
  const writer = await claim(context);
  gate.holds = (operation, key) => operation === 'create' && key.endsWith('1.wal');
  for (let slot = 1; slot <= 8; slot += 1) void writer.append(content(context, `${slot}`));
  await settle();
  const { end, slots } = await walk(w.process(2), writer.stream);
  assert.equal(end.kind === 'open' && end.next, 1);
  assert.equal(slots.length, 1);
});

test('rule-01 a gap below a slot that says committedThrough ≥ it is damage', async () => {
  const w = world();
  const { writer } = await written(w, 5);
  await lose(w.memory, writer.stream, 3, 4);
  const { end } = await walk(w.process(2), writer.stream);
  assert(end.kind === 'damaged');
  assert.deepEqual(end.missing, { from: 3, to: 4 });
  assert.equal(end.last?.slot, 2);
});

test('rule-01 a seal says too how far the stream was committed', async () => {
  const w = world();
  const { writer } = await written(w, 5);
  await writer.seal();
  await lose(w.memory, writer.stream, 4, 5);
  const { end } = await walk(w.process(2), writer.stream);
  assert(end.kind === 'damaged');
  assert.deepEqual(end.missing, { from: 4, to: 5 });
});

test('rule-01 a data slot at n+W is evidence that n was committed, one at n+W-1 is not', async () => {
  for (const [slot, kind] of [
    [9, 'damaged'],
    [8, 'open'],
  ] as const) {
    const w = world();
    const { writer, context } = await written(w, 0);
    await forge(context, writer.stream, { slot });
    const { end } = await walk(w.process(2), writer.stream);
    assert.equal(end.kind, kind);
    if (end.kind === 'damaged') assert.deepEqual(end.missing, { from: 1, to: 1 });
  }
});

test('rule-01 a planted seal far above is no evidence of damage', async () => {
  const w = world();
  const { writer } = await written(w, 2);
  // What a sealer leaves that died right after planting: a seal W+1 slots ahead of the gap.
  const part = { kind: 'seal', sealedBy: 2, metadataEpoch: 5, clean: false } as const;
  await forge(w.process(2), writer.stream, { slot: 3 + 9, part, committedThrough: 2 });
  const { end } = await walk(w.process(3), writer.stream);
  assert.equal(end.kind === 'open' && end.next, 3);
});

test('rule-01 what committed metadata mentions was committed, even if nothing in the bucket says so', async () => {
  const w = world();
  const { writer } = await written(w, 5);
  await lose(w.memory, writer.stream, 4, 5);
  const { end } = await walk(w.process(2), writer.stream, { committedAtLeast: 5 });
  assert(end.kind === 'damaged');
  assert.deepEqual(end.missing, { from: 4, to: 5 });
});

test('rule-01 a slot that has come between the listing and the look is no gap', async () => {
  const w = world();
  const { writer, context } = await written(w, 3);
  const gate = new GateStore(w.memory);
  const late = slotKey(writer.stream, 2);
  const bytes = await w.memory.get(late);
  assert(bytes !== undefined);
  await w.memory.delete([late]);
  let looks = 0;
  gate.holds = (operation, key) => {
    // The slot arrives after everything has said that it is missing, right before the last look.
    if (operation === 'get' && key === late && ++looks === 2) void w.memory.create(late, [bytes]);
    return false;
  };
  const { end, bodies } = await walk(w.process(2, gate), writer.stream);
  assert.equal(end.kind, 'open');
  assert.deepEqual(bodies, ['1,', '2,', '3,']);
  assert.equal(context.broker, 1);
});

test('a stream without slot 0 is unclaimed; with anything above it, its claim is lost', async () => {
  const w = world();
  assert.deepEqual((await walk(w.process(2), dataStream(7))).end, { kind: 'unclaimed' });
  const { writer } = await written(w, 3);
  await lose(w.memory, writer.stream, 0);
  const { end } = await walk(w.process(2), writer.stream);
  assert(end.kind === 'damaged');
  assert.deepEqual(end.missing, { from: 0, to: 0 });
  assert.equal(end.last, undefined);
});

test('holes 13 and 14: a damaged slot stops the walk and is named, not skipped', async () => {
  for (const depth of ['whole', 'tails'] as const) {
    const w = world();
    const { writer } = await written(w, 3);
    await damage(w.memory, writer.stream, 2, (bytes) => {
      bytes[bytes.length - 100]! ^= 1;
      return bytes;
    });
    await assert.rejects(walk(w.process(2), writer.stream, { depth }), (error) => {
      assert(error instanceof CorruptSlotError);
      assert.equal(error.key, slotKey(writer.stream, 2));
      return true;
    });
  }
});

test('hole-12 half an object is damage, not the end of the stream', async () => {
  const w = world();
  const { writer } = await written(w, 3);
  await damage(w.memory, writer.stream, 3, (bytes) => bytes.subarray(0, bytes.length / 2));
  await assert.rejects(walk(w.process(2), writer.stream), { code: 'CORRUPT_SLOT', reason: 'truncated' });
});

test('bytes that were damaged on the way only are read again', async () => {
  const w = world();
  const { writer } = await written(w, 2);
  const gate = new GateStore(w.memory);
  const get = gate.get.bind(gate);
  let reads = 0;
  gate.get = async (key, range, options) => {
    const bytes = await get(key, range, options);
    reads += 1;
    return reads === 2 ? bytes?.subarray(0, 10) : bytes;
  };
  const { bodies } = await walk(w.process(2, gate), writer.stream);
  assert.deepEqual(bodies, ['1,', '2,']);
});

test('a slot of another stream, lineage or number under a name is not taken for it', async () => {
  const w = world();
  const { writer, context } = await written(w, 3);
  const foreign = { ...w.process(2), lineage: 'another-lineage-000000' };
  await assert.rejects(walkStream(foreign, writer.stream, { depth: 'tails' }), { reason: 'alien' });
  const three = await w.memory.get(slotKey(writer.stream, 3));
  assert(three !== undefined);
  await damage(w.memory, writer.stream, 2, () => three);
  await assert.rejects(walk(context, writer.stream), { reason: 'misplaced' });
  const other = dataStream(9);
  for (const slot of [0, 1]) {
    const bytes = await w.memory.get(slotKey(writer.stream, slot));
    await w.memory.create(slotKey(other, slot), [bytes!]);
  }
  await assert.rejects(walk(context, other), { reason: 'misplaced' });
});

test('a slot that was exchanged for another of the same number breaks the chain, loudly, in tails too', async () => {
  for (const depth of ['whole', 'tails'] as const) {
    const w = world();
    const { writer } = await written(w, 3);
    // The same names in another bucket, with other contents.
    const elsewhere = world();
    const stranger = elsewhere.process(7);
    const other = await claim(stranger);
    for (const text of ['x', 'y']) await other.append(content(stranger, text));
    const exchanged = await elsewhere.memory.get(slotKey(other.stream, 2));
    assert(exchanged !== undefined);
    await damage(w.memory, writer.stream, 2, () => exchanged);
    await assert.rejects(walk(w.process(2), writer.stream, { depth }), { reason: 'broken chain' });
  }
});

test('reading ahead in parallel keeps the order and a bounded number of reads', async () => {
  const w = world();
  const { writer } = await written(w, 100);
  const gate = new GateStore(w.memory, (operation) => operation === 'get');
  const walking = walk(w.process(2, gate), writer.stream);
  let most = 0;
  for (let turn = 0; turn < 400; turn += 1) {
    await settle();
    most = Math.max(most, gate.held.length);
    gate.held.at(-1)?.pass();
  }
  const { bodies } = await walking;
  assert.deepEqual(
    bodies,
    Array.from({ length: 100 }, (_, index) => `${index + 1},`),
  );
  assert(most > 1 && most <= 64, `${most} reads at a time`);
});

test('an idle follower that knows the end costs one listing', async () => {
  const w = world();
  const { writer } = await written(w, 3);
  const gate = new GateStore(w.memory);
  await walk(w.process(2, gate), writer.stream, { after: { slot: 3, hash: writer.lastHash } });
  assert.deepEqual(
    gate.log.map((line) => line.split(' ')[0]),
    ['list'],
  );
});

test('a sealed stream ends at its first reachable seal, whatever lies above', async () => {
  const w = world();
  const { writer, context } = await written(w, 2);
  await sealStream(w.process(2), writer.stream, HOLD);
  await w.memory.create(slotKey(writer.stream, 4), [Buffer.from('a slot that was in flight')]);
  const { end } = await walk(context, writer.stream);
  assert.deepEqual(end, { kind: 'sealed', at: 3, last: { slot: 2, hash: writer.lastHash } });
  assert.equal(writer.stream.timeline, TIMELINE);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FencedError, parseSlotKey, readSlot, sealEpochs, sealStream, slotKey } from '../../src/log/index.ts';
import type { LogContext, SealOptions, SlotWriter } from '../../src/log/index.ts';
import { GateStore } from './gate-store.ts';
import { claim, content, damage, dataStream, lose, settle, walk, watch, world } from './support.ts';
import type { World } from './support.ts';

const HOLD: SealOptions = { depth: 'tails', onDamage: 'hold', metadataEpoch: 5 };

async function written(w: World, count: number): Promise<{ writer: SlotWriter; context: LogContext }> {
  const context = w.process(1);
  const writer = await claim(context);
  for (let slot = 1; slot <= count; slot += 1) await writer.append(content(context, `${slot},`));
  return { writer, context };
}

test('sealing ends a stream at its first gap, hands out what is in it, and fences the writer', async () => {
  const w = world();
  const { writer, context } = await written(w, 3);
  const bodies: string[] = [];
  const sealed = await sealStream(w.process(2), writer.stream, {
    ...HOLD,
    depth: 'whole',
    visit: (slot) => void bodies.push(slot.body?.toString() ?? ''),
  });
  assert.deepEqual(sealed, { sealedAt: 4, last: { slot: 3, hash: writer.lastHash } });
  assert.deepEqual(bodies, ['', '1,', '2,', '3,']);
  await assert.rejects(writer.append(content(context, 'late')), FencedError);
  const { end } = await walk(w.process(3), writer.stream);
  assert.deepEqual(end, { kind: 'sealed', at: 4, last: sealed.last });
});

test('a stream with nothing but its claim is sealed at slot 1', async () => {
  const w = world();
  const { writer } = await written(w, 0);
  assert.equal((await sealStream(w.process(2), writer.stream, HOLD)).sealedAt, 1);
});

test('sealing again gives the same answer and writes nothing', async () => {
  const w = world();
  const { writer } = await written(w, 2);
  const first = await sealStream(w.process(2), writer.stream, HOLD);
  const gate = new GateStore(w.memory);
  assert.deepEqual(await sealStream(w.process(3, gate), writer.stream, HOLD), first);
  assert(!gate.log.some((line) => line.startsWith('create')));
});

test('sealing from a checkpoint needs nothing below it but the claim', async () => {
  const w = world();
  const { writer, context } = await written(w, 3);
  const after = { slot: 3, hash: writer.lastHash };
  await writer.append(content(context, '4,'));
  await lose(w.memory, writer.stream, 1, 2, 3);
  assert.equal((await sealStream(w.process(2), writer.stream, { ...HOLD, after })).sealedAt, 5);
});

test('a seal carries the prefix that its sealer walked, and who it was', async () => {
  const w = world();
  const { writer } = await written(w, 3);
  await sealStream(w.process(2), writer.stream, HOLD);
  const seal = await readSlot(w.process(3), writer.stream, 4, 'tails');
  assert.equal(seal?.header.committedThrough, 3);
  assert.equal(seal?.header.previousHash, undefined);
  assert.deepEqual(seal?.header.part, { kind: 'seal', sealedBy: 2, metadataEpoch: 5, clean: false });
});

test('ten sealers at once agree', async () => {
  const w = world();
  const { writer } = await written(w, 3);
  const answers = await Promise.all(
    Array.from({ length: 10 }, (_, i) => sealStream(w.process(i + 2), writer.stream, HOLD)),
  );
  for (const answer of answers) assert.deepEqual(answer, answers[0]);
});

test('a writer that is always faster is stopped by a seal planted W+1 slots ahead', async () => {
  const w = world();
  const { writer, context } = await written(w, 1);
  const gate = new GateStore(w.memory, (operation) => operation === 'create');
  const sealing = watch(sealStream(w.process(2, gate), writer.stream, HOLD));
  const planted: number[] = [];
  let appended = 1;
  for (let turn = 0; turn < 100 && sealing.outcome === 'pending'; turn += 1) {
    await settle();
    const [held] = gate.held;
    if (held === undefined) continue;
    const slot = parseSlotKey(held.key)!.slot;
    // Whatever slot the sealer goes for next, the writer fills it first; only the planted one is out of its reach.
    if (slot > writer.nextSlot) planted.push(slot);
    else {
      while (writer.nextSlot <= slot && !writer.hasEnded) {
        const answer = watch(writer.append(content(context, `${(appended += 1)},`)));
        await settle();
        if (answer.outcome !== 'resolved') break;
      }
    }
    held.pass();
  }
  assert.equal(sealing.outcome, 'resolved');
  assert.equal(planted.length, 1);
  const { end } = await walk(w.process(3), writer.stream);
  assert.equal(end.kind === 'sealed' && end.at, planted[0]);
  assert(writer.hasEnded || (await writer.proveOpen().catch(() => 'fenced')) === 'fenced');
});

test('rule-07 every epoch below is sealed, ascending, the empty ones too', async () => {
  const w = world();
  const line = { log: 'metadata', timeline: dataStream().timeline, broker: 0 } as const;
  const writers: SlotWriter[] = [];
  for (let epoch = 1; epoch <= 4; epoch += 1) {
    const context = w.process(epoch);
    const writer = await claim(context, { log: 'metadata', broker: epoch, aboveEpoch: epoch - 1 });
    if (epoch !== 2) {
      await writer.append({ kind: 'events', body: Buffer.from(`epoch ${epoch},`), count: 1 });
    }
    writers.push(writer);
  }
  const gate = new GateStore(w.memory);
  let history = '';
  const sealed = await sealEpochs(w.process(4, gate), line, { from: 1, below: 4 }, () => ({
    ...HOLD,
    depth: 'whole',
    visit: (slot) => void (history += slot.body?.toString() ?? ''),
  }));
  assert.deepEqual(
    sealed.map(({ stream, sealedAt }) => [stream.epoch, sealedAt]),
    [
      [1, 2],
      [2, 1],
      [3, 2],
    ],
  );
  assert.equal(history, 'epoch 1,epoch 3,');
  assert.deepEqual(
    gate.log.filter((request) => request.startsWith('create')),
    sealed.map(({ stream, sealedAt }) => `create ${slotKey(stream, sealedAt)}`),
  );
  for (const writer of writers.slice(0, 3)) await assert.rejects(writer.proveOpen(), FencedError);
  await writers[3]!.proveOpen();
});

test('rule-07 an epoch whose claim is gone, between others, is damage', async () => {
  const w = world();
  const line = { log: 'data', timeline: dataStream().timeline, broker: 1 } as const;
  for (let epoch = 1; epoch <= 3; epoch += 1) await claim(w.process(1));
  await lose(w.memory, dataStream(2), 0);
  await assert.rejects(
    sealEpochs(w.process(1), line, { from: 1, below: 4 }, () => HOLD),
    { code: 'DAMAGED_STREAM' },
  );
});

test('rule-01 a sealer does not seal into damage: it holds and says what is missing', async () => {
  const w = world();
  const { writer } = await written(w, 6);
  await lose(w.memory, writer.stream, 3, 4);
  await assert.rejects(sealStream(w.process(2), writer.stream, HOLD), (error) => {
    assert(error instanceof Error && 'missing' in error);
    assert.deepEqual(error.missing, { from: 3, to: 4 });
    assert.match(error.message, /slots 3\.\.4/);
    return true;
  });
  assert.equal(await w.memory.head(slotKey(writer.stream, 3)), undefined);
});

test('rule-01 told to accept the loss, it marks the range lost, in order, and seals behind the last slot', async () => {
  const w = world();
  const { writer } = await written(w, 6);
  await lose(w.memory, writer.stream, 3, 4);
  const sealed = await sealStream(w.process(2), writer.stream, { ...HOLD, onDamage: 'mark-lost' });
  assert.deepEqual(sealed, { sealedAt: 7, last: { slot: 6, hash: writer.lastHash } });
  const { slots, end } = await walk(w.process(3), writer.stream);
  assert.deepEqual(
    slots.map(({ kind }) => kind),
    ['claim', 'data', 'data', 'lost', 'lost', 'data', 'data'],
  );
  assert.equal(end.kind, 'sealed');
  assert.deepEqual(await sealStream(w.process(4), writer.stream, HOLD), sealed);
});

test('rule-01 the last slots that metadata mentions are marked lost too', async () => {
  const w = world();
  const { writer } = await written(w, 5);
  await lose(w.memory, writer.stream, 4, 5);
  const options = { ...HOLD, onDamage: 'mark-lost', committedAtLeast: 5 } as const;
  assert.equal((await sealStream(w.process(2), writer.stream, options)).sealedAt, 6);
});

test('rule-19 a checkpoint at a LOST slot still leads on', async () => {
  const w = world();
  const { writer } = await written(w, 5);
  await lose(w.memory, writer.stream, 3);
  await sealStream(w.process(2), writer.stream, { ...HOLD, onDamage: 'mark-lost' });
  const { slots } = await walk(w.process(3), writer.stream);
  const lost = slots[3];
  assert(lost?.kind === 'lost');
  const { end, bodies } = await walk(w.process(3), writer.stream, { after: { slot: 3, hash: lost.hash } });
  assert.deepEqual(bodies, ['4,', '5,']);
  assert.equal(end.kind, 'sealed');
});

test('a damaged slot stops a sealer: it neither passes it nor ends the stream before it', async () => {
  const w = world();
  const { writer } = await written(w, 3);
  await damage(w.memory, writer.stream, 2, (bytes) => bytes.subarray(1));
  await assert.rejects(sealStream(w.process(2), writer.stream, HOLD), { code: 'CORRUPT_SLOT' });
  assert.equal(await w.memory.head(slotKey(writer.stream, 4)), undefined);
});

test('an epoch that nobody claimed cannot be sealed', async () => {
  const w = world();
  await assert.rejects(sealStream(w.process(2), dataStream(3), HOLD), { code: 'DAMAGED_STREAM' });
  assert.deepEqual((await w.memory.list('', undefined, 10)).objects, []);
});

test('a seal whose reply was lost is ours, and the answer is the same', async () => {
  const w = world();
  const { writer } = await written(w, 2);
  const gate = new GateStore(w.memory, (operation) => operation === 'create');
  const sealing = sealStream(w.process(2, gate), writer.stream, HOLD);
  await settle();
  gate.release('create', '.wal', 'loseReply');
  assert.equal((await sealing).sealedAt, 3);
});

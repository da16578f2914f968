import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DataStream, readBatch, readSlot, sealStream } from '../../src/log/index.ts';
import type { BatchEntry, BatchLocation, BatchOwner, DataStreamOptions, LogContext } from '../../src/log/index.ts';
import { GateStore } from './gate-store.ts';
import { TOPIC_ID, batch, claim, settle, walk, watch, world } from './support.ts';
import type { World } from './support.ts';

const SEAL_OPTIONS = { depth: 'tails', onDamage: 'hold', metadataEpoch: 5 } as const;

/** What the owners of batches were told, in order. */
class Diary implements BatchOwner {
  readonly lines: string[] = [];
  readonly locations: BatchLocation[] = [];

  committed(entry: BatchEntry, location: BatchLocation): void {
    this.lines.push(`${entry.bytes.toString()}@${location.slot}`);
    this.locations.push(location);
  }

  failed(entry: BatchEntry, error: Error & { readonly code: string }): void {
    this.lines.push(`${entry.bytes.toString()}!${error.code}`);
  }
}

interface Setup {
  readonly w: World;
  readonly gate: GateStore;
  readonly context: LogContext;
  readonly stream: DataStream;
  readonly diary: Diary;
  readonly append: (...texts: readonly string[]) => void;
}

async function setup(options: Partial<DataStreamOptions>): Promise<Setup> {
  const w = world();
  const gate = new GateStore(w.memory);
  const context = w.process(1, gate);
  const writer = await claim(context);
  const stream = new DataStream(context, writer, { lingerMs: 100, targetBytes: 1000, ...options });
  const diary = new Diary();
  const append = (...texts: readonly string[]): void => {
    for (const text of texts) stream.append({ ...batch(context, text), owner: diary });
  };
  return { w, gate, context, stream, diary, append };
}

const puts = (gate: GateStore): number => gate.log.filter((line) => line.startsWith('create')).length - 1;
const holdCreates = (operation: string): boolean => operation === 'create';

test('after a silence the first batch goes at once, with all that the same I/O event brings', async () => {
  const { w, gate, diary, append } = await setup({});
  append('a', 'b', 'c');
  assert.equal(puts(gate), 0);
  await w.clock.advance(0);
  assert.deepEqual(diary.lines, ['a@1', 'b@1', 'c@1']);
});

test('then there is one flush per linger', async () => {
  const { w, gate, diary, append } = await setup({});
  append('a');
  await w.clock.advance(0);
  for (let ms = 1; ms <= 1000; ms += 1) {
    append('x');
    await w.clock.advance(1);
  }
  // 1,001 ms of steady load at linger 100: the first at once, then one each 100 ms.
  assert(puts(gate) <= 11, `${puts(gate)} PUTs`);
  assert(diary.lines.length >= 900);
});

test('a slot that is full goes without waiting', async () => {
  const { w, gate, diary, append } = await setup({});
  append('first');
  await w.clock.advance(0);
  append('y'.repeat(400), 'y'.repeat(400), 'y'.repeat(400));
  await settle();
  assert.equal(puts(gate), 2);
  assert.equal(diary.lines.length, 3);
  await w.clock.advance(100);
  assert.equal(diary.lines.length, 4);
});

test('a batch larger than a slot gets one of its own, between its neighbours', async () => {
  const { w, diary, append } = await setup({});
  const big = 'z'.repeat(5000);
  append('a', big, 'b');
  await w.clock.advance(200);
  assert.deepEqual(diary.lines, ['a@1', `${big}@2`, 'b@3']);
});

test('with linger 0 a batch goes at once, and the duration of its PUT is the window for the next', async () => {
  const { w, gate, diary, append } = await setup({ lingerMs: 0 });
  gate.holds = holdCreates;
  append('a');
  await w.clock.advance(0);
  append('b');
  await w.clock.advance(50);
  append('c');
  await w.clock.advance(50);
  assert.equal(gate.held.length, 1);
  gate.passAll();
  await settle();
  assert.equal(gate.held.length, 1);
  gate.passAll();
  await settle();
  assert.deepEqual(diary.lines, ['a@1', 'b@2', 'c@2']);
});

test('with linger 0 those who were answered together are waited for, so that they do not fall into two groups', async () => {
  const { w, gate, diary, append } = await setup({ lingerMs: 0 });
  gate.holds = holdCreates;
  append('a', 'b', 'c', 'd', 'e');
  await w.clock.advance(0);
  gate.passAll();
  await settle();
  append('f');
  await w.clock.advance(0);
  assert.equal(gate.held.length, 0);
  append('g', 'h', 'i', 'j');
  await w.clock.advance(0);
  assert.equal(gate.held.length, 1);
  append('k');
  gate.passAll();
  await settle();
  assert.equal(gate.held.length, 0);
  await w.clock.advance(1);
  assert.equal(gate.held.length, 1, 'who does not come back is not waited for longer');
  gate.passAll();
  await settle();
  append('l');
  await w.clock.advance(0);
  assert.equal(gate.held.length, 1, 'nor the next time');
  gate.passAll();
  await settle();
  assert.deepEqual(
    diary.lines.map((line) => line.slice(-1)),
    Array.from('111112222234'),
  );
});

test('with patience, one who hurries does not wait for the patience when others are waited for', async () => {
  const { w, stream, diary, append } = await setup({ lingerMs: 0, patienceMs: 50 });
  append('a', 'b', 'c');
  await w.clock.advance(0);
  append('d');
  await w.clock.advance(1);
  assert.equal(diary.lines.length, 3);
  stream.hurry();
  await w.clock.advance(1);
  assert.equal(diary.lines.length, 4);
});

test('with linger 0 slots run in parallel once an eighth of a full one has gathered', async () => {
  const { w, gate, diary, append } = await setup({ lingerMs: 0, targetBytes: 800 });
  gate.holds = holdCreates;
  for (let round = 0; round < 5; round += 1) {
    append('p'.repeat(100));
    await w.clock.advance(0);
  }
  assert.equal(gate.held.length, 5);
  gate.passAll();
  await settle();
  assert.equal(diary.lines.length, 5);
});

test('with patience, batches that nobody waits for gather; the first after a silence goes at once', async () => {
  const { w, gate, diary, append } = await setup({ lingerMs: 0, patienceMs: 5 });
  append('a');
  await w.clock.advance(0);
  append('b');
  await w.clock.advance(2);
  append('c');
  await w.clock.advance(2);
  assert.equal(puts(gate), 1);
  await w.clock.advance(1);
  assert.deepEqual(diary.lines, ['a@1', 'b@2', 'c@2']);
});

test('with patience, a batch that somebody waits for goes at once, with what has gathered', async () => {
  const { w, stream, diary, append } = await setup({ lingerMs: 0, patienceMs: 5 });
  append('a');
  await w.clock.advance(0);
  append('b', 'c');
  await w.clock.advance(1);
  stream.hurry();
  await w.clock.advance(0);
  assert.deepEqual(diary.lines, ['a@1', 'b@2', 'c@2']);
  append('d');
  await w.clock.advance(4);
  assert.equal(diary.lines.length, 3);
  await w.clock.advance(1);
  assert.deepEqual(diary.lines, ['a@1', 'b@2', 'c@2', 'd@3']);
});

test('with patience, what gathers while a slot is on its way goes with its commit if somebody waits, else after the patience', async () => {
  const { w, gate, stream, diary, append } = await setup({ lingerMs: 0, patienceMs: 5 });
  gate.holds = holdCreates;
  append('a');
  await w.clock.advance(0);
  append('b');
  stream.hurry();
  await w.clock.advance(1);
  assert.equal(gate.held.length, 1);
  gate.passAll();
  await settle();
  assert.equal(gate.held.length, 1);
  append('c');
  gate.passAll();
  await settle();
  assert.deepEqual(diary.lines, ['a@1', 'b@2']);
  assert.equal(gate.held.length, 0);
  await w.clock.advance(5);
  gate.passAll();
  await settle();
  assert.deepEqual(diary.lines, ['a@1', 'b@2', 'c@3']);
});

test('with patience, an eighth of a full slot goes without waiting if somebody waits for it, else a full one does', async () => {
  const { w, gate, stream, append } = await setup({ lingerMs: 0, patienceMs: 5, targetBytes: 800 });
  gate.holds = holdCreates;
  append('a');
  await w.clock.advance(0);
  append('b'.repeat(50), 'b'.repeat(50));
  await w.clock.advance(1);
  assert.equal(gate.held.length, 1);
  stream.hurry();
  await w.clock.advance(0);
  assert.equal(gate.held.length, 2);
  append('c'.repeat(400));
  await w.clock.advance(1);
  assert.equal(gate.held.length, 2);
  append('c'.repeat(400));
  await w.clock.advance(0);
  assert.equal(gate.held.length, 3);
});

test('with patience, a close record goes at once', async () => {
  const { w, stream, context, append } = await setup({ lingerMs: 0, patienceMs: 5 });
  append('a');
  await w.clock.advance(0);
  const close = { topicId: TOPIC_ID, partition: 0, leaderEpoch: 0, endOffset: 1, hlc: context.hlc.now() };
  const closed = stream.appendClose(close);
  await w.clock.advance(0);
  assert.equal(await closed, 2);
});

test('no more than W slots are on their way; what waits goes when the first commits', async () => {
  const { w, gate, stream, diary, append } = await setup({ targetBytes: 10 });
  gate.holds = holdCreates;
  for (let index = 0; index < 20; index += 1) append('0123456789');
  await w.clock.advance(1000);
  assert.equal(gate.held.length, 8);
  assert.equal(stream.pendingBytes, 200);
  gate.held[0]?.pass();
  await settle();
  assert.equal(gate.held.length, 8);
  assert.equal(diary.lines.length, 1);
  assert.equal(stream.pendingBytes, 190);
  gate.holds = () => false;
  gate.passAll();
  await settle();
  assert.equal(diary.lines.length, 20);
  assert.equal(stream.pendingBytes, 0);
});

test('owners are told in the order of the stream, whatever the order in which PUTs are answered', async () => {
  const { w, gate, diary, append } = await setup({ targetBytes: 1 });
  gate.holds = holdCreates;
  append('a', 'b', 'c', 'd');
  await w.clock.advance(200);
  for (const index of [2, 0, 1, 0]) {
    gate.held[index]?.pass();
    await settle();
  }
  assert.deepEqual(diary.lines, ['a@1', 'b@2', 'c@3', 'd@4']);
});

test('a location names the bytes of the batch', async () => {
  const { w, context, diary, append } = await setup({});
  append('one', 'two', 'three');
  await w.clock.advance(0);
  const bytes = await Promise.all(diary.locations.map((location) => readBatch(context.store, location)));
  assert.deepEqual(bytes.map(String), ['one', 'two', 'three']);
});

test('flush sends what waits and resolves when it is committed', async () => {
  const { w, gate, stream, diary, append } = await setup({ lingerMs: 10_000 });
  append('a');
  await w.clock.advance(0);
  append('b');
  gate.holds = holdCreates;
  const flushed = watch(stream.flush());
  await settle();
  assert.equal(flushed.outcome, 'pending');
  gate.passAll();
  await settle();
  assert.equal(flushed.outcome, 'resolved');
  assert.deepEqual(diary.lines, ['a@1', 'b@2']);
  await stream.flush();
});

test('closing flushes, seals, and fails what comes later', async () => {
  const { w, stream, diary, append } = await setup({ lingerMs: 10_000 });
  append('a', 'b');
  const closing = stream.close();
  append('late');
  const sealed = await closing;
  await w.clock.advance(0);
  assert.equal(sealed.sealedAt, 2);
  assert.deepEqual(diary.lines, ['a@1', 'b@1', 'late!STREAM_CLOSED']);
  assert.equal(w.clock.timers, 0);
});

test('rule-17 a close record stands behind all batches of its partition and counts once its slot is committed', async () => {
  const { w, gate, context, stream, diary, append } = await setup({ targetBytes: 10 });
  gate.holds = holdCreates;
  append('0123456789', '0123456789');
  const hlc = context.hlc.now();
  const closed = watch(stream.appendClose({ topicId: TOPIC_ID, partition: 3, leaderEpoch: 7, endOffset: 99, hlc }));
  append('after');
  await w.clock.advance(1000);
  gate.held.at(-1)?.pass();
  await settle();
  assert.equal(closed.outcome, 'pending');
  gate.passAll();
  await settle();
  assert.equal(closed.outcome, 'resolved');
  assert.equal(diary.lines.length, 3);
  const { slots } = await walk(w.process(2), stream.stream);
  const order = slots.flatMap(({ entries }) => entries.map((entry) => entry.kind));
  assert.deepEqual(order, ['batch', 'batch', 'batch', 'close']);
  const slot = slots.find(({ entries }) => entries.some(({ kind }) => kind === 'close'));
  assert.deepEqual(slot?.entries.at(-1), {
    kind: 'close',
    topicId: TOPIC_ID,
    partition: 3,
    leaderEpoch: 7,
    endOffset: 99,
    hlc,
  });
});

test('a fenced stream tells every owner: its committed prefix, then failure for the rest and for what comes later', async () => {
  const { w, gate, stream, diary, append } = await setup({ targetBytes: 1 });
  append('a');
  await w.clock.advance(0);
  gate.holds = holdCreates;
  append('b', 'c');
  await w.clock.advance(200);
  const flushed = watch(stream.flush());
  await sealStream(w.process(2), stream.stream, SEAL_OPTIONS);
  append('waiting');
  const closed = watch(
    stream.appendClose({ topicId: TOPIC_ID, partition: 0, leaderEpoch: 0, endOffset: 1, hlc: { ms: 0, counter: 0 } }),
  );
  gate.passAll();
  await settle();
  append('late');
  await w.clock.advance(0);
  assert.equal(diary.lines[0], 'a@1');
  assert.deepEqual(diary.lines.slice(1).sort(), ['b!FENCED', 'c!FENCED', 'late!FENCED', 'waiting!FENCED']);
  assert(flushed.outcome instanceof Error);
  assert(closed.outcome instanceof Error);
  assert.equal(stream.pendingBytes, 0);
  assert(stream.fenced.aborted);
  await assert.rejects(stream.close(), { code: 'FENCED' });
  await assert.rejects(stream.proveOpen(), { code: 'FENCED' });
});

test('an idle stream with heartbeats writes an empty slot, and only when it is idle', async () => {
  const { w, gate, stream, append } = await setup({ heartbeatMs: 3000 });
  append('a');
  await w.clock.advance(2999);
  assert.equal(puts(gate), 1);
  await w.clock.advance(1);
  assert.equal(puts(gate), 2);
  const heartbeat = await readSlot(w.process(2), stream.stream, 2, 'whole');
  assert.equal(heartbeat?.kind, 'data');
  assert.deepEqual(heartbeat.entries, []);
  assert.equal(heartbeat.body?.length, 0);
  await w.clock.advance(6000);
  assert.equal(puts(gate), 4);
});

test('a heartbeat on its way does not delay what is appended meanwhile', async () => {
  const { w, gate, diary, append } = await setup({ heartbeatMs: 3000, lingerMs: 0 });
  gate.holds = holdCreates;
  await w.clock.advance(3000);
  append('a');
  await w.clock.advance(0);
  gate.passAll();
  await settle();
  gate.passAll();
  await settle();
  assert.deepEqual(diary.lines, ['a@2']);
});

test('without heartbeats an idle stream writes nothing, but looks every 10 s whether it was sealed (rule 18)', async () => {
  const { w, gate, stream } = await setup({});
  await w.clock.advance(9999);
  assert.equal(gate.log.filter((line) => line.startsWith('head')).length, 0);
  await w.clock.advance(1);
  assert.equal(gate.log.filter((line) => line.startsWith('head')).length, 1);
  assert.equal(puts(gate), 0);
  await sealStream(w.process(2), stream.stream, SEAL_OPTIONS);
  await w.clock.advance(10_000);
  assert(stream.fenced.aborted);
  assert.equal(w.clock.timers, 0);
});

test('the local WAL is told which batches became which slot', async () => {
  const told: string[] = [];
  const observer = {
    slotFrozen: (slot: number, count: number): void => void told.push(`frozen ${slot}: ${count}`),
    slotCommitted: (slot: number): void => void told.push(`committed ${slot}`),
  };
  const { w, append } = await setup({ observer, targetBytes: 10 });
  append('0123456789', '01234', '5678');
  await w.clock.advance(200);
  assert.deepEqual(told.sort(), ['committed 1', 'committed 2', 'frozen 1: 1', 'frozen 2: 2']);
});

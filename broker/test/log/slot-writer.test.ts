import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InvariantError } from '../../src/edge/index.ts';
import { FencedError, SlotWriter, readSlot, sealStream, slotKey } from '../../src/log/index.ts';
import type { LogContext } from '../../src/log/index.ts';
import { GateStore } from './gate-store.ts';
import { batch, claim, content, lose, settle, walk, watch, world } from './support.ts';
import type { World } from './support.ts';

const SEAL_OPTIONS = { depth: 'tails', onDamage: 'hold', metadataEpoch: 5 } as const;

/** A writer whose creates wait for the test. */
async function gated(w: World, broker = 1): Promise<{ writer: SlotWriter; gate: GateStore; context: LogContext }> {
  const gate = new GateStore(w.memory);
  const context = w.process(broker, gate);
  const writer = await claim(context);
  gate.holds = (operation) => operation === 'create';
  return { writer, gate, context };
}

const suffix = (slot: number): string => `${String(slot).padStart(20, '0')}.wal`;

test('a slot is committed when it and all before it exist: answers come in order, from the gap-free prefix', async () => {
  const w = world();
  const { writer, gate, context } = await gated(w);
  const answers = [1, 2, 3].map((slot) => watch(writer.append(content(context, `slot ${slot}`))));
  await settle();
  gate.release('create', suffix(3));
  gate.release('create', suffix(2));
  await settle();
  assert.deepEqual(
    answers.map(({ outcome }) => outcome),
    ['pending', 'pending', 'pending'],
  );
  assert.equal(writer.committedThrough, 0);
  assert.equal(writer.inFlight, 3);
  gate.release('create', suffix(1));
  await settle();
  assert.deepEqual(
    answers.map(({ outcome }) => outcome),
    ['resolved', 'resolved', 'resolved'],
  );
  assert.equal(writer.committedThrough, 3);
  assert.deepEqual((await walk(w.process(2), writer.stream)).bodies, ['slot 1', 'slot 2', 'slot 3']);
});

test('hole-29 nothing counts as committed before the store has it', async () => {
  const w = world();
  const { writer, gate, context } = await gated(w);
  const answer = watch(writer.append(content(context, 'a')));
  await settle();
  assert.equal(answer.outcome, 'pending');
  assert.equal(writer.committedThrough, 0);
  gate.release('create', suffix(1));
  await settle();
  assert.equal(answer.outcome, 'resolved');
});

test('rule-01 slot n+W is not sent before slot n is committed', async () => {
  const w = world();
  const { writer, gate, context } = await gated(w);
  for (let slot = 1; slot <= 8; slot += 1) void writer.append(content(context, `${slot}`));
  await settle();
  assert.throws(() => writer.append(content(context, 'ninth')), InvariantError);
  for (let slot = 8; slot >= 2; slot -= 1) gate.release('create', suffix(slot));
  await settle();
  assert.throws(() => writer.append(content(context, 'still the ninth')), InvariantError);
  gate.release('create', suffix(1));
  await settle();
  assert.equal(writer.committedThrough, 8);
  const ninth = watch(writer.append(content(context, 'ninth')));
  await settle();
  gate.release('create', suffix(9));
  await settle();
  assert.equal(ninth.outcome, 'resolved');
});

test('rule-01 every slot carries how far the stream was committed when it was frozen', async () => {
  const w = world();
  const { writer, gate, context } = await gated(w);
  void writer.append(content(context, '1'));
  void writer.append(content(context, '2'));
  await settle();
  gate.release('create', suffix(1));
  await settle();
  void writer.append(content(context, '3'));
  await settle();
  gate.release('create', suffix(2));
  gate.release('create', suffix(3));
  await settle();
  const { slots } = await walk(w.process(2), writer.stream);
  assert.deepEqual(
    slots.map(({ header }) => header.committedThrough),
    [-1, 0, 0, 1],
  );
});

test('rule-19 the chain runs over frozen bytes, so slots in flight are linked too', async () => {
  const w = world();
  const { writer, gate, context } = await gated(w);
  for (const text of ['1', '2', '3']) void writer.append(content(context, text));
  await settle();
  for (const slot of [3, 1, 2]) gate.release('create', suffix(slot));
  await settle();
  const { slots } = await walk(w.process(2), writer.stream);
  for (const [index, slot] of slots.entries()) {
    assert.deepEqual(slot.header.previousHash, index === 0 ? undefined : slots[index - 1]?.hash);
  }
  assert.deepEqual(slots.at(-1)?.hash, writer.lastHash);
});

test('hole-30 rule-22 a lost PUT reply does not fence the writer: the object is read back and is ours', async () => {
  const w = world();
  const { writer, gate, context } = await gated(w);
  const answer = watch(writer.append(content(context, 'a')));
  await settle();
  gate.release('create', suffix(1), 'loseReply');
  await settle();
  assert.equal(answer.outcome, 'resolved');
  assert.equal(writer.fenced.aborted, false);
});

test('rule-22 a PUT that failed and is then found absent is repeated with the same bytes', async () => {
  const w = world();
  const { writer, gate, context } = await gated(w);
  const answer = watch(writer.append(content(context, 'a')));
  await settle();
  gate.held[0]?.refuse('ambiguous');
  await w.clock.advance(1000);
  gate.release('create', suffix(1));
  await settle();
  assert.equal(answer.outcome, 'resolved');
  const slot = await readSlot(w.process(2), writer.stream, 1, 'whole');
  assert.deepEqual(slot?.hash, writer.lastHash);
});

test('rule-22 exists and then absent means fenced', async () => {
  const w = world();
  const gate = new GateStore(w.memory);
  const context = w.process(1, gate);
  const writer = await claim(context);
  await sealStream(w.process(2), writer.stream, SEAL_OPTIONS);
  gate.holds = (operation) => operation === 'head';
  const answer = watch(writer.append(content(context, 'a')));
  await settle();
  await lose(w.memory, writer.stream, 1);
  gate.release('head', suffix(1));
  await settle();
  assert(answer.outcome instanceof FencedError);
  assert.equal(answer.outcome.by, 'vanished slot');
});

test('rule-11 ours = same write id and same hash: a slot with the same content from another process is not ours', async () => {
  const w = world();
  const { writer, gate, context } = await gated(w);
  const same = batch(context, 'the very same batch');
  const answer = watch(writer.append({ kind: 'batches', batches: [same], closes: [] }));
  await settle();
  // A successor that "helpfully" uploads the slot from the fsynced bytes: everything equal but the write id.
  const helper = new GateStore(w.memory);
  const successor = w.process(1, helper);
  const claimSlot = await readSlot(successor, writer.stream, 0, 'tails');
  assert(claimSlot !== undefined);
  const pretender = new SlotWriter(successor, {
    stream: writer.stream,
    window: writer.window,
    claimHash: claimSlot.hash,
    claimHlc: claimSlot.header.lastHlc,
  });
  await pretender.append({ kind: 'batches', batches: [same], closes: [] });
  gate.release('create', suffix(1));
  await settle();
  assert(answer.outcome instanceof FencedError);
  assert.equal(answer.outcome.by, 'other writer');
});

test('hole-08 hole-28 a writer that was frozen for a week meets the seal, whatever was collected meanwhile', async () => {
  const w = world();
  const { writer, gate, context } = await gated(w);
  const first = watch(writer.append(content(context, 'committed')));
  await settle();
  gate.release('create', suffix(1));
  await settle();
  const frozen = watch(writer.append(content(context, 'frozen')));
  await settle();
  await sealStream(w.process(2), writer.stream, SEAL_OPTIONS);
  await lose(w.memory, writer.stream, 1);
  await w.clock.advance(7 * 86_400_000);
  gate.holds = () => false;
  gate.passAll();
  await w.clock.advance(60_000);
  assert.equal(first.outcome, 'resolved');
  assert(frozen.outcome instanceof FencedError);
  assert.equal(frozen.outcome.by, 'seal');
  assert.equal(writer.fenced.reason, frozen.outcome);
  await assert.rejects(writer.append(content(context, 'later')), { code: 'FENCED' });
  await assert.rejects(writer.proveOpen(), { code: 'FENCED' });
  await assert.rejects(writer.seal(), { code: 'FENCED' });
});

test('a fenced writer answers its committed prefix and fails the rest', async () => {
  const w = world();
  const { writer, gate, context } = await gated(w);
  const answers = [1, 2, 3, 4].map((slot) => watch(writer.append(content(context, `${slot}`))));
  await settle();
  // Slot 1 lands, its answer does not come yet; the sealer takes slot 2; slot 3 lands above the seal.
  const [one, two, three, four] = [...gate.held];
  assert(one && two && three && four);
  const bytes = await (async () => {
    one.loseReply();
    await settle();
    return w.memory.head(slotKey(writer.stream, 1));
  })();
  assert(bytes !== undefined);
  await sealStream(w.process(2), writer.stream, SEAL_OPTIONS);
  three.pass();
  two.pass();
  await settle();
  assert.equal(answers[0]?.outcome, 'resolved');
  for (const answer of answers.slice(1)) assert(answer.outcome instanceof FencedError);
  assert.equal(writer.committedThrough, 1);
  assert(writer.fenced.aborted);
  const { end, bodies } = await walk(w.process(2), writer.stream);
  assert.deepEqual(bodies, ['1']);
  assert.equal(end.kind, 'sealed');
});

test('what lies below the foreign slot may still commit, and the writer is only reported fenced after that', async () => {
  const w = world();
  const { writer, gate, context } = await gated(w);
  const answers = [1, 2, 3].map((slot) => watch(writer.append(content(context, `${slot}`))));
  await settle();
  // A seal planted ahead, at slot 3.
  gate.holds = () => false;
  const sealed = await w.memory.create(slotKey(writer.stream, 3), [Buffer.from('something else')]);
  assert.equal(sealed, 'created');
  gate.release('create', suffix(3));
  await settle();
  assert(answers[2]?.outcome instanceof FencedError);
  assert.equal(writer.fenced.aborted, false);
  assert.equal(writer.hasEnded, true);
  gate.release('create', suffix(2));
  gate.release('create', suffix(1));
  await settle();
  assert.equal(answers[0]?.outcome, 'resolved');
  assert.equal(answers[1]?.outcome, 'resolved');
  assert(writer.fenced.aborted);
});

test('a clean stop seals behind everything in flight, and a sealed stream takes nothing more', async () => {
  const w = world();
  const { writer, gate, context } = await gated(w);
  const answers = [1, 2].map((slot) => watch(writer.append(content(context, `${slot}`))));
  const sealing = writer.seal();
  assert.throws(() => writer.append(content(context, 'late')), InvariantError);
  await settle();
  gate.holds = () => false;
  gate.release('create', suffix(2));
  gate.release('create', suffix(1));
  const sealed = await sealing;
  assert.deepEqual(sealed, { sealedAt: 3, last: { slot: 2, hash: writer.lastHash } });
  assert.deepEqual(
    answers.map(({ outcome }) => outcome),
    ['resolved', 'resolved'],
  );
  await assert.rejects(writer.proveOpen(), { code: 'FENCED' });
  assert.equal(writer.fenced.aborted, false);
  const seal = await readSlot(w.process(2), writer.stream, 3, 'tails');
  assert.deepEqual(seal?.header.part, { kind: 'seal', sealedBy: 1, metadataEpoch: 0, clean: true });
  assert.equal(seal?.header.committedThrough, 2);
});

test('a clean stop that comes second is a fence', async () => {
  const w = world();
  const context = w.process(1);
  const writer = await claim(context);
  await sealStream(w.process(2), writer.stream, SEAL_OPTIONS);
  await assert.rejects(writer.seal(), { code: 'FENCED' });
  assert(writer.fenced.aborted);
});

test('hole-10 an outage of the store is waited out, however long: nothing is dropped', async () => {
  const w = world();
  const { writer, gate, context } = await gated(w);
  const answer = watch(writer.append(content(context, 'a')));
  for (let attempt = 0; attempt < 50; attempt += 1) {
    await settle();
    gate.held[0]?.refuse(attempt % 2 === 0 ? 'unavailable' : 'throttled');
    await w.clock.advance(4900);
  }
  assert.equal(answer.outcome, 'pending');
  gate.holds = () => false;
  await w.clock.advance(20_000);
  assert.equal(answer.outcome, 'resolved');
});

test('a batch that is older than what stands before it is refused: a cut would tear the stream', async () => {
  const context = world().process(1);
  const writer = await claim(context);
  const older = batch(context, 'older');
  await writer.append(content(context, 'newer'));
  assert.throws(() => writer.append({ kind: 'batches', batches: [older], closes: [] }), InvariantError);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FencedError, sealStream } from '../../src/log/index.ts';
import type { LogContext, SlotWriter } from '../../src/log/index.ts';
import { GateStore } from './gate-store.ts';
import { claim, content, settle, watch, world } from './support.ts';
import type { World } from './support.ts';

const SEAL_OPTIONS = { depth: 'tails', onDamage: 'hold', metadataEpoch: 5 } as const;

async function gated(w: World): Promise<{ writer: SlotWriter; gate: GateStore; context: LogContext }> {
  const gate = new GateStore(w.memory);
  const context = w.process(1, gate);
  const writer = await claim(context);
  gate.holds = (operation) => operation === 'head';
  return { writer, gate, context };
}

const heads = (gate: GateStore): number => gate.log.filter((line) => line.startsWith('head')).length;

test('rule-18 the next slot being absent, asked after the call, proves that the stream is open', async () => {
  const w = world();
  const { writer, gate } = await gated(w);
  const proof = watch(writer.proveOpen());
  await settle();
  assert.equal(proof.outcome, 'pending');
  gate.held[0]?.pass();
  await settle();
  assert.equal(proof.outcome, 'resolved');
});

test('rule-18 a sealed, idle writer learns it when it is asked for a proof', async () => {
  const w = world();
  const { writer, gate } = await gated(w);
  gate.holds = () => false;
  await sealStream(w.process(2), writer.stream, SEAL_OPTIONS);
  await assert.rejects(writer.proveOpen(), FencedError);
  assert(writer.fenced.aborted);
});

test('rule-18 a look that began before the call is no proof: who comes later waits for the next, and all share it', async () => {
  const w = world();
  const { writer, gate } = await gated(w);
  const early = watch(writer.proveOpen());
  await settle();
  const later = [watch(writer.proveOpen()), watch(writer.proveOpen())];
  await settle();
  assert.equal(heads(gate), 1);
  gate.held[0]?.pass();
  await settle();
  assert.equal(early.outcome, 'resolved');
  assert.deepEqual(
    later.map(({ outcome }) => outcome),
    ['pending', 'pending'],
  );
  assert.equal(heads(gate), 2);
  // Between the two looks the stream was sealed: the later ones must hear of it.
  await sealStream(w.process(2), writer.stream, SEAL_OPTIONS);
  gate.holds = () => false;
  gate.held[0]?.pass();
  await settle();
  for (const proof of later) assert(proof.outcome instanceof FencedError);
});

test('rule-18 a slot of our own that was sent after the call and is committed is a proof too', async () => {
  const w = world();
  const { writer, context } = await gated(w);
  const proof = watch(writer.proveOpen());
  await writer.append(content(context, 'a'));
  await settle();
  assert.equal(proof.outcome, 'resolved');
});

test('rule-18 a slot that was on its way before the call is no proof', async () => {
  const w = world();
  const { writer, gate, context } = await gated(w);
  gate.holds = (operation) => operation === 'head' || operation === 'create';
  const appended = watch(writer.append(content(context, 'a')));
  await settle();
  const proof = watch(writer.proveOpen());
  await settle();
  gate.release('create', '.wal');
  await settle();
  assert.equal(appended.outcome, 'resolved');
  assert.equal(proof.outcome, 'pending');
});

test('rule-18 our own slot under the number is passed, up to the first that is absent', async () => {
  const w = world();
  const { writer, gate, context } = await gated(w);
  gate.holds = (operation) => operation === 'create';
  const appended = [1, 2].map((slot) => watch(writer.append(content(context, `${slot}`))));
  await settle();
  // Both lie in the bucket; the writer has heard of neither.
  const [one, two] = [...gate.held];
  gate.holds = (operation, key) => operation === 'create' || (operation === 'get' && key.endsWith('1.wal'));
  one?.loseReply();
  two?.loseReply();
  await settle();
  gate.holds = () => false;
  await writer.proveOpen();
  gate.passAll();
  await settle();
  assert.deepEqual(
    appended.map(({ outcome }) => outcome),
    ['resolved', 'resolved'],
  );
  assert.equal(writer.fenced.aborted, false);
});

test('rule-18 while the store is away there is no proof, and no wrong answer', async () => {
  const w = world();
  const { writer, gate } = await gated(w);
  const proof = watch(writer.proveOpen());
  for (let attempt = 0; attempt < 10; attempt += 1) {
    await settle();
    gate.held[0]?.refuse('unavailable');
    await w.clock.advance(4900);
  }
  assert.equal(proof.outcome, 'pending');
  gate.holds = () => false;
  await w.clock.advance(20_000);
  assert.equal(proof.outcome, 'resolved');
});

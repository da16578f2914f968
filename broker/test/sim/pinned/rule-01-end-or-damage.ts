import assert from 'node:assert/strict';
import { DamagedStreamError, slotKey } from '../../../src/log/index.ts';
import type { PinnedScenario, RunOptions } from '../scenario.ts';
import { settleFailure } from '../settle.ts';
import { Latch, LogBench, content } from './log-bench.ts';

/** Twenty acked slots, one of them in the middle gone: the ones behind it must not become "never acked". */
async function aCommittedSlotVanishes(options?: RunOptions): Promise<void> {
  const bench = new LogBench('rule 01 damage', options);
  const writer = await bench.claim(bench.actor('writer'));
  await bench.appendInTurn(writer, 20);
  bench.vanish(writer.stream, 10);
  const successor = bench.actor('successor');
  const error = await settleFailure(bench.world.scheduler, bench.sealing(successor, writer.stream));
  assert.ok(error instanceof DamagedStreamError, `a hole in acked slots was taken for ${String(error)}`);
  assert.deepEqual(error.missing, { from: 10, to: 10 });
  const sealed = await bench.seal(successor, writer.stream, { onDamage: 'mark-lost' });
  assert.equal(sealed.sealedAt, 21, 'everything behind the lost slot is kept');
  assert.deepEqual(
    sealed.slots.filter((slot) => slot.kind === 'lost').map((slot) => slot.slot),
    [10],
  );
}

/** Nothing lies W beyond the hole: only `committedThrough` of the slots behind it tells. */
async function onlyCommittedThroughTells(options?: RunOptions): Promise<void> {
  const bench = new LogBench('rule 01 committed through', options);
  const writer = await bench.claim(bench.actor('writer'));
  await bench.appendInTurn(writer, 5);
  bench.vanish(writer.stream, 3);
  const error = await settleFailure(bench.world.scheduler, bench.sealing(bench.actor('successor'), writer.stream));
  assert.ok(error instanceof DamagedStreamError, `a hole in acked slots was taken for ${String(error)}`);
}

/** Slots in flight above a gap say nothing: their writer died before the gap was filled. */
async function slotsInFlightAreNoDamage(options?: RunOptions): Promise<void> {
  const bench = new LogBench('rule 01 end', options);
  const held = new Latch();
  const gate = { before: (_operation: string, key: string) => (key.endsWith('02.wal') ? held.promise : undefined) };
  const writer = bench.actor('writer', gate);
  const slots = await bench.claim(writer);
  await bench.appendInTurn(slots, 1);
  for (let i = 2; i <= 7; i++) void slots.append(content(`in flight ${i}`));
  await bench.pass(1_000);
  writer.process.kill('test');
  const sealed = await bench.seal(bench.actor('successor'), slots.stream);
  assert.equal(sealed.sealedAt, 2);
}

/** The slot is on its way while the sealer looks: seen absent, then everything behind it, W of them. */
async function aSlotThatArrivesBetweenTwoLooksIsNoDamage(options?: RunOptions): Promise<void> {
  const bench = new LogBench('rule 01 late', options);
  const late = new Latch();
  const writer = bench.actor('writer', {
    before: (_operation, key) => (key.endsWith('03.wal') ? late.promise : undefined),
  });
  const slots = await bench.claim(writer);
  await bench.appendInTurn(slots, 2);
  const open = Array.from({ length: 8 }, (_, index) => slots.append(content(`in flight ${index}`)));
  await bench.pass(500);
  let looks = 0;
  const listing = new Latch();
  const third = slotKey(slots.stream, 3);
  const successor = bench.actor('successor', {
    before: (operation, key) => {
      if (operation === 'get' && key === third) looks++;
      // The sealer has seen that slot 3 is absent; before it lists what lies behind, the writer goes on.
      return operation === 'list' && looks > 0 ? listing.promise : undefined;
    },
  });
  const sealing = bench.sealing(successor, slots.stream);
  await bench.world.scheduler.run({ untilMs: bench.world.scheduler.nowMs + 5_000, done: () => looks > 0 });
  await bench.pass(100);
  late.open();
  await bench.settle(Promise.all(open));
  await bench.appendInTurn(slots, 12);
  listing.open();
  const sealed = await bench.settle(sealing);
  assert.ok(sealed.sealedAt > 22, `sealed at ${sealed.sealedAt}, below acked slots`);
}

/** Two sealers against a fast writer: a SEAL planted ahead is no sign that slots before it were committed. */
async function aPlantedSealIsNoDamage(options?: RunOptions): Promise<void> {
  const bench = new LogBench('rule 01 planted', options);
  const slots = await bench.claim(bench.actor('writer'));
  await bench.appendInTurn(slots, 3);
  // A sealer that planted ahead and died: its seal lies W+1 slots ahead of the end.
  const other = await bench.claim(bench.actor('other', {}, 1));
  const sealed = await bench.seal(bench.actor('helper', {}, 1), other.stream);
  assert.equal(sealed.sealedAt, 1);
  const planted = await plantSeal(bench, slots.stream, 4 + 9);
  const found = await bench.seal(bench.actor('successor'), slots.stream);
  assert.equal(found.sealedAt, 4, `the planted seal at ${planted} was taken for evidence`);
}

/** Lets a sealer lose its races until it plants, then kills it. */
async function plantSeal(bench: LogBench, stream: Parameters<LogBench['seal']>[1], slot: number): Promise<number> {
  const { freezeSlot, createSlot } = await import('../../../src/log/slot-create.ts');
  const { context } = bench.actor('planter');
  const hlc = context.hlc.now();
  const frozen = freezeSlot(context, stream, {
    slot,
    part: { kind: 'seal', sealedBy: 0, metadataEpoch: 1, clean: false },
    previousHash: undefined,
    committedThrough: 3,
    firstHlc: hlc,
    lastHlc: hlc,
  });
  await bench.settle(createSlot(context, frozen));
  return slot;
}

export const rule01: readonly PinnedScenario[] = [
  { name: 'rule-01 damage: a committed slot that vanished is not an end', run: aCommittedSlotVanishes },
  { name: 'rule-01 committed-through: what later slots say counts', run: onlyCommittedThroughTells },
  { name: 'rule-01 end: slots in flight above a gap are no damage', run: slotsInFlightAreNoDamage },
  {
    name: 'rule-01 late: a slot that arrives between two looks is no damage',
    run: aSlotThatArrivesBetweenTwoLooksIsNoDamage,
  },
  { name: 'rule-01 planted: a seal planted ahead is no damage', run: aPlantedSealIsNoDamage },
];

import assert from 'node:assert/strict';
import { compareHlc } from '../../../src/log/index.ts';
import type { PinnedScenario, RunOptions } from '../scenario.ts';
import { LogBench } from './log-bench.ts';

/** The old leader's clock is an hour fast; what the next one writes must still be later than all that it has read. */
async function timeOnlyRisesAlongHistory(options?: RunOptions): Promise<void> {
  const bench = new LogBench('rule 12', options);
  const fast = bench.actor('fast');
  fast.process.setWallSkew(3_600_000);
  const first = await bench.claim(fast);
  await bench.appendInTurn(first, 3);
  const successor = bench.actor('successor');
  const second = await bench.claim(successor, 'data', 1);
  const old = await bench.seal(successor, first.stream);
  await bench.appendInTurn(second, 2);
  const own = await bench.seal(bench.actor('reader'), second.stream);
  const before = old.slots.at(-1)?.header.lastHlc;
  const after = own.slots[1]?.header.firstHlc;
  assert.ok(before !== undefined && after !== undefined);
  assert.ok(compareHlc(after, before) > 0, 'a slot was given a time before what its writer had read');
}

/** A wall clock that jumps back must not take the stream's time back. */
async function timeNeverFallsInAStream(options?: RunOptions): Promise<void> {
  const bench = new LogBench('rule 12 jump', options);
  const writer = bench.actor('writer');
  const slots = await bench.claim(writer);
  await bench.appendInTurn(slots, 2);
  writer.process.setWallSkew(-600_000);
  await bench.appendInTurn(slots, 2);
  const { slots: read } = await bench.seal(bench.actor('reader'), slots.stream);
  for (const [index, slot] of read.entries()) {
    const before = read[index - 1];
    if (before === undefined) continue;
    assert.ok(
      compareHlc(slot.header.firstHlc, before.header.lastHlc) > 0,
      `slot ${slot.slot} is earlier than the one before`,
    );
  }
}

export const rule12: readonly PinnedScenario[] = [
  { name: 'rule-12 merge: what was read is earlier than what is written after it', run: timeOnlyRisesAlongHistory },
  { name: 'rule-12 jump: hybrid time does not follow a wall clock back', run: timeNeverFallsInAStream },
];

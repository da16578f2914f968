import assert from 'node:assert/strict';
import { hasCode } from '../../../src/edge/index.ts';
import { slotKey } from '../../../src/log/index.ts';
import type { PinnedScenario, RunOptions } from '../scenario.ts';
import { settle, settleFailure } from '../settle.ts';
import { noStoreFaults } from '../sim-store.ts';
import { LogBench, content } from './log-bench.ts';

/** Every answer is lost after the store acted: our own landed slots must not look like somebody else's. */
async function aLostAnswerDoesNotFence(options?: RunOptions): Promise<void> {
  const bench = new LogBench('rule 22 lost answers', options);
  bench.world.bucket.faults = { ...noStoreFaults, resetAfter: 0.5 };
  const writer = await bench.claim(bench.actor('writer'));
  await bench.appendInTurn(writer, 30);
  assert.equal(writer.committedThrough, 30);
}

/** No answer, and nothing there: the slot was not written, whatever the writer hopes. */
async function aLostRequestIsSentAgain(options?: RunOptions): Promise<void> {
  const bench = new LogBench('rule 22 lost requests', options);
  const writer = await bench.claim(bench.actor('writer'));
  bench.world.bucket.faults = { ...noStoreFaults, resetBefore: 0.5 };
  for (let slot = 1; slot <= 30; slot++) {
    await bench.settle(writer.append(content(`slot ${slot}`)));
    assert.ok(
      bench.world.bucket.contents().has(slotKey(writer.stream, slot)),
      `slot ${slot} was acked and is not there`,
    );
  }
}

/** "Exists", and then nothing is there: somebody had the name and it was cleared; the writer must not take it. */
async function existsThenAbsentFences(options?: RunOptions): Promise<void> {
  const bench = new LogBench('rule 22 vanished', options);
  let second = '';
  const actor = bench.actor('writer', {
    before: (operation, key) => {
      if (key === second && operation === 'head' && bench.world.bucket.contents().has(second)) {
        bench.vanish(writer.stream, 2);
      }
      return undefined;
    },
    answerCreate: (key, result) => (key === second ? 'exists' : result),
  });
  const writer = await bench.claim(actor);
  await bench.appendInTurn(writer, 1);
  second = slotKey(writer.stream, 2);
  const failure = await settleFailure(bench.world.scheduler, writer.append(content('two')));
  assert.ok(hasCode(failure, 'FENCED'), String(failure));
}

/** The first slot hangs, the ones behind it have landed: nothing is acked before the prefix is whole. */
async function onlyThePrefixIsAcked(options?: RunOptions): Promise<void> {
  const bench = new LogBench('prefix', options);
  const never = new Promise<void>(() => undefined);
  let held = '';
  const actor = bench.actor('writer', { before: (_operation, key) => (key === held ? never : undefined) });
  const writer = await bench.claim(actor);
  held = slotKey(writer.stream, 1);
  const acked: number[] = [];
  for (let slot = 1; slot <= 5; slot++) {
    void writer.append(content(`slot ${slot}`)).then(
      () => acked.push(slot),
      () => undefined,
    );
  }
  await bench.pass(2_000);
  assert.deepEqual(acked, [], 'slots behind a missing one were acked');
  const sealed = await bench.seal(bench.actor('successor'), writer.stream);
  assert.equal(sealed.sealedAt, 1);
}

/** A writer that is always faster than the sealer: planting ahead ends it. */
async function sealingTerminates(options?: RunOptions): Promise<void> {
  const bench = new LogBench('seal terminates', options);
  const fast = bench.actor('fast');
  const writer = await bench.claim(fast);
  let ended = false;
  const write = async (): Promise<void> => {
    for (;;) await writer.append(content('more'));
  };
  const writing = Promise.all(Array.from({ length: 4 }, write)).catch(() => {
    ended = true;
  });
  let wall = 0;
  const slow = bench.actor('slow', {
    // Whenever the sealer is about to create its seal, the writer has time for two more slots.
    before: (operation) => {
      wall++;
      if (operation !== 'create') return undefined;
      return new Promise((resolve) => slow.process.schedule(60, resolve));
    },
  });
  await bench.pass(500);
  const sealed = await settle(bench.world.scheduler, bench.sealing(slow, writer.stream), 15_000);
  await bench.settle(writing);
  assert.ok(ended && wall > 0);
  assert.ok(sealed.sealedAt > writer.committedThrough);
}

/** At most W slots are on their way, whatever waits: slot n+W is not sent before n is committed. */
async function theWindowHolds(options?: RunOptions): Promise<void> {
  const bench = new LogBench('window', options);
  const never = new Promise<void>(() => undefined);
  let held = '';
  let highest = 0;
  const actor = bench.actor('writer', {
    before: (operation, key) => {
      if (operation === 'create') highest = Math.max(highest, Number(key.slice(-24, -4)));
      return key === held ? never : undefined;
    },
  });
  const writer = await bench.claim(actor);
  await bench.appendInTurn(writer, 1);
  held = slotKey(writer.stream, 2);
  let refused = false;
  for (let i = 0; i < 30 && !refused; i++) {
    try {
      void writer.append(content(`slot ${i}`));
    } catch (error) {
      assert.ok(hasCode(error, 'INVARIANT'));
      refused = true;
    }
  }
  await bench.pass(1_000);
  assert.ok(highest <= 1 + 8, `slot ${highest} was sent while slot 2 was not committed`);
}

export const rule22: readonly PinnedScenario[] = [
  { name: 'rule-22 lost answer: our own landed slot does not fence us', run: aLostAnswerDoesNotFence },
  { name: 'rule-22 lost request: no answer is not success', run: aLostRequestIsSentAgain },
  { name: 'rule-22 vanished: exists, then absent, fences', run: existsThenAbsentFences },
  { name: 'prefix: nothing is acked behind a missing slot', run: onlyThePrefixIsAcked },
  { name: 'seal: planting ahead ends a writer that is always faster', run: sealingTerminates },
  { name: 'rule-01 window: slot n+W is not sent before n is committed', run: theWindowHolds },
];

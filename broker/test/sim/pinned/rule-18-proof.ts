import assert from 'node:assert/strict';
import { hasCode } from '../../../src/edge/index.ts';
import type { PinnedScenario, RunOptions } from '../scenario.ts';
import { settleFailure } from '../settle.ts';
import { LogBench, content } from './log-bench.ts';

/** An idle leader whose stream has been sealed never writes, hence never meets the seal: it has to look. */
async function aSealedIdleLeaderFindsOut(options?: RunOptions): Promise<void> {
  const bench = new LogBench('rule 18 idle', options);
  const zombie = await bench.claim(bench.actor('zombie'));
  await bench.appendInTurn(zombie, 3);
  await bench.settle(zombie.proveOpen());
  await bench.seal(bench.actor('successor'), zombie.stream);
  const failure = await settleFailure(bench.world.scheduler, zombie.proveOpen());
  assert.ok(hasCode(failure, 'FENCED'), String(failure));
}

/** A look that began before the question says nothing about the time after it. */
async function aLookThatBeganEarlierDoesNotCount(options?: RunOptions): Promise<void> {
  const bench = new LogBench('rule 18 begun', options);
  const actor = bench.actor('zombie');
  const zombie = await bench.claim(actor);
  await bench.appendInTurn(zombie, 1);
  const first = zombie.proveOpen();
  // The look has found nothing, its answer is on the way when the process is stopped and the stream sealed.
  await bench.untilStoreSays('zombie head');
  actor.process.freeze();
  await bench.seal(bench.actor('successor'), zombie.stream);
  const second = zombie.proveOpen();
  actor.process.resume();
  await bench.settle(first.catch(() => undefined));
  const failure = await settleFailure(bench.world.scheduler, second);
  assert.ok(hasCode(failure, 'FENCED'), String(failure));
}

/** A stream that its own writer has ended is not open either. */
async function anOwnSealEndsToo(options?: RunOptions): Promise<void> {
  const bench = new LogBench('rule 18 own seal', options);
  const writer = await bench.claim(bench.actor('writer'));
  await bench.appendInTurn(writer, 2);
  await bench.settle(writer.seal());
  const failure = await settleFailure(bench.world.scheduler, writer.proveOpen());
  assert.ok(hasCode(failure, 'FENCED'), String(failure));
}

/** A slot that was sent before the question may have landed before the seal; only one that was sent after it proves. */
async function aSlotSentEarlierProvesNothing(options?: RunOptions): Promise<void> {
  const bench = new LogBench('rule 18 earlier slot', options);
  const actor = bench.actor('zombie');
  const zombie = await bench.claim(actor);
  await bench.appendInTurn(zombie, 1);
  const appended = zombie.append(content('landed, the answer is late'));
  await bench.untilStoreSays('zombie create');
  actor.process.freeze();
  const sealed = await bench.seal(bench.actor('successor'), zombie.stream);
  assert.equal(sealed.sealedAt, 3, 'the slot had landed');
  const proof = zombie.proveOpen();
  actor.process.resume();
  await bench.settle(appended);
  const failure = await settleFailure(bench.world.scheduler, proof);
  assert.ok(hasCode(failure, 'FENCED'), String(failure));
}

export const rule18: readonly PinnedScenario[] = [
  { name: 'rule-18 idle: a sealed, idle leader finds out when it is asked', run: aSealedIdleLeaderFindsOut },
  {
    name: 'rule-18 begun: a look that began before the question does not count',
    run: aLookThatBeganEarlierDoesNotCount,
  },
  { name: 'rule-18 own seal: a stream that its writer ended is not open', run: anOwnSealEndsToo },
  { name: 'rule-18 earlier slot: a slot sent before the question proves nothing', run: aSlotSentEarlierProvesNothing },
];

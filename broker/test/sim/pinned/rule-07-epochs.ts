import assert from 'node:assert/strict';
import { hasCode } from '../../../src/edge/index.ts';
import { sealEpochs } from '../../../src/log/index.ts';
import type { SlotWriter } from '../../../src/log/index.ts';
import type { PinnedScenario, RunOptions } from '../scenario.ts';
import { settleFailure } from '../settle.ts';
import { LogBench, content } from './log-bench.ts';

/** A leads epoch 1, B has claimed 2 and froze, C claims 3: it seals both, the empty one too. */
async function everyLowerEpochIsSealed(options?: RunOptions): Promise<void> {
  const bench = new LogBench('rule 07', options);
  const a = await bench.claim(bench.actor('a'), 'metadata');
  await bench.appendInTurn(a, 3);
  const frozen = bench.actor('b');
  const b = await bench.claim(frozen, 'metadata', 1);
  frozen.process.freeze();
  const actor = bench.actor('c');
  const c = await bench.claim(actor, 'metadata', 2);
  assert.deepEqual(
    [a, b, c].map((writer) => writer.stream.epoch),
    [1, 2, 3],
  );
  const range = { from: 1, below: 3 };
  const sealed = await bench.settle(
    sealEpochs(actor.context, c.stream, range, () => ({ depth: 'whole', onDamage: 'hold', metadataEpoch: 3 })),
  );
  assert.deepEqual(
    sealed.map((one) => [one.stream.epoch, one.sealedAt]),
    [
      [1, 4],
      [2, 1],
    ],
  );
  frozen.process.resume();
  for (const writer of [a, b]) await assertFenced(bench, writer);
}

async function assertFenced(bench: LogBench, writer: SlotWriter): Promise<void> {
  const failure = await settleFailure(bench.world.scheduler, writer.append(content('too late')));
  assert.ok(hasCode(failure, 'FENCED'), String(failure));
}

export const rule07: readonly PinnedScenario[] = [
  {
    name: 'rule-07 epochs: a controller seals every epoch below its own, empty ones too',
    run: everyLowerEpochIsSealed,
  },
];

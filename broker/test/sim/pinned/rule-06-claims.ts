import assert from 'node:assert/strict';
import { slotKey } from '../../../src/log/index.ts';
import type { PinnedScenario, RunOptions } from '../scenario.ts';
import { LogBench } from './log-bench.ts';

/** Garbage collection has taken the slots of a sealed epoch; a delayed claimant that knows nothing of it comes by. */
async function aDelayedClaimantCannotReuseAnEpoch(options?: RunOptions): Promise<void> {
  const bench = new LogBench('rule 06 delayed', options);
  const first = await bench.claim(bench.actor('first'));
  await bench.appendInTurn(first, 10);
  await bench.seal(bench.actor('successor'), first.stream);
  for (let slot = 1; slot <= 10; slot++) bench.vanish(first.stream, slot);
  const delayed = await bench.claim(bench.actor('delayed'), 'data', 0);
  assert.equal(delayed.stream.epoch, 2, 'it took an epoch that had ended');
}

/** The store says "exists" and then nothing is there: that proves nothing, the number is not skipped. */
async function onlyExistsAdvances(options?: RunOptions): Promise<void> {
  const bench = new LogBench('rule 06 dense', options);
  const first = slotKey({ log: 'data', timeline: '0000000001-0a1b2c3d', broker: 0, epoch: 1 }, 0);
  let lies = 1;
  const claimant = bench.actor('claimant', {
    before: (operation, key) => {
      if (operation === 'head' && key === first && bench.world.bucket.contents().has(first)) {
        bench.world.bucket.vanish(first);
      }
      return undefined;
    },
    answerCreate: (key, result) => (key === first && lies-- > 0 ? 'exists' : result),
  });
  const writer = await bench.claim(claimant);
  assert.equal(writer.stream.epoch, 1, 'epoch 1 was skipped: its name is free for a delayed claimant');
}

/** Two processes claim at the same instant with the same words: one of them must get the next epoch (rule 11, write ids). */
async function twinsClaimDifferentEpochs(options?: RunOptions): Promise<void> {
  const bench = new LogBench('rule 11 twins', options);
  const claims = ['a', 'b', 'c'].map((name) => bench.claiming(bench.actor(name)));
  const writers = await bench.settle(Promise.all(claims));
  assert.deepEqual(
    writers.map((writer) => writer.stream.epoch).sort((a, b) => a - b),
    [1, 2, 3],
  );
}

export const rule06: readonly PinnedScenario[] = [
  {
    name: 'rule-06 claim: slot 0 stays, so an ended epoch cannot be claimed again',
    run: aDelayedClaimantCannotReuseAnEpoch,
  },
  { name: 'rule-06 dense: a claim advances only on exists', run: onlyExistsAdvances },
  { name: 'rule-11 twins: the same bytes by two writers are not the same write', run: twinsClaimDifferentEpochs },
];

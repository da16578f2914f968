import assert from 'node:assert/strict';
import { test } from 'node:test';
import { slotLogScenario } from './slot-log/scenario.ts';

test('the same seed gives the same run, event by event', async () => {
  for (const seed of [1, 2, 3]) {
    const [first, second] = [await slotLogScenario.run(seed), await slotLogScenario.run(seed)];
    assert.equal(first.traceHash, second.traceHash);
    assert.equal(first.events, second.events);
  }
});

test('a few seeds of the slot log hold every oracle', async () => {
  for (let seed = 100; seed < 110; seed++) await slotLogScenario.run(seed);
});

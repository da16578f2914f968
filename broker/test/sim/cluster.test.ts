import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clusterScenario } from './cluster/scenario.ts';

test('the same seed gives the same run of broker and clients, event by event', async () => {
  for (const seed of [3, 5]) {
    const [first, second] = [await clusterScenario.run(seed), await clusterScenario.run(seed)];
    assert.equal(first.traceHash, second.traceHash);
    assert.equal(first.events, second.events);
  }
});

test('a few seeds of broker and clients hold every oracle', async () => {
  for (let seed = 100; seed < 106; seed++) await clusterScenario.run(seed);
});

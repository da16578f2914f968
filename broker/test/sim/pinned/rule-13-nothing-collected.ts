import assert from 'node:assert/strict';
import type { PinnedScenario, RunOptions } from '../scenario.ts';
import { FailoverBench } from './failover-bench.ts';

/**
 * A copy that begins late, and that no snapshot has reached, holds everything that the slots say: none of them was taken away because
 * a snapshot sums it up. This release collects nothing; one that does has to know how far the copies are.
 */
async function aLateCopyNeedsNoSnapshot(options?: RunOptions): Promise<void> {
  const bench = new FailoverBench('rule 13', options);
  await bench.start();
  const expected: number[] = [];
  const everThere = new Set<string>();
  for (let life = 0; life < 3; life++) {
    await bench.produce(-1);
    expected.push(life);
    // A clean stop takes a snapshot.
    bench.world.host.stopCleanly(30_000);
    await bench.world.pass(20_000);
    await bench.serving();
    await bench.world.settle(bench.client.refreshPatiently());
    for (const key of bench.west.contents().keys()) if (!key.startsWith('probe/')) everThere.add(key);
  }
  const isSnapshot = (key: string): boolean => key.startsWith('metadata-snapshots/');
  assert.ok([...everThere].some(isSnapshot), 'there are snapshots');
  await bench.world.pass(3_000);
  bench.endPrimary();
  bench.copy(isSnapshot);
  await bench.failOver();
  assert.deepEqual(await bench.numbers(), expected);
  assert.deepEqual(
    [...everThere].filter((key) => !bench.west.contents().has(key)),
    [],
    'what was there once is there for good',
  );
}

export const rule13: readonly PinnedScenario[] = [
  {
    name: 'rule-13 late: a copy that begins late lacks nothing, though every slot has a snapshot that sums it up',
    run: aLateCopyNeedsNoSnapshot,
  },
];

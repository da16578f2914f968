import assert from 'node:assert/strict';
import type { PinnedScenario, RunOptions } from '../scenario.ts';
import { ClusterBench } from './cluster-bench.ts';

const keysOf = (bench: ClusterBench): string[] =>
  [...bench.world.bucket.contents().keys()].filter((key) => !key.startsWith('probe/')).sort();

/** Two processes start at the same instant on an empty bucket: there is one cluster afterwards, and it works. */
async function twoFirstBoots(options?: RunOptions): Promise<void> {
  for (let round = 0; round < 5; round++) {
    const bench = new ClusterBench(`rule 23 two first boots ${round}`, options);
    const { host } = bench.world;
    host.start();
    host.newVolume();
    host.start();
    await bench.serving();
    assert.equal(keysOf(bench).filter((key) => key.startsWith('timelines/')).length, 1, 'one root timeline counts');
    await bench.createTopic();
    await bench.produce(-1);
    await bench.restoreAndCheck();
  }
}

/** The first boot is cut short at every request that it makes; the next one finishes it. */
async function aFirstBootIsCutShort(options?: RunOptions): Promise<void> {
  for (let requests = 1; requests < 60; requests += 3) {
    const bench = new ClusterBench(`rule 23 cut short ${requests}`, options);
    const { world } = bench;
    let seen = 0;
    world.onStoreLine = () => {
      seen++;
      if (seen === requests) world.host.losePower();
    };
    world.host.start();
    await bench.serving();
    world.onStoreLine = () => undefined;
    await bench.createTopic();
    await bench.produce(-1);
    await bench.restoreAndCheck();
  }
}

/** The bucket was emptied under a volume that knows better: nothing is uploaded. */
async function anEmptiedBucketIsRefused(options?: RunOptions): Promise<void> {
  const bench = new ClusterBench('rule 23 emptied', options);
  const { world } = bench;
  await bench.start();
  await bench.produce(-1);
  world.host.kill();
  for (const key of keysOf(bench)) world.bucket.vanish(key);
  await bench.refused('BUCKET_EMPTIED');
  assert.deepEqual(keysOf(bench), []);
}

/** Objects, but no cluster.json: damaged, or not ours. Nothing is written. */
async function aBucketWithoutItsHeadIsRefused(options?: RunOptions): Promise<void> {
  const bench = new ClusterBench('rule 23 headless', options);
  const { world } = bench;
  await bench.start();
  await bench.produce(-1);
  world.host.kill();
  world.bucket.vanish('cluster.json');
  const before = keysOf(bench);
  world.host.volume.disk.wipe();
  await bench.refused('BUCKET_FOREIGN');
  assert.deepEqual(keysOf(bench), before);
}

/** The store cannot be reached: an empty volume waits, however long, and never begins afresh (P9). */
async function anUnreachableStoreIsNotAnEmptyOne(options?: RunOptions): Promise<void> {
  const bench = new ClusterBench('P9 unreachable', options);
  const { world } = bench;
  await bench.start();
  await bench.produce(-1);
  world.host.loseDisk();
  world.bucket.setDown(true);
  const before = keysOf(bench);
  await world.pass(120_000);
  assert.ok(!world.host.serving);
  assert.deepEqual(keysOf(bench), before);
  world.bucket.setDown(false);
  await bench.serving();
  await bench.restoreAndCheck();
}

/** SIGTERM: what was acknowledged from the disk is in the bucket when the process has gone. */
async function aCleanStopLeavesNothingBehind(options?: RunOptions): Promise<void> {
  const bench = new ClusterBench('hole 03 clean stop', options);
  const { world } = bench;
  await bench.start();
  await bench.produce(1);
  await world.pass(1_000);
  world.bucket.faults = { ...world.bucket.faults, latency: { baseMs: 150, jitterMs: 50 } };
  for (let i = 0; i < 10; i++) await bench.produce(1);
  world.host.stopCleanly(30_000);
  const stopping = world.host.current;
  await world.until('the broker has stopped', () => stopping?.process.alive === false);
  await bench.restoreAndCheck();
}

export const rule23: readonly PinnedScenario[] = [
  { name: 'rule-23 race: two first boots make one cluster', run: twoFirstBoots },
  { name: 'rule-23 cut short: a first boot is finished by the next', run: aFirstBootIsCutShort },
  { name: 'rule-23 emptied: a bucket that lost its content is refused', run: anEmptiedBucketIsRefused },
  { name: 'rule-23 headless: objects without cluster.json are refused', run: aBucketWithoutItsHeadIsRefused },
  { name: 'P9: an unreachable store is not an empty one', run: anUnreachableStoreIsNotAnEmptyOne },
  { name: 'hole-03: a clean stop leaves nothing behind on the disk', run: aCleanStopLeavesNothingBehind },
];

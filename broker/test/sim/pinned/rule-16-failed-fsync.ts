import type { PinnedScenario, RunOptions } from '../scenario.ts';
import { noDiskFaults } from '../sim-disk.ts';
import { ClusterBench } from './cluster-bench.ts';

/** The disk does not store what it was told to: nothing is acknowledged on its word. By chance, so several times. */
async function aFailedFsyncAcknowledgesNothing(options?: RunOptions): Promise<void> {
  for (let round = 0; round < 6; round++) {
    const bench = new ClusterBench(`rule 16 ${round}`, options);
    await bench.start();
    await bench.produce(1);
    const { bucket, host } = bench.world;
    await bench.world.pass(1_000);
    bucket.setDown(true);
    host.volume.hadTrouble = true;
    host.volume.disk.faults = { ...noDiskFaults, syncError: 1 };
    for (let i = 0; i < 4; i++) await bench.world.settle(bench.attempt(bench.batch(1), bench.client));
    host.losePower();
    host.volume.disk.faults = noDiskFaults;
    bucket.setDown(false);
    await bench.serving();
    await bench.restoreAndCheck();
  }
}

export const rule16: readonly PinnedScenario[] = [
  { name: 'rule-16 fsync: what a disk failed to store is not acknowledged', run: aFailedFsyncAcknowledgesNothing },
];

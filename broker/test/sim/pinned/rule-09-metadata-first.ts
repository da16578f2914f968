import type { PinnedScenario, RunOptions } from '../scenario.ts';
import { ClusterBench } from './cluster-bench.ts';

/** Metadata may wait ten seconds for their slot; data that depends on them is not acknowledged before they are there. */
async function dataWaitsForItsMetadata(options?: RunOptions): Promise<void> {
  const bench = new ClusterBench('rule 09 interval', options, { metadataUploadIntervalMs: 10_000 });
  await bench.start();
  await bench.produce(-1);
  await bench.restoreAndCheck();
}

/** The same for a group's offsets: the topic that holds them is created on first use. */
async function acksOneSurvivesWithItsTopic(options?: RunOptions): Promise<void> {
  const bench = new ClusterBench('rule 09 acks 1', options, { metadataUploadIntervalMs: 10_000 });
  await bench.start();
  await bench.produce(1);
  bench.world.host.losePower();
  await bench.serving();
  await bench.produce(-1);
  await bench.restoreAndCheck();
}

export const rule09: readonly PinnedScenario[] = [
  { name: 'rule-09 interval: data are acknowledged after the metadata they need', run: dataWaitsForItsMetadata },
  { name: 'rule-09 acks=1: a topic with acknowledged data survives a loss of power', run: acksOneSurvivesWithItsTopic },
];

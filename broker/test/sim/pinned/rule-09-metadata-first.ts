import assert from 'node:assert/strict';
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

/**
 * The newest slot of the metadata log vanishes, and with it a topic whose records were acked: nothing in the metadata log tells,
 * but the data slots do. Nobody begins to write where it was.
 */
async function dataSlotsTellThatMetadataAreLost(options?: RunOptions): Promise<void> {
  const bench = new ClusterBench('rule 09 lost', options, { metadataHeartbeatMs: 600_000 });
  await bench.start();
  await bench.produce(-1);
  const { world } = bench;
  world.host.kill();
  const newest = [...world.bucket.contents().keys()]
    .filter((key) => key.startsWith('metadata-wal/'))
    .sort()
    .at(-1);
  assert.ok(newest !== undefined && world.bucket.vanish(newest));
  await bench.refused('DAMAGED_STREAM');
  assert.ok(!world.bucket.contents().has(newest), 'the name is free for the copy that may be put back');
}

export const rule09: readonly PinnedScenario[] = [
  { name: 'rule-09 interval: data are acknowledged after the metadata they need', run: dataWaitsForItsMetadata },
  { name: 'rule-09 acks=1: a topic with acknowledged data survives a loss of power', run: acksOneSurvivesWithItsTopic },
  { name: 'rule-09 lost: data slots tell that metadata before them are lost', run: dataSlotsTellThatMetadataAreLost },
];

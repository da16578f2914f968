import { RecordDeleter } from '../clients/record-deleter.ts';
import type { PinnedScenario, RunOptions } from '../scenario.ts';
import { ClusterBench } from './cluster-bench.ts';

/**
 * A batch of an idempotent producer is acked, the answer is lost. Before the producer tries again, its record is deleted and the
 * broker loses everything but the bucket, twice: what is remembered of it lies below the log start by then.
 */
async function whatWasDeletedIsStillRecognised(options?: RunOptions): Promise<void> {
  const bench = new ClusterBench('producers deleted', options);
  const topic = await bench.start();
  const { world, client } = bench;
  const idempotent = bench.batch(-1, client, 5_000_000);
  await world.settle(bench.deliver(idempotent, client));
  const deleter = new RecordDeleter(world, world.client('deleter'), { targets: [], pauseMs: 0 });
  await world.settle(deleter.deletePatiently(topic.name, 0, 1));
  for (let round = 0; round < 2; round++) {
    world.host.retire();
    world.host.restoreFromBucket();
    await bench.serving();
  }
  await world.settle(bench.deliver(idempotent, client));
  await bench.produce(-1);
  await bench.restoreAndCheck();
}

export const producers: readonly PinnedScenario[] = [
  { name: 'producers deleted: a deleted batch that comes again is a duplicate', run: whatWasDeletedIsStillRecognised },
];

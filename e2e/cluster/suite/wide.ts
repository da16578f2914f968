import type { Scenario } from './scenario.ts';
import { Workload } from './workload.ts';
import type { World } from './world.ts';

/** From the deletion of the pod to the first record that a client has written, and to the first that it has read. */
async function measure(world: World, workload: Workload, withVolume: boolean): Promise<string> {
  const { cluster } = world;
  let deletedAtMs = 0;
  const { report, records } = await workload.measure(async () => {
    const [pod, claim] = [await cluster.uid(cluster.pod), await cluster.uid(cluster.claim)];
    deletedAtMs = Date.now();
    if (withVolume) await cluster.deletePodAndVolume(true);
    else await cluster.deletePod(true);
    if (withVolume) await cluster.whenReplaced(claim, cluster.claim);
    await cluster.whenReplaced(pod);
    await cluster.whenReady();
  });
  const since = (atMs: number): string => `${((atMs - deletedAtMs) / 1000).toFixed(1)} s`;
  const { produce, fetch } = report;
  return `${withVolume ? 'with its volume' : 'pod'}: produce ${since(produce.endedAtMs)}, fetch ${since(fetch.endedAtMs)}, ${records}`;
}

export const wide: Scenario = {
  name: 'wide',
  what: '1,000 partitions: from deletion to first produce, fetch',
  play: async (world) => {
    const workload = new Workload(() => world.client, { topic: 'wide', partitions: 1_000, atOnce: 100 });
    await workload.create();
    await workload.underLoad(() => Promise.resolve());
    const pod = await measure(world, workload, false);
    return `${pod}; ${await measure(world, workload, true)}`;
  },
};

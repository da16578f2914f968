import type { Scenario } from './scenario.ts';
import { at } from '../api-client.ts';

/** What is lost with pods, volumes and namespaces comes back by itself. */
export const losses: readonly Scenario[] = [
  {
    name: 'pod',
    what: 'pod deleted',
    play: async (world) => {
      const { cluster } = world;
      const uid = await cluster.uid(cluster.pod);
      return world.underLoad(async () => {
        await cluster.deletePod();
        await cluster.whenReplaced(uid);
        await cluster.whenReady();
      });
    },
  },
  {
    name: 'main-job',
    what: 'pod and volume deleted at once, without a word',
    play: async (world) => {
      const { cluster } = world;
      const [pod, claim] = [await cluster.uid(cluster.pod), await cluster.uid(cluster.claim)];
      const measured = await world.underLoad(async () => {
        await cluster.deletePodAndVolume(true);
        await cluster.whenReplaced(claim, cluster.claim);
        await cluster.whenReplaced(pod);
        await cluster.whenReady();
      });
      const { mode, records } = at(await world.api.find(cluster.path), 'status.nodes.0.lastRecovery') as {
        readonly mode: string;
        readonly records: number;
      };
      if (mode !== 'restored') throw new Error(`lastRecovery.mode is ${mode}`);
      return `${measured}, ${records} of them restored`;
    },
  },
];

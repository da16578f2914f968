import type { Scenario } from './scenario.ts';
import { BUCKET } from './world.ts';
import { STORE_KEYS } from './store.ts';

/** Comes first whatever is asked for: everything else happens to what it installs. */
export const install: Scenario = {
  name: 'install',
  what: 'operator by Helm, a cluster by kubectl apply',
  play: async (world) => {
    await world.createNamespace('clients');
    await world.createNamespace('shop');
    await world.store.start();
    await world.startClient();
    await world.client.createBucket({ endpoint: world.store.endpoint, keys: STORE_KEYS, bucket: BUCKET });
    const startedMs = performance.now();
    world.installOperator('install');
    const installedMs = performance.now();
    await world.apply(world.manifest());
    await world.cluster.whenReady();
    const readyMs = performance.now();
    await world.orders.create();
    const load = await world.orders.underLoad(() => Promise.resolve());
    const seconds = (fromMs: number, toMs: number): string => `${((toMs - fromMs) / 1000).toFixed(1)} s`;
    return `operator ${seconds(startedMs, installedMs)}, cluster ${seconds(installedMs, readyMs)}; ${load}`;
  },
};

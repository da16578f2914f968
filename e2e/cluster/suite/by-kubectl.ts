import { documentedCommands } from '../../support/documented-commands.ts';
import { Cluster } from './cluster.ts';
import { PodClient } from './pod-client.ts';
import type { Scenario } from './scenario.ts';
import { Workload } from './workload.ts';
import type { World } from './world.ts';

const NAMESPACE = 'chronik';
const CRD = 'crd/chronikclusters.chronik.stream';

/** The quick start of the README, word by word, on a cluster that has never heard of Chronik: what the others used goes first. */
export const byKubectl: Scenario = {
  name: 'kubectl',
  what: 'quick start of the README; pod and volume deleted',
  play: async (world) => {
    removeAll(world);
    const startedMs = performance.now();
    world.shell(documentedCommands('README.md', 'kubernetes'));
    const readySeconds = (performance.now() - startedMs) / 1000;
    const demo = new Cluster(world.api, NAMESPACE, 'demo');
    const client = await PodClient.start(world.api, 'clients', 'client-of-demo', demo.bootstrap);
    const workload = new Workload(() => client.operations, { topic: 'demo', partitions: 3, atOnce: 3 });
    await workload.create();
    const measured = await workload.underLoad(async () => {
      world.shell(documentedCommands('README.md', 'kubernetes-loss'));
      await demo.whenReady();
    });
    await client.stop();
    world.kubectl('delete', '-n', NAMESPACE, 'chk/demo', '--timeout=120s');
    return `Ready after ${readySeconds.toFixed(1)} s; ${measured}`;
  },
};

/** Uninstalling the chart keeps definition and clusters, as it promises; then they go, too. */
function removeAll(world: World): void {
  const { cluster } = world;
  world.kubectl('delete', 'chk', '--all', '-n', cluster.namespace, '--timeout=180s');
  world.helm('uninstall', 'chronik-operator', '-n', NAMESPACE, '--wait');
  world.kubectl('get', CRD);
  world.kubectl('delete', CRD, '--timeout=60s');
  world.kubectl('delete', 'namespace', NAMESPACE, '--timeout=60s');
}

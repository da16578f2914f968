import { at } from '../api-client.ts';
import type { Cluster } from './cluster.ts';
import type { Scenario } from './scenario.ts';
import { NotPlayed } from './scenario.ts';
import type { World } from './world.ts';

/** Resolves once pod and volume are new ones and the broker serves. */
export async function loseEverything(cluster: Cluster): Promise<void> {
  const [pod, claim] = [await cluster.uid(cluster.pod), await cluster.uid(cluster.claim)];
  await cluster.deletePodAndVolume(true);
  await cluster.whenReplaced(claim, cluster.claim);
  await cluster.whenReplaced(pod);
  await cluster.whenReady();
}

/** How many records the last start found in the bucket; throws unless it restored onto an empty volume. */
export async function restoredRecords(world: World): Promise<number> {
  const recovery = at(await world.api.find(world.cluster.path), 'status.nodes.0.lastRecovery');
  if (at(recovery, 'mode') !== 'restored') throw new Error(`lastRecovery is ${JSON.stringify(recovery)}`);
  return Number(at(recovery, 'records'));
}

const mainJob: Scenario = {
  name: 'main-job',
  what: 'pod and volume deleted at once, without a word',
  play: async (world) => {
    const { cluster } = world;
    // What a person sees of it.
    const watched = world.watch('get', 'chk', '-n', cluster.namespace);
    let measured: string;
    try {
      measured = await world.orders.underLoad(() => loseEverything(cluster));
    } finally {
      console.log(watched());
    }
    console.log(world.kubectl('describe', 'chk', cluster.name, '-n', cluster.namespace));
    return `${measured}, ${await restoredRecords(world)} restored`;
  },
};

const pod: Scenario = {
  name: 'pod',
  what: 'pod deleted',
  play: (world) =>
    world.orders.underLoad(async () => {
      const { cluster } = world;
      const uid = await cluster.uid(cluster.pod);
      await cluster.deletePod();
      await cluster.whenReplaced(uid);
      await cluster.whenReady();
    }),
};

const killed: Scenario = {
  name: 'killed',
  what: 'process killed, restarted in place',
  play: (world) => {
    const { own } = world.kube;
    if (own === undefined) throw new NotPlayed('the node of this cluster is not ours');
    return world.orders.underLoad(async () => {
      const found = await world.api.find(world.cluster.pod);
      const id = String(at(found, 'status.containerStatuses.0.containerID')).replace('containerd://', '');
      own.node.containers('tasks', 'kill', '--signal', 'SIGKILL', id);
      await world.cluster.whenRestarted(Number(at(found, 'status.containerStatuses.0.restartCount')));
      await world.cluster.whenReady();
    });
  },
};

const namespace: Scenario = {
  name: 'namespace',
  what: 'namespace deleted, made again, same manifest',
  play: async (world) => {
    const measured = await world.orders.underLoad(async () => {
      const { cluster } = world;
      world.kubectl('delete', 'namespace', cluster.namespace, '--wait', '--timeout=180s');
      await world.createNamespace(cluster.namespace);
      // The operator's roles in it went with it.
      world.installOperator('upgrade');
      await world.apply(world.manifest());
      await cluster.whenReady(180);
    });
    return `${measured}, ${await restoredRecords(world)} restored`;
  },
};

const drain: Scenario = {
  name: 'drain',
  what: 'node cordoned, broker evicted, node back',
  play: (world) =>
    world.orders.underLoad(async () => {
      const { cluster } = world;
      const node = String(at(await world.api.find(cluster.pod), 'spec.nodeName'));
      const uid = await cluster.uid(cluster.pod);
      const selector = `--pod-selector=chronik.stream/cluster=${cluster.name}`;
      world.kubectl('drain', node, '--delete-emptydir-data', selector, '--timeout=120s');
      await cluster.whenReplaced(uid);
      await cluster.whenCondition('Ready', 'False', /NoPod|Starting|Unschedulable/);
      world.kubectl('uncordon', node);
      await cluster.whenReady();
    }),
};

/** What is lost with pods, volumes and namespaces comes back by itself. */
export const losses: readonly Scenario[] = [mainJob, pod, killed, drain, namespace];

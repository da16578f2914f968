// Ways in which designs like this one lost data on clusters, each played here so that it cannot return.
import { join } from 'node:path';
import { at } from '../api-client.ts';
import { Cluster } from './cluster.ts';
import { loseEverything, restoredRecords } from './losses.ts';
import type { Scenario } from './scenario.ts';
import { ROOT } from './world.ts';
import type { World } from './world.ts';

const blankReplacement: Scenario = {
  name: 'hole-07',
  what: 'blank replacement boots while the store is away',
  play: async (world) => {
    const { cluster } = world;
    const lineage = at(await world.api.find(cluster.path), 'status.lineage');
    const measured = await world.orders.underLoad(async () => {
      const [pod, claim] = [await cluster.uid(cluster.pod), await cluster.uid(cluster.claim)];
      await world.store.whileAway(async () => {
        await cluster.deletePodAndVolume(true);
        await cluster.whenReplaced(claim, cluster.claim);
        await cluster.whenReplaced(pod);
        // It has nothing, and clients ask it for topics all the time: it says what it waits for, and makes nothing up.
        await cluster.whenCondition('Ready', 'False', /Starting|Restoring|Holding/);
        await cluster.whenCondition('ObjectStoreReachable', 'False', /Unreachable/);
        const found = await world.api.find(cluster.pod);
        if (at(found, 'status.containerStatuses.0.ready') !== false) {
          throw new Error('a blank broker serves without its store');
        }
      });
      await cluster.whenReady();
    });
    const now = at(await world.api.find(cluster.path), 'status.lineage');
    if (now !== lineage) throw new Error(`lineage ${String(now)} instead of ${String(lineage)}`);
    return `${measured}, ${await restoredRecords(world)} restored`;
  },
};

const emptyNewcomer: Scenario = {
  name: 'hole-31',
  what: 'newer, empty clusters on the same bucket must not win',
  play: async (world) => {
    const { cluster } = world;
    const newer = new Cluster(world.api, cluster.namespace, 'newer');
    const impostor = new Cluster(world.api, cluster.namespace, 'impostor');
    await installChart(world, newer, 'newer');
    await newer.whenReady();
    // The same place in the bucket, while its owner runs.
    const [, manifest] = world.manifest({}, impostor);
    const measured = await world.orders.underLoad(async () => {
      await world.apply([manifest]);
      await impostor.whenCondition('Ready', 'False', /OTHER_INSTALLATION_ALIVE|BUCKET|LINEAGE/);
      await loseEverything(cluster);
    });
    const ready = await impostor.condition('Ready');
    if (ready?.status !== 'False') throw new Error('two installations serve one history');
    const restored = await restoredRecords(world);
    world.kubectl('delete', 'chk', impostor.name, '-n', cluster.namespace, '--wait', '--timeout=120s');
    world.helm('uninstall', newer.name, '-n', cluster.namespace, '--wait');
    return `${measured}, ${restored} restored`;
  },
};

/** By the other chart, as its user would. */
function installChart(world: World, { name, namespace }: Cluster, prefix: string): Promise<void> {
  const s3 = Object.entries({ bucket: 'chronik', endpoint: world.store.endpoint, prefix });
  const values = s3.flatMap(([key, value]) => ['--set', `spec.objectStore.s3.${key}=${value}`]);
  const secret = ['--set', 'spec.objectStore.credentials.secretRef.name=bucket'];
  world.helm('install', name, join(ROOT, 'charts/chronik-cluster'), '-n', namespace, ...values, ...secret);
  return Promise.resolve();
}

const keptVolume: Scenario = {
  name: 'hole-41',
  what: 'resource deleted, its volume kept, same manifest again',
  play: async (world) => {
    const { cluster } = world;
    const claim = await cluster.uid(cluster.claim);
    const measured = await world.orders.underLoad(async () => {
      world.kubectl('delete', 'chk', cluster.name, '-n', cluster.namespace, '--wait', '--timeout=180s');
      await world.apply(world.manifest());
      await cluster.whenReady();
    });
    if ((await cluster.uid(cluster.claim)) !== claim) throw new Error('the volume was not kept');
    const mode = at(await world.api.find(cluster.path), 'status.nodes.0.lastRecovery.mode');
    if (mode !== 'attached') throw new Error(`the kept volume was not used: ${String(mode)}`);
    return measured;
  },
};

/** What a pod is for the store: account, credentials, settings; of all its containers. */
async function identityOf(world: World): Promise<string> {
  const pod = await world.api.find(world.cluster.pod);
  const containers = ['initContainers', 'containers'].flatMap(
    (kind) => (at(pod, `spec.${kind}`) ?? []) as readonly object[],
  );
  const parts = containers.map((one) =>
    ['name', 'image', 'env', 'envFrom', 'volumeMounts'].map((field) => at(one, field)),
  );
  return JSON.stringify([at(pod, 'spec.serviceAccountName'), at(pod, 'spec.securityContext'), parts]);
}

const sameIdentity: Scenario = {
  name: 'hole-42',
  what: 'the pod that restores is who the lost one was',
  play: async (world) => {
    const before = await identityOf(world);
    const measured = await world.orders.underLoad(() => loseEverything(world.cluster));
    const after = await identityOf(world);
    if (after !== before) throw new Error(`before ${before}, after ${after}`);
    if (!before.includes('secretAccessKey')) throw new Error(`no credentials in ${before}`);
    return `${measured}, ${await restoredRecords(world)} restored`;
  },
};

export const holes: readonly Scenario[] = [blankReplacement, emptyNewcomer, keptVolume, sameIdentity];

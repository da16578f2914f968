import type { Scenario } from './scenario.ts';
import { NotPlayed } from './scenario.ts';
import type { World } from './world.ts';

/** Changes the resource and waits until another pod serves. */
async function roll(world: World, spec: object): Promise<void> {
  const { cluster } = world;
  const uid = await cluster.uid(cluster.pod);
  await cluster.patch({ spec });
  await cluster.whenReplaced(uid);
  await cluster.whenReady();
}

const rollConfig: Scenario = {
  name: 'roll-config',
  what: 'a setting is changed',
  play: (world) => world.orders.underLoad(() => roll(world, { config: { CHRONIK_LOG_LEVEL: 'debug' } })),
};

const rollImage: Scenario = {
  name: 'roll-image',
  what: 'the image is changed',
  play: (world) => {
    const { own } = world.kube;
    if (own === undefined) throw new NotPlayed('images of this cluster are not ours to bring');
    const [image] = own.node.containers('images', 'list', '--quiet').match(/\S*\/chronik-broker:\S+/) ?? [''];
    own.node.tag(image, 'docker.io/library/chronik-broker:next');
    return world.orders.underLoad(() => roll(world, { image: 'chronik-broker:next' }));
  },
};

const storeOutage: Scenario = {
  name: 'store-outage',
  what: 'MinIO away until the condition says so, then back',
  play: (world) =>
    world.orders.underLoad(async () => {
      await world.store.whileAway(async () => {
        await world.cluster.whenCondition('ObjectStoreReachable', 'False', /Unreachable/);
      });
      await world.cluster.whenReady();
    }),
};

const hold: Scenario = {
  name: 'hold',
  what: 'Hold: a new volume waits for its release',
  play: async (world) => {
    const { cluster } = world;
    await cluster.patch({ spec: { recovery: { onEmptyVolume: 'Hold' } } });
    await cluster.whenReady();
    const measured = await world.orders.underLoad(async () => {
      const claim = await cluster.uid(cluster.claim);
      await cluster.deletePodAndVolume();
      await cluster.whenReplaced(claim, cluster.claim);
      const { message } = await cluster.whenCondition('Stalled', 'True', /chronik\.stream\/release=/);
      if ((await cluster.phase()) !== 'Holding') throw new Error(`phase ${String(await cluster.phase())}, not Holding`);
      const annotation = /chronik\.stream\/release=[\w-]+/.exec(message)?.[0] ?? '';
      world.kubectl('annotate', 'chk', cluster.name, '-n', cluster.namespace, annotation, '--overwrite');
      await cluster.whenReady();
    });
    await cluster.patch({ spec: { recovery: { onEmptyVolume: 'Auto' } } });
    await cluster.whenReady();
    return measured;
  },
};

/** What users and stores do. */
export const changes: readonly Scenario[] = [rollConfig, rollImage, storeOutage, hold];

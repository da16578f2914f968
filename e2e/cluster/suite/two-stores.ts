import { at } from '../api-client.ts';
import type { BucketAt } from '../client/replicator.ts';
import { until } from '../processes.ts';
import { STORE_KEYS } from './store.ts';
import type { Store } from './store.ts';
import { BUCKET } from './world.ts';
import type { World } from './world.ts';

/** How long an object is on its way to the other store at most; a few take five times as long. */
const DELAY_MS = 2_000;

/** A second region: another S3 server, and somebody who copies to it in no order, as a provider does. */
export async function replicateTo(world: World, maxDataLoss: string): Promise<void> {
  const { cluster, east, store } = world;
  if (!(await east.isThere())) {
    await east.start();
    // The way to a new service takes a moment.
    await until('the bucket in the east', 30, async () => {
      await world.client.createBucket(bucketAt(east));
      return true;
    });
  }
  await startReplication(world, store, east);
  const pod = await cluster.uid(cluster.pod);
  const isNew = at(await world.api.find(cluster.path), 'spec.replicaStores') === undefined;
  await cluster.patch({
    spec: {
      replicaStores: [
        {
          name: 'east',
          s3: { bucket: BUCKET, endpoint: east.endpoint, prefix: 'orders' },
          credentials: { secretRef: { name: 'bucket' } },
        },
      ],
      replication: { managedBy: 'Provider' },
      recovery: { failover: { mode: 'Automatic', store: 'east', after: '10s', maxDataLoss } },
    },
  });
  if (isNew) await cluster.whenReplaced(pod);
  await cluster.whenReady();
  await cluster.whenCondition('ReplicaInSync', 'True', /InSync/);
}

/** Nobody copies any more, and nothing fails over by itself. A store that was named once stays named: the cluster may run on it. */
async function endReplication(world: World): Promise<void> {
  const { cluster } = world;
  await world.client.stopReplication();
  await cluster.patch({ spec: { recovery: { failover: null } } });
  await cluster.whenReady();
}

function startReplication(world: World, from: Store, to: Store): Promise<void> {
  return world.client.startReplication({ from: bucketAt(from), to: bucketAt(to), delayMs: DELAY_MS });
}

function bucketAt({ endpoint }: Store): BucketAt {
  return { endpoint, keys: STORE_KEYS, bucket: BUCKET };
}

export async function activeStore(world: World): Promise<string> {
  const found = at(await world.api.find(world.cluster.path), 'status.activeStore');
  return typeof found === 'string' ? found : 'primary';
}

/** What the operator told while it promoted. */
export interface Told {
  readonly cut: Date;
  readonly lostAt: Date;
}

/** Resolves once clients are served from that store. */
export async function whenRunningOn(world: World, store: string): Promise<Told> {
  const { cluster } = world;
  let told: Told = { cut: new Date(Number.NaN), lostAt: new Date(Number.NaN) };
  await until(`runs on ${store}`, 150, async () => {
    const found = await world.api.find(cluster.path);
    const order = at(found, 'status.failover');
    if (order !== undefined) {
      told = { cut: new Date(String(at(order, 'cutTime'))), lostAt: new Date(String(at(order, 'lostAt'))) };
    }
    return at(found, 'status.activeStore') === store || undefined;
  });
  await cluster.whenReady();
  return told;
}

/**
 * The store of the first region is back: it becomes the other one's copy, nothing goes there by itself, and then one command moves the
 * cluster home under load, without loss.
 */
export async function goHome(world: World): Promise<string> {
  const { cluster, east, store } = world;
  await store.bringBack();
  await startReplication(world, east, store);
  await cluster.whenCondition('ReplicaInSync', 'True', /InSync/, 120);
  if ((await activeStore(world)) !== 'east') throw new Error('it went back by itself');
  const said = await cluster.whenCondition('WriteAuthority', 'True', /chronik\.stream\/switchover=primary@/);
  const command = /kubectl (annotate .*)$/.exec(said.message)?.[1] ?? '';
  const measured = await world.orders.underLoad(async () => {
    world.kubectl(...command.split(' '));
    await whenRunningOn(world, 'primary');
  });
  await endReplication(world);
  return `${measured}; ${await world.orders.check()} afterwards`;
}

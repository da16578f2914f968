import { at } from '../api-client.ts';
import { pause } from '../processes.ts';
import type { Scenario } from './scenario.ts';
import { activeStore, goHome, replicateTo, whenRunningOn } from './two-stores.ts';
import type { Told } from './two-stores.ts';
import { Workload } from './workload.ts';
import type { World } from './world.ts';

/** Long enough for a heartbeat of every log to reach the copy. */
const UNDER_LOAD_MS = 20_000;
/** The status knows whole seconds. */
const GRAIN_MS = 1_000;

/** Plays a loss under load, and holds what it cost against what was told. `loseStore` resolves with that. */
async function losing(world: World, topic: string, loseStore: () => Promise<Told>): Promise<string> {
  const workload = new Workload(() => world.client, { topic, partitions: 3, atOnce: 3 });
  await workload.create();
  let told: Told | undefined;
  const { report, cut, loss, acks } = await workload.measureLoss(async () => {
    await pause(UNDER_LOAD_MS);
    told = await loseStore();
    return new Date(String(at(await world.api.find(world.cluster.path), 'status.lastFailover.cutTime')));
  });
  const before = acks.filter(({ atMs }) => atMs <= cut.getTime()).length;
  if (before === 0) throw new Error('nothing was acknowledged before the cut: this run says nothing');
  const toldMs = Number(told?.lostAt) - Number(told?.cut);
  const costMs = loss.lost === 0 ? 0 : loss.lostToMs - cut.getTime();
  if (!(costMs <= toldMs + GRAIN_MS)) throw new Error(`${costMs} ms of records were lost, told were ${toldMs} ms`);
  // What was written long before is there, whatever happened.
  const orders = await world.orders.check();
  const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;
  const { produce, fetch } = report;
  return (
    `away: produce ${produce.seconds.toFixed(1)} s, fetch ${fetch.seconds.toFixed(1)} s; all ${before} acknowledged before the cut are there, ` +
    `${loss.lost} after it lost, up to ${seconds(costMs)} behind it (told: at most ${seconds(toldMs)}); ${orders}`
  );
}

function show(world: World): void {
  const { name, namespace } = world.cluster;
  console.log(world.kubectl('get', 'chk', name, '-n', namespace, '-o', 'wide'));
  const conditions = '{range .status.conditions[*]}{.type}={.status} {.reason}: {.message}{"\\n"}{end}';
  console.log(world.kubectl('get', 'chk', name, '-n', namespace, '-o', `jsonpath=${conditions}`));
}

async function loseByPolicy(world: World): Promise<Told> {
  const copied = await world.client.stopReplication();
  await world.store.takeAway();
  const told = await whenRunningOn(world, 'east');
  console.log(
    `copied ${copied.copied}, ${copied.overtaken} of them after newer ones, ${copied.onTheWay} lost on their way`,
  );
  return told;
}

const failover: Scenario = {
  name: 'failover',
  what: 'store lost for good: goes on from its copy by policy',
  play: async (world) => {
    await replicateTo(world, '60s');
    const measured = await losing(world, 'payments', () => loseByPolicy(world));
    show(world);
    return measured;
  },
};

const failback: Scenario = {
  name: 'failback',
  what: 'lost store back: a copy now; home by one command',
  play: async (world) => {
    if ((await activeStore(world)) === 'primary') await failover.play(world);
    return goHome(world);
  },
};

const refused: Scenario = {
  name: 'failover-refused',
  what: 'copy too far behind: refused; then by one command',
  play: async (world) => {
    const { cluster } = world;
    if ((await activeStore(world)) === 'east') await goHome(world);
    await replicateTo(world, '5s');
    let asked = '';
    const measured = await losing(world, 'invoices', async () => {
      await world.client.stopReplication();
      await pause(UNDER_LOAD_MS);
      await world.store.takeAway();
      const said = await cluster.whenCondition('Stalled', 'True', /DataLossTooGreat .*maxDataLoss \(5s\)/s);
      asked = said.message;
      show(world);
      if ((await activeStore(world)) !== 'primary') throw new Error('it was promoted although it was refused');
      const command = /kubectl (annotate .*)$/.exec(asked)?.[1] ?? '';
      world.kubectl(...command.split(' '));
      return whenRunningOn(world, 'east');
    });
    const numbers = /at most \S+ s of acknowledged records/.exec(asked)?.[0] ?? asked;
    return `refused: ${numbers}; ${measured}; home: ${await goHome(world)}`;
  },
};

/** One cluster, two stores. In this order: the second goes home from where the first went. */
export const failovers: readonly Scenario[] = [failover, failback, refused];

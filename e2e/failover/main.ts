/**
 * A region is lost under load; the cluster goes on from a replica that was filled in any order, and later goes home again. Real
 * brokers, real clients, two directories for buckets, and a copier that behaves as badly as a provider's. Exits with 1 on any
 * difference between what was promised and what is there.
 */
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, consume, withAdmin } from '../demo/client.ts';
import type { ReadRecord } from '../demo/client.ts';
import { playDemo } from '../demo/play.ts';
import { bold, count, dim, printComparisons, red, step } from '../demo/report.ts';
import { compareMaps, fingerprints, viewCluster } from '../demo/snapshot.ts';
import type { ClusterView } from '../demo/snapshot.ts';
import { removeTree, treeSize } from '../demo/workspace.ts';
import { BrokerProcess } from '../support/broker-process.ts';
import { runChronik } from '../support/chronik-command.ts';
import { freePort } from '../support/ports.ts';
import { compareBeforeCut, compareHistory, compareOffsets, fateOf } from './compare.ts';
import { Load } from './load.ts';
import type { Acknowledged } from './load.ts';
import { MessyCopier } from './messy-copier.ts';

const TARGETS = [
  { topic: 'orders', partitions: 4 },
  { topic: 'payments', partitions: 2 },
];
const TOPICS = TARGETS.map(({ topic }) => topic);
const GROUP = 'billing';
const LOAD_MS = 6_000;
const HEARTBEAT_MS = 300;

/** What `chronik promote --json` says. */
interface Account {
  readonly child: string;
  readonly lossMs: number;
  readonly cut: { readonly time: string };
  readonly heldBackBy: string;
  readonly clampedOffsets: readonly unknown[];
  readonly beyond: { readonly slots: number; readonly partitions: readonly { readonly records: number }[] };
}

const leftovers: { broker?: BrokerProcess; root?: string; copier?: MessyCopier } = {};

class Demo {
  readonly #root: string;
  readonly #west: string;
  readonly #east: string;
  #lives = 0;

  constructor(root: string) {
    this.#root = root;
    this.#west = join(root, 'west');
    this.#east = join(root, 'east');
  }

  async run(): Promise<boolean> {
    const first = await step(
      'start a broker on the bucket of the west',
      () => this.#launch('primary'),
      (broker) => `broker started on the bucket of the west, with the east as its replica (pid ${broker.pid})`,
    );
    leftovers.copier = new MessyCopier(this.#west, this.#east);
    await createTopics(first);
    const load = new Load(TARGETS, 'first');
    const before = await this.#underLoad(first, load);
    await this.#loseTheWest(first, load, leftovers.copier);
    const account = await this.#promote();
    const isKept = await this.#compareFailover(load, before, account);
    return (await this.#goHome()) && isKept;
  }

  get #stores(): Readonly<Record<string, string>> {
    return {
      LOCAL_STORAGE_PATH: this.#west,
      CHRONIK_REPLICA_STORES: 'east',
      CHRONIK_REPLICA_EAST_OBJECT_STORE_BACKEND: 'local',
      CHRONIK_REPLICA_EAST_LOCAL_STORAGE_PATH: this.#east,
    };
  }

  /** A broker on an empty disk of its own. */
  async #launch(store: 'primary' | 'east'): Promise<BrokerProcess> {
    leftovers.broker = BrokerProcess.launch({
      port: await freePort(),
      httpPort: await freePort(),
      dataDirectory: this.#dataDirectory(++this.#lives),
      environment: {
        ...this.#stores,
        CHRONIK_ACTIVE_STORE: store,
        CHRONIK_METADATA_HEARTBEAT_MS: String(HEARTBEAT_MS),
      },
    });
    await leftovers.broker.ready();
    return leftovers.broker;
  }

  #dataDirectory(life: number): string {
    return join(this.#root, `data-${life}`);
  }

  async #underLoad(broker: BrokerProcess, load: Load): Promise<ClusterView> {
    await step(
      'write with acks=all, without a pause',
      async () => {
        await load.start(broker.bootstrap);
        await wait(LOAD_MS / 2);
        await consume(connect(broker.bootstrap), GROUP, TOPICS, load.acknowledged.length);
        await wait(LOAD_MS / 2);
      },
      () => `${count(load.acknowledged.length)} records acknowledged so far, group ${GROUP} committed on the way`,
    );
    return viewCluster(broker.bootstrap, TOPICS, [GROUP]);
  }

  /** Broker, disk and bucket are gone at once, in the middle of everything. */
  async #loseTheWest(broker: BrokerProcess, load: Load, copier: MessyCopier): Promise<void> {
    await broker.stop('SIGKILL');
    const bucket = await treeSize(this.#west);
    await Promise.all([removeTree(this.#west), removeTree(this.#dataDirectory(this.#lives))]);
    await Promise.all([load.stop(), copier.sourceLost()]);
    const { copied, lost, overtaken } = copier.counts;
    console.log(
      `  ${red('✖')} kill -9 ${broker.pid}, its disk and the whole bucket of the west deleted ${dim(`(${count(bucket.files)} objects)`)}`,
    );
    console.log(
      `  ${dim('·')} left: a copy in the east, ${count(copied)} objects ` +
        dim(`(${count(overtaken)} came after newer ones, ${count(lost)} were on their way and never came)`),
    );
  }

  async #promote(): Promise<Account> {
    const preview = await this.#command(['cut', 'show', '--store', 'east']);
    const told = preview.split('\n').find((line) => line.startsWith('held back')) ?? '';
    console.log(`  ${dim('·')} chronik cut show: ${told.replace(/^held back +/, '')}`);
    const account = await step(
      'promote the copy',
      async () =>
        JSON.parse(await this.#command(['promote', '--store', 'east', '--max-data-loss', '60s', '--json'])) as Account,
      ({ child }) => `chronik promote --store east: timeline ${child} begins`,
    );
    return account;
  }

  async #compareFailover(load: Load, before: ClusterView, account: Account): Promise<boolean> {
    const broker = await step(
      'start a broker on the bucket of the east',
      () => this.#launch('east'),
      (started) => `broker started on an empty disk and the bucket of the east (pid ${started.pid})`,
    );
    const after = await viewCluster(broker.bootstrap, TOPICS, [GROUP]);
    const read = await readAll(broker, after);
    const cutMs = Date.parse(account.cut.time);
    const fate = fateOf(load.acknowledged, read);
    tellFate(fate.kept, fate.lost, cutMs, account);
    return printComparisons([
      compareMaps('topics and partitions', before.topics, after.topics),
      compareMaps('topic configurations', before.configs, after.configs),
      compareHistory(load.acknowledged, read),
      compareBeforeCut(fate, cutMs),
      compareOffsets(before.groupOffsets, after.groupOffsets, after.endOffsets),
    ]);
  }

  /** The west has a bucket again; the cluster goes back as planned, and loses nothing. */
  async #goHome(): Promise<boolean> {
    const east = leftovers.broker!;
    console.log(`\n  ${bold('and home again')}`);
    leftovers.copier = new MessyCopier(this.#east, this.#west);
    const load = new Load(TARGETS, 'second');
    await step(
      'go on writing in the east',
      async () => {
        await load.start(east.bootstrap);
        await wait(LOAD_MS / 2);
        await load.stop();
      },
      () => `${count(load.acknowledged.length)} more records acknowledged, copied to the west in any order`,
    );
    const before = await viewCluster(east.bootstrap, TOPICS, [GROUP]);
    const recordsBefore = await readAll(east, before);
    await step('stop the broker in good order', () => east.stop('SIGTERM'));
    const { child } = await step(
      'wait for the copy and switch over',
      async () => JSON.parse(await this.#command(['switchover', '--store', 'primary', '--json'])) as Account,
      (account) => `chronik switchover --store primary: timeline ${account.child} begins`,
    );
    const west = await step(
      'start a broker in the west',
      () => this.#launch('primary'),
      (started) => `broker started on an empty disk and the bucket of the west (pid ${started.pid})`,
    );
    const after = await viewCluster(west.bootstrap, TOPICS, [GROUP]);
    const recordsAfter = await readAll(west, after);
    const isHome = printComparisons([
      compareMaps('topics and partitions', before.topics, after.topics),
      compareMaps('topic configurations', before.configs, after.configs),
      compareMaps('log start and end offsets', before.endOffsets, after.endOffsets),
      compareMaps('committed group offsets', before.groupOffsets, after.groupOffsets),
      compareMaps('records, byte for byte, by offset', fingerprints(recordsBefore), fingerprints(recordsAfter)),
    ]);
    await west.stop('SIGTERM');
    return isHome && child !== '';
  }

  async #command(args: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await runChronik(args, this.#stores);
    if (code !== 0) throw new Error(`chronik ${args.join(' ')} ended with ${code}\n${stderr}${stdout}`);
    return stdout;
  }
}

function tellFate(kept: readonly Acknowledged[], lost: readonly Acknowledged[], cutMs: number, account: Account): void {
  const lastMs = Math.max(...[...kept, ...lost].map(({ atMs }) => atMs));
  const seen = account.beyond.partitions.reduce((sum, { records }) => sum + records, 0);
  const ageMs = Math.max(0, lastMs - cutMs);
  console.log(`\n  ${bold('what became of the acknowledged records')}`);
  console.log(`  ${'kept'.padEnd(34)}${count(kept.length).padStart(16)}`);
  console.log(`  ${'lost: acknowledged after the cut'.padEnd(34)}${count(lost.length).padStart(16)}`);
  console.log(`  ${'cut before the last answer'.padEnd(34)}${`${count(ageMs)} ms`.padStart(16)}`);
  console.log(
    `  ${'in the copy, beyond the cut'.padEnd(34)}${count(seen).padStart(16)}   ${dim('kept aside, told in the account')}`,
  );
  console.log(`  ${'group offsets brought back'.padEnd(34)}${count(account.clampedOffsets.length).padStart(16)}`);
}

async function createTopics(broker: BrokerProcess): Promise<void> {
  await withAdmin(connect(broker.bootstrap), (admin) =>
    admin.createTopics({
      waitForLeaders: true,
      topics: TARGETS.map(({ topic, partitions }) => ({ topic, numPartitions: partitions, replicationFactor: 1 })),
    }),
  );
}

let readers = 0;

async function readAll(broker: BrokerProcess, { endOffsets }: ClusterView): Promise<readonly ReadRecord[]> {
  const total = [...endOffsets.values()].reduce((sum, range) => sum + Number(range.split('..')[1]), 0);
  return consume(connect(broker.bootstrap), `auditor-${++readers}`, TOPICS, total);
}

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

async function cleanUp(): Promise<void> {
  await leftovers.broker?.stop('SIGKILL');
  await leftovers.copier?.sourceLost();
  if (leftovers.root !== undefined) await removeTree(leftovers.root);
}

await playDemo({
  headline: 'lose a region under load, go on from a copy made in any order',
  run: async () => {
    leftovers.root = await mkdtemp(join(tmpdir(), 'chronik-failover-'));
    return await new Demo(leftovers.root).run();
  },
  moral: 'Everything up to the cut was kept, and the way home lost nothing.',
  cleanUp,
});

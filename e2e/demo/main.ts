/**
 * The promise of Chronik on real data: a broker is killed and its disk deleted; started again, it has everything. A real client
 * writes and reads; every record, offset, group and configuration is compared. Exits with 1 on any difference.
 */
import { connect, consume, produce, withAdmin } from './client.ts';
import type { ReadRecord } from './client.ts';
import { CITIES, COUNTRIES, demoRecords } from './dataset.ts';
import type { DemoRecord } from './dataset.ts';
import { playDemo } from './play.ts';
import { count, dim, megabytes, printComparisons, red, step } from './report.ts';
import { compareMaps, compareWithSource, fingerprints, startingPoints, viewCluster } from './snapshot.ts';
import type { ClusterView } from './snapshot.ts';
import { createWorkspace, removeTree, treeSize } from './workspace.ts';
import type { Workspace } from './workspace.ts';
import { BrokerProcess } from '../support/broker-process.ts';
import { freePort } from '../support/ports.ts';
import { STORES } from '../stores/servers.ts';
import type { StoreServer } from '../stores/server.ts';

const TOPICS = [CITIES, COUNTRIES];
/** Reads everything and commits at the end. */
const ATLAS = 'atlas';
/** Reads everything, but commits a third of the way, as if it had been slow. */
const WALKER = 'walker';

/** What must be gone when the demo ends, however it ends. */
const leftovers: { broker?: BrokerProcess; workspace?: Workspace; store?: StoreServer } = {};

interface Before {
  readonly view: ClusterView;
  readonly records: readonly ReadRecord[];
}

async function main(): Promise<boolean> {
  const workspace = await createWorkspace();
  leftovers.workspace = workspace;
  const bucket = await openBucket(workspace);
  const settings = {
    port: await freePort(),
    httpPort: await freePort(),
    dataDirectory: workspace.data,
    environment: bucket,
  };
  const launch = async (): Promise<BrokerProcess> => {
    leftovers.broker = BrokerProcess.launch(settings);
    await leftovers.broker.ready();
    return leftovers.broker;
  };
  const first = await step(
    'start a broker on an empty bucket',
    launch,
    (b) => `broker started on an empty bucket (pid ${b.pid})`,
  );
  const records = demoRecords();
  const before = await fill(first, records);
  await destroy(first, workspace);
  const second = await step('start again', launch, describeRestart);
  const identical = await compare(second, records, before);
  await second.stop('SIGTERM');
  return identical;
}

/** The variables that name the bucket: a directory, or with STORE=s3, gcs or azure one in a real server of that kind. */
async function openBucket(workspace: Workspace): Promise<Readonly<Record<string, string>>> {
  const name = process.env['STORE'] ?? '';
  if (name === '') return { LOCAL_STORAGE_PATH: workspace.bucket };
  const start = Object.entries(STORES).find(([known]) => known === name)?.[1];
  if (start === undefined) throw new Error(`STORE=${name}: one of ${Object.keys(STORES).join(', ')}`);
  leftovers.store = await step(
    `start a store (${name})`,
    () => start(workspace.bucket),
    () => `store started (${name})`,
  );
  return leftovers.store.environment;
}

/** What the broker itself says of its restore. */
function describeRestart(broker: BrokerProcess): string {
  const ready = broker.log.find((line) => line.message === 'Broker is ready');
  const restoreMs = Number(ready?.['restoreMs']);
  return `started again: the bucket alone restored everything in ${count(restoreMs)} ms (pid ${broker.pid})`;
}

async function fill(broker: BrokerProcess, records: readonly DemoRecord[]): Promise<Before> {
  const kafka = connect(broker.bootstrap);
  await step(
    'create topics',
    () => createTopics(broker),
    () => `topics ${CITIES} (6 partitions) and ${COUNTRIES} (1) created`,
  );
  await step(
    `produce ${count(records.length)} records`,
    () => produce(kafka, records, () => undefined),
    () => `${count(records.length)} records produced with acks=all: keys, headers, gzip`,
  );
  const read = await step(
    'consume as two groups',
    async () => {
      const all = await consume(kafka, ATLAS, TOPICS, records.length);
      await consume(kafka, WALKER, TOPICS, records.length, Math.floor(records.length / 3));
      return all;
    },
    () => `groups ${ATLAS} (committed at the end) and ${WALKER} (at a third) read them`,
  );
  return { view: await viewCluster(broker.bootstrap, TOPICS, [ATLAS, WALKER]), records: read };
}

async function createTopics(broker: BrokerProcess): Promise<void> {
  await withAdmin(connect(broker.bootstrap), (admin) =>
    admin.createTopics({
      waitForLeaders: true,
      topics: [
        {
          topic: CITIES,
          numPartitions: 6,
          replicationFactor: 1,
          configEntries: [{ name: 'max.message.bytes', value: '4000000' }],
        },
        { topic: COUNTRIES, numPartitions: 1, replicationFactor: 1 },
      ],
    }),
  );
}

async function destroy(broker: BrokerProcess, workspace: Workspace): Promise<void> {
  const exit = await broker.stop('SIGKILL');
  console.log(`  ${red('✖')} kill -9 ${broker.pid} ${dim(`(ended by ${String(exit.signal)})`)}`);
  const lost = await treeSize(workspace.data);
  await removeTree(workspace.data);
  console.log(
    `  ${red('✖')} rm -rf the data directory ${dim(`(${count(lost.files)} files, ${megabytes(lost.bytes)})`)}`,
  );
  const kept = await treeSize(workspace.bucket);
  const what = leftovers.store === undefined ? 'objects' : 'files on its server';
  console.log(`  ${dim('·')} left: a bucket of ${count(kept.files)} ${what}, ${megabytes(kept.bytes)}`);
}

async function compare(broker: BrokerProcess, records: readonly DemoRecord[], before: Before): Promise<boolean> {
  const after = await viewCluster(broker.bootstrap, TOPICS, [ATLAS, WALKER]);
  const kafka = connect(broker.bootstrap);
  const read = await step(
    'read everything again',
    () => consume(kafka, 'auditor', TOPICS, records.length),
    () => 'everything read again by a new group',
  );
  const committed = [...before.view.groupOffsets].filter(([name]) => name.startsWith(`${WALKER} `));
  const behind = remaining(before, committed);
  const resumed = await step(
    'let the slow group go on',
    () => consume(kafka, WALKER, TOPICS, behind.length),
    () => `group ${WALKER} went on exactly where it had committed`,
  );
  return printComparisons([
    compareMaps('topics and partitions', before.view.topics, after.topics),
    compareMaps('topic configurations', before.view.configs, after.configs),
    compareMaps('log start and end offsets', before.view.endOffsets, after.endOffsets),
    compareMaps('committed group offsets', before.view.groupOffsets, after.groupOffsets),
    compareMaps('records, byte for byte, by offset', fingerprints(before.records), fingerprints(read)),
    compareWithSource(records, read),
    compareMaps(`where ${WALKER} goes on`, startingPoints(behind), startingPoints(resumed)),
    compareMaps(`records left for ${WALKER}`, fingerprints(behind), fingerprints(resumed)),
  ]);
}

/** The records at or after the committed offsets of a group (no commit = from the start). */
function remaining(before: Before, committed: readonly (readonly [string, string])[]): readonly ReadRecord[] {
  const offsets = new Map(committed.map(([name, offset]) => [name.slice(WALKER.length + 1), BigInt(offset)]));
  return before.records.filter(
    (record) => BigInt(record.offset) >= (offsets.get(`${record.topic}-${record.partition}`) ?? 0n),
  );
}

async function cleanUp(): Promise<void> {
  await leftovers.broker?.stop('SIGKILL');
  await leftovers.store?.stop();
  if (leftovers.workspace !== undefined) await removeTree(leftovers.workspace.root);
}

await playDemo({
  headline: 'lose the broker and its disk, keep everything',
  run: main,
  moral: 'Nothing was lost.',
  cleanUp,
});

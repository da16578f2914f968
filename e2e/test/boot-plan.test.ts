import assert from 'node:assert/strict';
import { access, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { BrokerProcess } from '../support/broker-process.ts';
import { freePort } from '../support/ports.ts';

let root: string;
const started: BrokerProcess[] = [];

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'chronik-plan-'));
});

afterEach(async () => {
  await Promise.all(started.splice(0).map((broker) => broker.stop('SIGKILL')));
  await rm(root, { recursive: true, force: true });
});

async function launch(environment: Readonly<Record<string, string>>): Promise<BrokerProcess> {
  const broker = BrokerProcess.launch({
    port: await freePort(),
    httpPort: await freePort(),
    dataDirectory: join(root, 'data'),
    environment: {
      LOCAL_STORAGE_PATH: join(root, 'main'),
      CHRONIK_REPLICA_STORES: 'east',
      CHRONIK_REPLICA_EAST_OBJECT_STORE_BACKEND: 'local',
      CHRONIK_REPLICA_EAST_LOCAL_STORAGE_PATH: join(root, 'east'),
      ...environment,
    },
  });
  started.push(broker);
  return broker;
}

/** As a mounted ConfigMap changes: the whole file at once. */
async function writePlan(fields: object): Promise<string> {
  const path = join(root, 'plan.json');
  await writeFile(`${path}.new`, JSON.stringify({ version: 1, planId: 'auto', mode: 'Auto', ...fields }));
  await rename(`${path}.new`, path);
  return path;
}

async function holdsCluster(store: string): Promise<boolean> {
  return access(join(root, store, 'cluster.json')).then(
    () => true,
    () => false,
  );
}

test('CHRONIK_ACTIVE_STORE names a replica: the cluster lives there', async () => {
  await (await launch({ CHRONIK_ACTIVE_STORE: 'east' })).ready();
  assert.deepEqual([await holdsCluster('main'), await holdsCluster('east')], [false, true]);
});

test('the plan names the store that is opened', async () => {
  const plan = await writePlan({ activeStore: 'east' });
  await (await launch({ CHRONIK_BOOT_PLAN: plan })).ready();
  assert.deepEqual([await holdsCluster('main'), await holdsCluster('east')], [false, true]);
});

test('without a plan, or with a bad one, nothing is opened; the start goes on with the next plan, whatever store it names', async () => {
  const broker = await launch({ CHRONIK_BOOT_PLAN: join(root, 'plan.json') });
  const held = async (code: string): Promise<string> => {
    for (;;) {
      const line = await broker.logged('Holding');
      broker.log.splice(broker.log.indexOf(line), 1);
      if (line['code'] === code) return String(line['reason']);
    }
  };
  assert.match(await held('PLAN_UNREADABLE'), /plan\.json is not there/);
  const status = await broker.status();
  assert.equal(status['state'], 'holding');
  assert.equal((status['held'] as { readonly code: string }).code, 'PLAN_UNREADABLE');
  await writePlan({ activeStore: 'west' });
  assert.match(await held('PLAN_STORE_UNKNOWN'), /"west"/);
  await writePlan({ activeStore: 'east', mode: 'Hold' });
  await held('PLAN_HOLDS');
  await writePlan({ activeStore: 'east', lineage: 'AAAAAAAAAAAAAAAAAAAAAQ', extra: true });
  await held('PLAN_INVALID');
  assert.deepEqual((await readdir(root)).toSorted(), ['plan.json']);
  await writePlan({ activeStore: 'east' });
  await broker.ready();
  assert.deepEqual([await holdsCluster('main'), await holdsCluster('east')], [false, true]);
});

test('a lineage that the plan demands is demanded', async () => {
  const plan = await writePlan({ activeStore: 'primary', lineage: 'AAAAAAAAAAAAAAAAAAAAAQ' });
  const broker = await launch({ CHRONIK_BOOT_PLAN: plan });
  assert.notEqual((await broker.exited()).code, 0);
  assert.match(broker.errors.join('\n'), /LINEAGE_NOT_FOUND/);
});

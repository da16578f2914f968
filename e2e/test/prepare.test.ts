import assert from 'node:assert/strict';
import { cp, mkdir, mkdtemp, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { BrokerProcess } from '../support/broker-process.ts';
import { freePort } from '../support/ports.ts';

let root: string;
const started: BrokerProcess[] = [];

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'chronik-prepare-'));
});

afterEach(async () => {
  await Promise.all(started.splice(0).map((broker) => broker.stop('SIGKILL')));
  await rm(root, { recursive: true, force: true });
});

type Environment = Readonly<Record<string, string>>;

async function launch(verb: 'standalone' | 'prepare', environment: Environment = {}): Promise<BrokerProcess> {
  const settings = {
    port: await freePort(),
    httpPort: await freePort(),
    dataDirectory: join(root, 'data'),
    environment: {
      LOCAL_STORAGE_PATH: join(root, 'bucket'),
      CHRONIK_TERMINATION_LOG: join(root, 'termination-log'),
      ...environment,
    },
  };
  const broker = BrokerProcess.launch(settings, verb);
  started.push(broker);
  return broker;
}

/** A data directory and a bucket with a history. */
async function history(): Promise<void> {
  const broker = await launch('standalone');
  await broker.ready();
  await broker.stop('SIGTERM');
}

async function writePlan(fields: object = {}): Promise<string> {
  const path = join(root, 'plan.json');
  const plan = { version: 1, planId: 'auto', mode: 'Auto', activeStore: 'primary', ...fields };
  await writeFile(`${path}.new`, JSON.stringify(plan));
  await rename(`${path}.new`, path);
  return path;
}

/** Runs to the end; returns what lies in the termination log. */
async function report(process: BrokerProcess): Promise<Readonly<Record<string, unknown>>> {
  const exit = await process.exited();
  assert.equal(exit.code, 0, process.lastWords());
  const text = await readFile(join(root, 'termination-log'), 'utf8');
  assert.ok(text.length <= 4_096);
  await rm(join(root, 'termination-log'));
  return JSON.parse(text) as Readonly<Record<string, unknown>>;
}

/** Waits until it holds with this code; returns /status. */
async function held(process: BrokerProcess, code: string): Promise<Readonly<Record<string, unknown>>> {
  for (;;) {
    const line = await process.logged('Holding');
    if (line['code'] === code) break;
    process.log.splice(process.log.indexOf(line), 1);
  }
  const status = await process.status();
  assert.equal(status['state'], 'holding');
  const { remedy } = status['held'] as { readonly remedy: string };
  assert.notEqual(remedy, '', 'a hold says what to do');
  return status;
}

/** Names of all objects; a directory that plays a bucket also holds its id and room for writes that are under way. */
async function objects(directory: string): Promise<readonly string[]> {
  const entries = await readdir(join(root, directory), { recursive: true });
  return entries.filter((name) => !name.startsWith('.')).toSorted();
}

test('an empty volume and an empty bucket: a new cluster would begin, and nothing of it is there yet', async () => {
  const found = await report(await launch('prepare'));
  assert.deepEqual([found['volume'], found['decision'], found['lineage']], ['Empty', 'create', undefined]);
  assert.deepEqual(await objects('bucket'), []);
});

test('it says what the broker then does: attach, restore on an empty volume; and changes neither volume nor bucket', async () => {
  await history();
  const before = await objects('bucket');
  const warm = await report(await launch('prepare'));
  assert.deepEqual([warm['volume'], warm['decision']], ['Initialized', 'attach']);
  assert.equal(typeof warm['lineage'], 'string');
  assert.match(String(warm['timeline']), /^\d{10}-[0-9a-f]{8}$/);
  await rm(join(root, 'data'), { recursive: true });
  await mkdir(join(root, 'data', 'lost+found'), { recursive: true });
  const cold = await report(await launch('prepare'));
  assert.deepEqual([cold['volume'], cold['decision'], cold['lineage']], ['Empty', 'restore', warm['lineage']]);
  assert.deepEqual(await objects('bucket'), before, 'no epoch was claimed');
  const broker = await launch('standalone');
  await broker.ready();
  const status = await broker.status();
  assert.equal((status['lastRestore'] as { readonly mode: string }).mode, 'restored');
});

test('what a broker refuses, prepare tells and stays; once it is mended it goes on', async () => {
  await history();
  await rename(join(root, 'data'), join(root, 'kept'));
  await mkdir(join(root, 'data'));
  await writeFile(join(root, 'data', 'photo.jpg'), 'not ours');
  const process = await launch('prepare');
  const status = await held(process, 'VOLUME_FOREIGN');
  assert.equal(status['volume'], 'Foreign');
  await rm(join(root, 'data', 'photo.jpg'));
  assert.equal((await report(process))['decision'], 'restore');
});

test('a bucket that was emptied behind a volume: it stays, and nothing is begun anew', async () => {
  await history();
  await rename(join(root, 'bucket'), join(root, 'kept'));
  await mkdir(join(root, 'bucket'));
  const process = await launch('prepare');
  assert.equal((await held(process, 'BUCKET_EMPTIED'))['volume'], 'Initialized');
  assert.deepEqual(await objects('bucket'), []);
  await rm(join(root, 'bucket'), { recursive: true });
  await cp(join(root, 'kept'), join(root, 'bucket'), { recursive: true });
  assert.equal((await report(process))['decision'], 'attach');
});

test('a store that does not answer: it waits, says so, and goes on when the store is there', async () => {
  const port = await freePort();
  const process = await launch('prepare', {
    OBJECT_STORE_BACKEND: 's3',
    S3_BUCKET: 'b',
    S3_ENDPOINT: `http://127.0.0.1:${port}`,
    S3_DISABLE_SSL: 'true',
    S3_ACCESS_KEY: 'a',
    S3_SECRET_KEY: 'wrong-on-purpose',
  });
  const isAway = async (): Promise<boolean> => {
    const status = await process.status().catch((): Record<string, unknown> => ({}));
    return (status['store'] as { readonly reachable?: boolean } | undefined)?.reachable === false;
  };
  while (!(await isAway())) await new Promise((resolve) => setTimeout(resolve, 50));
  // The same store, of which it now is certain that it denies: told as a reason, at once.
  const server = createServer((_request, response) => {
    response.writeHead(403, { 'content-type': 'application/xml' });
    response.end('<Error><Code>InvalidAccessKeyId</Code><Message>unknown key</Message></Error>');
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  try {
    const status = await held(process, 'STORE_UNREACHABLE');
    assert.ok(!JSON.stringify(status).includes('wrong-on-purpose'), 'no secret is told');
    assert.equal(
      process.log.some(({ level }) => level === 'error'),
      false,
    );
  } finally {
    server.close();
    server.closeAllConnections();
  }
});

test('Hold: an empty volume waits for the release of its own id; one that was emptied again has another', async () => {
  await history();
  await rm(join(root, 'data'), { recursive: true });
  const plan = await writePlan({ onEmptyVolume: 'Hold' });
  const idOf = (status: Readonly<Record<string, unknown>>): string =>
    (status['held'] as { readonly volumeId?: string }).volumeId ?? '';
  const first = await launch('prepare', { CHRONIK_BOOT_PLAN: plan });
  const id = idOf(await held(first, 'VOLUME_HELD'));
  assert.notEqual(id, '');
  await first.stop('SIGKILL');
  const again = await launch('prepare', { CHRONIK_BOOT_PLAN: plan });
  assert.equal(idOf(await held(again, 'VOLUME_HELD')), id, 'the volume keeps its id');
  await writePlan({ onEmptyVolume: 'Hold', releasedVolumes: [id] });
  assert.equal((await report(again))['decision'], 'restore');
  const broker = await launch('standalone', { CHRONIK_BOOT_PLAN: plan });
  await broker.ready();
  await broker.stop('SIGKILL');
  await rm(join(root, 'data'), { recursive: true });
  await mkdir(join(root, 'data'));
  const emptied = await launch('prepare', { CHRONIK_BOOT_PLAN: plan });
  assert.notEqual(idOf(await held(emptied, 'VOLUME_HELD')), id, 'the old release does not count');
  const refused = await launch('standalone', { CHRONIK_BOOT_PLAN: plan });
  await emptied.stop('SIGTERM');
  await held(refused, 'VOLUME_HELD').catch(() => undefined);
});

test('the first volume of a new cluster is filled although the plan says Hold', async () => {
  const plan = await writePlan({ onEmptyVolume: 'Hold' });
  assert.equal((await report(await launch('prepare', { CHRONIK_BOOT_PLAN: plan })))['decision'], 'create');
  await (await launch('standalone', { CHRONIK_BOOT_PLAN: plan })).ready();
});

test('two on one volume: the second is told who has it, and goes on when that one is gone', async () => {
  const broker = await launch('standalone');
  await broker.ready();
  const process = await launch('prepare');
  const status = await held(process, 'VOLUME_LOCKED');
  assert.match((status['held'] as { readonly message: string }).message, new RegExp(`\\b${broker.pid}\\b`));
  await broker.stop('SIGTERM');
  assert.equal((await report(process))['decision'], 'attach');
});

test('no plan: it stays; a wrong setting: it stays and tells; a signal ends it with what was in the way', async () => {
  const process = await launch('prepare', { CHRONIK_BOOT_PLAN: join(root, 'plan.json') });
  await held(process, 'PLAN_UNREADABLE');
  await process.stop('SIGTERM');
  assert.notEqual((await process.exited()).code, 0, 'the broker must not follow');
  const left = JSON.parse(await readFile(join(root, 'termination-log'), 'utf8')) as Readonly<Record<string, unknown>>;
  assert.deepEqual([left['decision'], left['code']], ['none', 'PLAN_UNREADABLE']);
  const wrong = await launch('prepare', { OBJECT_STORE_BACKEND: 'ftp' });
  while (wrong.errors.length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
  const { state, held: why } = (await wrong.status()) as {
    readonly state: string;
    readonly held: { readonly code: string };
  };
  assert.deepEqual([state, why.code], ['holding', 'UNKNOWN_BACKEND']);
});

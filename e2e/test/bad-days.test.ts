import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { cp, mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { BrokerProcess } from '../support/broker-process.ts';
import type { BrokerSettings } from '../support/broker-process.ts';
import { freePort } from '../support/ports.ts';

let root: string;
const started: BrokerProcess[] = [];

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'chronik-bad-days-'));
});

afterEach(async () => {
  await Promise.all(started.splice(0).map((broker) => broker.stop('SIGKILL')));
  await rm(root, { recursive: true, force: true });
});

async function settings(overrides: Partial<BrokerSettings> = {}): Promise<BrokerSettings> {
  return {
    port: await freePort(),
    httpPort: await freePort(),
    dataDirectory: join(root, 'data'),
    environment: { LOCAL_STORAGE_PATH: join(root, 'bucket') },
    ...overrides,
  };
}

function launch(chosen: BrokerSettings): BrokerProcess {
  const broker = BrokerProcess.launch(chosen);
  started.push(broker);
  return broker;
}

async function start(chosen: BrokerSettings): Promise<BrokerProcess> {
  const broker = launch(chosen);
  await broker.ready();
  return broker;
}

/** Starts a broker that must refuse; returns what it told the user. */
async function refusal(chosen: BrokerSettings, code: string): Promise<string> {
  const broker = launch(chosen);
  const exit = await broker.exited();
  const told = broker.errors.join('\n');
  assert.notEqual(exit.code, 0, told);
  assert.match(told, new RegExp(`code: +${code}\\b`), told);
  assert.match(told, /remedy: \S/, told);
  assert.doesNotMatch(told, /\n\s+at /, 'no stack trace at the user');
  return told;
}

/** A data directory and a bucket with a history. */
async function history(): Promise<BrokerSettings> {
  const chosen = await settings();
  await (await start(chosen)).stop('SIGTERM');
  return chosen;
}

test('an unknown backend is named, and no local directory is made instead', async () => {
  const chosen = await settings({ environment: { OBJECT_STORE_BACKEND: 'ftp' } });
  assert.match(await refusal(chosen, 'UNKNOWN_BACKEND'), /"ftp"/);
  assert.deepEqual(await readdir(root), []);
});

test('a missing variable is named', async () => {
  const chosen = await settings({ environment: { CHRONIK_REPLICA_STORES: 'east' } });
  assert.match(await refusal(chosen, 'SETTING_MISSING'), /CHRONIK_REPLICA_EAST_OBJECT_STORE_BACKEND/);
});

test('a data directory that cannot be made is named', async () => {
  await writeFile(join(root, 'file'), '');
  const dataDirectory = join(root, 'file', 'data');
  assert.ok((await refusal(await settings({ dataDirectory }), 'DATA_DIRECTORY_UNUSABLE')).includes(dataDirectory));
});

test('a bucket directory that cannot be made is named', async () => {
  await writeFile(join(root, 'file'), '');
  const path = join(root, 'file', 'bucket');
  const told = await refusal(await settings({ environment: { LOCAL_STORAGE_PATH: path } }), 'STORE_\\w+');
  assert.ok(told.includes(path), told);
});

test('a port in use is named before anything is claimed in the bucket', async () => {
  const chosen = await settings();
  const squatter = createServer();
  await new Promise<void>((resolve) => squatter.listen(chosen.port, '127.0.0.1', resolve));
  try {
    assert.match(await refusal(chosen, 'PORT_IN_USE'), new RegExp(String(chosen.port)));
    assert.deepEqual(await readdir(root), []);
  } finally {
    squatter.close();
  }
});

test('a volume in use by another process: that process is named and goes on serving', async () => {
  const chosen = await settings();
  const first = await start(chosen);
  const second = await settings({ environment: { LOCAL_STORAGE_PATH: join(root, 'bucket') } });
  assert.match(await refusal(second, 'VOLUME_LOCKED'), new RegExp(`\\b${first.pid}\\b`));
  assert.equal((await first.status())['state'], 'serving');
});

test('a data directory with foreign files is left alone', async () => {
  const chosen = await settings();
  await mkdir(chosen.dataDirectory);
  await writeFile(join(chosen.dataDirectory, 'photo.jpg'), 'not ours');
  assert.match(await refusal(chosen, 'VOLUME_FOREIGN'), /photo\.jpg/);
  assert.equal(await readFile(join(chosen.dataDirectory, 'photo.jpg'), 'utf8'), 'not ours');
});

test('a bucket of another lineage is refused, naming its owner', async () => {
  const chosen = await history();
  const other = await settings({
    dataDirectory: join(root, 'other-data'),
    environment: { LOCAL_STORAGE_PATH: join(root, 'other-bucket') },
  });
  await (await start(other)).stop('SIGTERM');
  const mixed = { ...chosen, dataDirectory: other.dataDirectory };
  const { lineage } = JSON.parse(await readFile(join(root, 'bucket', 'cluster.json'), 'utf8')) as { lineage: string };
  assert.ok((await refusal(mixed, 'LINEAGE_MISMATCH')).includes(lineage));
});

test('hole-07: a volume with a history never starts afresh on an emptied bucket', async () => {
  const chosen = await history();
  await rm(join(root, 'bucket'), { recursive: true });
  await refusal(chosen, 'BUCKET_EMPTIED');
  assert.ok(
    !(await readdir(root)).includes('bucket') || !(await readdir(join(root, 'bucket'))).includes('cluster.json'),
  );
});

test('objects without cluster.json are refused and nothing is written', async () => {
  const chosen = await settings();
  await mkdir(join(root, 'bucket', 'photos'), { recursive: true });
  await writeFile(join(root, 'bucket', 'photos', '1.jpg'), 'x');
  assert.match(await refusal(chosen, 'BUCKET_FOREIGN'), /photos\/1\.jpg/);
});

test('a corrupt identity with an intact bucket restores; the same with an empty bucket is refused', async () => {
  const chosen = await history();
  await writeFile(join(chosen.dataDirectory, 'identity.json'), '{"lin');
  const report = await (await start(chosen)).status();
  assert.equal(report['state'], 'serving');
  await started.pop()?.stop('SIGTERM');
  await writeFile(join(chosen.dataDirectory, 'identity.json'), '{"lin');
  await rm(join(root, 'bucket'), { recursive: true });
  await refusal(chosen, 'VOLUME_CORRUPT');
});

test('a cluster.json of a later format is refused', async () => {
  const chosen = await history();
  const path = join(root, 'bucket', 'cluster.json');
  const { sha256, ...fields } = JSON.parse(await readFile(path, 'utf8')) as Record<string, unknown>;
  assert.ok(typeof sha256 === 'string');
  const later = { ...fields, formatVersion: 999 };
  const checksum = createHash('sha256').update(JSON.stringify(later)).digest('hex');
  await writeFile(path, JSON.stringify({ ...later, sha256: checksum }));
  assert.match(await refusal(chosen, 'FORMAT_TOO_NEW'), /999/);
});

test('a copy of the bucket elsewhere is a replica: the broker holds, says why, and writes nothing', async () => {
  const chosen = await history();
  await cp(join(root, 'bucket'), join(root, 'copy'), { recursive: true });
  await rm(join(root, 'copy', '.chronik-store'));
  const replica = await settings({
    dataDirectory: join(root, 'empty-data'),
    environment: { LOCAL_STORAGE_PATH: join(root, 'copy') },
  });
  assert.notEqual(replica.port, chosen.port);
  const before = await readdir(join(root, 'copy'), { recursive: true });
  const broker = launch(replica);
  const line = await broker.logged('Holding');
  assert.equal(line['code'], 'STORE_IS_REPLICA');
  const status = await broker.status();
  assert.equal(status['state'], 'holding');
  assert.match(JSON.stringify(status), /STORE_IS_REPLICA/);
  const after = await readdir(join(root, 'copy'), { recursive: true });
  assert.deepEqual(
    after.filter((name) => !before.includes(name) && !name.startsWith('probe') && !name.startsWith('.')),
    [],
  );
});

test('a second SIGTERM ends a stop that takes too long', async () => {
  const broker = await start(await settings());
  broker.signal('SIGSTOP');
  broker.signal('SIGTERM');
  broker.signal('SIGTERM');
  broker.signal('SIGCONT');
  const exit = await broker.exited();
  assert.ok(exit.code === 0 || exit.code === 1, `exit code ${String(exit.code)}`);
});

test('a stop that the bucket does not let end is over with its budget', async () => {
  const chosen = await settings();
  const bucket = join(root, 'bucket');
  const environment = { ...chosen.environment, CHRONIK_STOP_BUDGET_MS: '1000' };
  const broker = await start({ ...chosen, environment });
  await rm(bucket, { recursive: true });
  const exit = await broker.stop('SIGTERM');
  assert.equal(exit.code, 1, broker.lastWords());
  assert.match(broker.errors.join('\n'), /code: +STOP_CUT_SHORT\b/);
});

import assert from 'node:assert/strict';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { consume, connect, produce } from '../demo/client.ts';
import { BrokerProcess } from '../support/broker-process.ts';
import { runChronik } from '../support/chronik-command.ts';
import { freePort } from '../support/ports.ts';

const TOPIC = 'orders';
const RECORDS = ['a', 'b', 'c'].map((value, index) => ({
  topic: TOPIC,
  key: 'key',
  value,
  headers: {},
  timestamp: String(1_767_225_600_000 + index),
}));

let root: string;
const running: BrokerProcess[] = [];

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'chronik-failover-test-'));
});

afterEach(async () => {
  await Promise.all(running.splice(0).map((broker) => broker.stop('SIGKILL')));
  await rm(root, { recursive: true, force: true });
});

function stores(): Readonly<Record<string, string>> {
  return {
    LOCAL_STORAGE_PATH: join(root, 'west'),
    CHRONIK_REPLICA_STORES: 'east',
    CHRONIK_REPLICA_EAST_OBJECT_STORE_BACKEND: 'local',
    CHRONIK_REPLICA_EAST_LOCAL_STORAGE_PATH: join(root, 'east'),
  };
}

function launch(active: string, data: string): Promise<BrokerProcess> {
  return launchWith(data, { ...stores(), CHRONIK_ACTIVE_STORE: active, CHRONIK_METADATA_HEARTBEAT_MS: '300' });
}

async function launchWith(
  data: string,
  environment: Readonly<Record<string, string>>,
  verb?: string,
): Promise<BrokerProcess> {
  const settings = {
    port: await freePort(),
    httpPort: await freePort(),
    dataDirectory: join(root, data),
    environment,
  };
  const broker = BrokerProcess.launch(settings, verb);
  running.push(broker);
  return broker;
}

function isObject(source: string): boolean {
  return !/\/(\.tmp|\.chronik-store|probe)(\/|$)/.test(source);
}

/** Copies until the copy holds all that is there now: a cut reaches no further than the last heartbeat that came. */
async function copyEverything(): Promise<void> {
  const nowMs = Date.now();
  for (let cutMs = 0; cutMs < nowMs;) {
    await cp(join(root, 'west'), join(root, 'east'), { recursive: true, filter: isObject });
    const { stdout } = await runChronik(['cut', 'show', '--store', 'east', '--json'], stores());
    const { cut } = JSON.parse(stdout) as { readonly cut?: { readonly time: string } };
    cutMs = cut === undefined ? 0 : Date.parse(cut.time);
  }
}

test('rule-14: an old primary that is alive fences itself, exits as fenced, and holds when it is started again', async () => {
  const old = await launch('primary', 'old');
  await old.ready();
  await produce(connect(old.bootstrap), RECORDS, () => undefined);
  await copyEverything();
  const refused = await runChronik(['promote', '--store', 'east'], stores());
  assert.equal(refused.code, 1, refused.stdout);
  assert.match(refused.stderr, /PRIMARY_ALIVE/);
  const promoted = await runChronik(['promote', '--store', 'east', '--force'], stores());
  assert.equal(promoted.code, 0, promoted.stderr);
  assert.deepEqual(await old.exited(), { code: 3, signal: null });
  assert.match(old.errors.join('\n'), /went on as 0000000002-[0-9a-f]{8}[\s\S]*FENCED/);

  const again = await launch('primary', 'old');
  const held = await again.logged('Holding');
  assert.equal(held['code'], 'STORE_IS_REPLICA');
  assert.deepEqual(await again.stop('SIGTERM'), { code: 0, signal: null }, 'a broker that holds can be stopped');

  const successor = await launch('east', 'new');
  await successor.ready();
  const read = await consume(connect(successor.bootstrap), 'reader', [TOPIC], RECORDS.length);
  assert.deepEqual(
    read.map(({ value }) => String(value)),
    ['a', 'b', 'c'],
  );
});

test('a promotion that would lose more than it allows is refused, with the numbers and the one command that decides', async () => {
  const old = await launch('primary', 'old');
  await old.ready();
  await produce(connect(old.bootstrap), RECORDS, () => undefined);
  await copyEverything();
  await old.stop('SIGKILL');
  const preview = await runChronik(['promote', '--store', 'east', '--max-data-loss', '0s', '--dry-run'], stores());
  assert.equal(preview.code, 1);
  assert.match(preview.stdout, /orders-0 +3 +3 +0/);
  assert.match(preview.stderr, /DATA_LOSS_TOO_GREAT[\s\S]*chronik promote --store east --max-data-loss \d+s --force/);
});

test('what a promotion left behind can be written out, and arrives late as well: every record of it, once', async () => {
  const old = await launch('primary', 'old');
  await old.ready();
  await produce(connect(old.bootstrap), RECORDS, () => undefined);
  await copyEverything();
  const late = RECORDS.map((record) => ({ ...record, value: `late ${record.value}`, headers: { from: 'west' } }));
  await produce(connect(old.bootstrap), late, () => undefined);
  await old.stop('SIGKILL');
  const salvage = (...options: readonly string[]): ReturnType<typeof runChronik> =>
    runChronik(['salvage', '--store', 'east', ...options], { ...stores(), CHRONIK_ACTIVE_STORE: 'east' });
  const promoted = await runChronik(['promote', '--store', 'east', '--force'], stores());
  assert.equal(promoted.code, 0, promoted.stderr);
  const nothing = await salvage();
  assert.deepEqual([nothing.code, nothing.stdout], [0, ''], nothing.stderr);

  // What was on its way arrives.
  await cp(join(root, 'west'), join(root, 'east'), { recursive: true, force: false, filter: isObject });
  const output = join(root, 'salvaged.jsonl');
  const written = await salvage('--topic', TOPIC, '--output', output);
  assert.equal(written.code, 0, written.stderr);
  assert.match(written.stderr, /^3 records lie beyond the cuts/);
  const found = (await readFile(output, 'utf8'))
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>);
  const base64 = (text: string): string => Buffer.from(text).toString('base64');
  assert.deepEqual(
    found.map(({ topic, partition, offset, key, value, headers }) => ({
      topic,
      partition,
      offset,
      key,
      value,
      headers,
    })),
    late.map(({ value }, index) => ({
      topic: TOPIC,
      partition: 0,
      offset: RECORDS.length + index,
      key: base64('key'),
      value: base64(value),
      headers: [{ key: 'from', value: base64('west') }],
    })),
  );
  assert.deepEqual(
    found.map(({ timestampMs }) => String(timestampMs)),
    late.map(({ timestamp }) => timestamp),
  );
  const again = await salvage('--output', output);
  assert.match(again.stderr, /OUTPUT_UNUSABLE/);
  const listed = await runChronik(['ls', 'streams', '--store', 'east'], stores());
  assert.match(listed.stdout, /^data +0000000001-[0-9a-f]{8} +0 /m, 'with the timeline that a stream is of');
});

test('rule-14: a plan that only assumes a store: the broker starts where the timelines say, once every store has told', async () => {
  const old = await launch('primary', 'old');
  await old.ready();
  await produce(connect(old.bootstrap), RECORDS, () => undefined);
  await copyEverything();
  await old.stop('SIGTERM');
  const promoted = await runChronik(['promote', '--store', 'east', '--force'], stores());
  assert.equal(promoted.code, 0, promoted.stderr);
  const plan = join(root, 'plan.json');
  const assuming = { version: 1, planId: 'auto', mode: 'Auto', activeStore: 'primary', storeAssumed: true };
  await writeFile(plan, JSON.stringify(assuming));
  const told = { ...stores(), CHRONIK_BOOT_PLAN: plan };
  const untold = await launchWith('new', {
    ...told,
    CHRONIK_REPLICA_STORES: 'east,far',
    CHRONIK_REPLICA_FAR_OBJECT_STORE_BACKEND: 's3',
    CHRONIK_REPLICA_FAR_S3_BUCKET: 'far',
    CHRONIK_REPLICA_FAR_S3_ENDPOINT: 'http://127.0.0.1:1',
    CHRONIK_REPLICA_FAR_S3_ACCESS_KEY: 'key',
    CHRONIK_REPLICA_FAR_S3_SECRET_KEY: 'secret',
    CHRONIK_REPLICA_FAR_S3_DISABLE_SSL: 'true',
  });
  assert.equal((await untold.logged('Holding'))['code'], 'STORES_UNTOLD');
  await untold.stop('SIGTERM');
  const prepared = await launchWith('new', told, 'prepare');
  assert.deepEqual(await prepared.exited(), { code: 0, signal: null });
  const broker = await launchWith('new', told);
  await broker.ready();
  const { activeStore, timeline } = await broker.status();
  assert.equal(activeStore, 'east');
  assert.match(String(timeline), /^0000000002-/);
});

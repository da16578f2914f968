import assert from 'node:assert/strict';
import { cp, mkdtemp, rm } from 'node:fs/promises';
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

async function launch(active: string, data: string): Promise<BrokerProcess> {
  const broker = BrokerProcess.launch({
    port: await freePort(),
    httpPort: await freePort(),
    dataDirectory: join(root, data),
    environment: { ...stores(), CHRONIK_ACTIVE_STORE: active, CHRONIK_METADATA_HEARTBEAT_MS: '300' },
  });
  running.push(broker);
  return broker;
}

/** Copies until the copy holds all that is there now: a cut reaches no further than the last heartbeat that came. */
async function copyEverything(): Promise<void> {
  const nowMs = Date.now();
  const objects = (source: string): boolean => !/\/(\.tmp|\.chronik-store|probe)(\/|$)/.test(source);
  for (let cutMs = 0; cutMs < nowMs;) {
    await cp(join(root, 'west'), join(root, 'east'), { recursive: true, filter: objects });
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

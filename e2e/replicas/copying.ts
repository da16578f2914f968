// A real broker whose bucket is copied to another real store. Run by main.ts, which starts the stores and names them by the environment.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Kafka, Partitioners, logLevel } from 'kafkajs';
import { runChronik } from '../support/chronik-command.ts';
import { BrokerProcess } from '../support/broker-process.ts';
import { freePort } from '../support/ports.ts';
import { replicaStatus, until } from '../support/replica-status.ts';
import { FaultProxy } from '../stores/fault-proxy.ts';

const TOPIC = 'copied';
const REPLICA = 'CHRONIK_REPLICA_EAST_';

let root: string;
let proxy: FaultProxy;
let environment: Readonly<Record<string, string>>;
let broker: BrokerProcess | undefined;
let sent = 0;

before(async () => {
  root = await mkdtemp(join(tmpdir(), 'chronik-copying-'));
  const named = Object.entries(process.env).filter(([name]) =>
    /^(CHRONIK_REPLICA|OBJECT_STORE|LOCAL|S3|GCS|AZURE)_/.test(name),
  );
  const replica = named.filter(([name]) => name.startsWith(REPLICA));
  const port = /127\.0\.0\.1:(\d+)/.exec(replica.map(([, value]) => value ?? '').join(' '))?.[1];
  proxy = await FaultProxy.start(Number(port));
  const behindProxy = replica.map(([name, value = '']) => [name, value.replace(`:${port}`, `:${proxy.port}`)] as const);
  environment = Object.fromEntries([...named.map(([name, value = '']) => [name, value] as const), ...behindProxy]);
});

after(async () => {
  await broker?.stop('SIGKILL');
  await proxy.close();
  await rm(root, { recursive: true, force: true });
});

/** Starts a broker on an empty disk. */
async function start(
  replication: 'none' | 'chronik',
  more: Readonly<Record<string, string>> = {},
): Promise<BrokerProcess> {
  await broker?.stop('SIGKILL');
  await rm(join(root, 'data'), { recursive: true, force: true });
  broker = await BrokerProcess.start({
    port: await freePort(),
    httpPort: await freePort(),
    dataDirectory: join(root, 'data'),
    environment: { ...environment, CHRONIK_REPLICA_STORES: 'east', CHRONIK_REPLICATION: replication, ...more },
  });
  return broker;
}

async function produce(to: BrokerProcess, requests: number, valueBytes = 1_000): Promise<void> {
  const kafka = new Kafka({ brokers: [to.bootstrap], logLevel: logLevel.NOTHING });
  const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner });
  await producer.connect();
  for (let request = 0; request < requests; request += 1) {
    await producer.send({ topic: TOPIC, acks: -1, messages: [{ key: String(sent), value: 'x'.repeat(valueBytes) }] });
    sent += 1;
  }
  await producer.disconnect();
}

/** Records in the topic, by its offsets. */
async function readable(from: BrokerProcess): Promise<number> {
  const admin = new Kafka({ brokers: [from.bootstrap], logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  const offsets = await admin.fetchTopicOffsets(TOPIC);
  await admin.disconnect();
  return offsets.reduce((sum, { high }) => sum + Number(high), 0);
}

function untilInSync(of: BrokerProcess): Promise<void> {
  return until('the replica is in sync', async () => (await replicaStatus(of, 'east')).state === 'in sync');
}

/** Says of both stores what lies in them, from the stores alone; the replica's must be clean. */
async function compareStores(): Promise<void> {
  const variables = { ...environment, CHRONIK_REPLICA_STORES: 'east' };
  const verified = await runChronik(['verify', '--deep', '--json', '--store', 'east'], variables);
  assert.equal(verified.code, 0, verified.stdout + verified.stderr);
  const lists = await Promise.all(
    ['primary', 'east'].map((store) => runChronik(['ls', 'partitions', '--json', '--store', store], variables)),
  );
  for (const { code, stderr } of lists) assert.equal(code, 0, stderr);
  assert.deepEqual(JSON.parse(lists[1]!.stdout), JSON.parse(lists[0]!.stdout));
  const { records } = JSON.parse(verified.stdout) as { readonly records: number };
  assert.ok(records >= sent, `${records} records in the replica, ${sent} were acknowledged`);
}

test('a bucket that existed before is copied as a whole, while records come', async () => {
  await produce(await start('none'), 150);
  const running = await start('chronik');
  await produce(running, 50);
  await untilInSync(running);
  const { lag } = await replicaStatus(running, 'east');
  assert.equal(lag?.objects, 0);
  assert.equal(lag.bytes, 0);
});

test('the replica is away for a while: the lag tells, producers do not notice, afterwards all is there', async () => {
  const running = broker!;
  await proxy.beginOutage();
  try {
    await produce(running, 50);
    await until('the lag grows', async () => {
      const { state, lag, reachable } = await replicaStatus(running, 'east');
      return state !== 'in sync' && !reachable && (lag?.seconds ?? 0) > 3 && (lag?.objects ?? 0) > 0;
    });
    assert.equal((await running.status())['state'], 'serving');
  } finally {
    await proxy.endOutage();
  }
  await untilInSync(running);
});

test('kill -9 in the middle of copying, with the disk gone, twice: the next one finds its place', async () => {
  const slow = { CHRONIK_REPLICATION_MAX_BYTES_PER_SECOND: '400000' };
  for (let round = 0; round < 2; round += 1) {
    const running = await start('chronik', slow);
    await produce(running, 10, 200_000);
    await until('it is copying', async () => {
      const { lag, copiedObjects } = await replicaStatus(running, 'east');
      return copiedObjects > 0 && (lag?.objects ?? 0) > 0;
    });
  }
  await untilInSync(await start('chronik'));
});

test('the bucket is lost: promoted, the replica has everything; and home again, copied back by Chronik, without loss', async () => {
  const doomed = broker!;
  await produce(doomed, 30);
  const writtenMs = Date.now();
  const variables = { ...environment, CHRONIK_REPLICA_STORES: 'east' };
  // A promotion goes on from the last heartbeat that came.
  await until('the cut holds all of it', async () => {
    const { stdout } = await runChronik(['cut', 'show', '--store', 'east', '--json'], variables);
    const { cut } = JSON.parse(stdout) as { readonly cut?: { readonly time: string } };
    return cut !== undefined && Date.parse(cut.time) > writtenMs;
  });
  await doomed.stop('SIGKILL');
  broker = undefined;
  const promoted = await runChronik(['promote', '--store', 'east', '--max-data-loss', '60s'], variables);
  assert.equal(promoted.code, 0, promoted.stdout + promoted.stderr);
  const away = await start('chronik', { CHRONIK_ACTIVE_STORE: 'east' });
  assert.equal(await readable(away), sent);
  await produce(away, 20);
  await until('the old bucket is in sync', async () => (await replicaStatus(away, 'primary')).state === 'in sync');
  const stopped = await away.stop('SIGTERM');
  assert.equal(stopped.code, 0, away.lastWords());
  broker = undefined;
  const active = { ...variables, CHRONIK_ACTIVE_STORE: 'east' };
  const switched = await runChronik(['switchover', '--store', 'primary'], active);
  assert.equal(switched.code, 0, switched.stdout + switched.stderr);
  const home = await start('chronik');
  assert.equal(await readable(home), sent);
  await produce(home, 5);
  await untilInSync(home);
});

test('a clean stop brings the end, too; the replica is clean and holds what the bucket holds', async () => {
  const running = broker!;
  await produce(running, 20);
  const stopped = await running.stop('SIGTERM');
  assert.equal(stopped.code, 0, running.lastWords());
  await running.logged('The replica has everything');
  await compareStores();
});

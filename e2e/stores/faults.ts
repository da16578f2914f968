// A real broker on a real store, with a bad network between: run by main.ts, which starts the store and names it by the
// environment. STORE_OUTAGE_SECONDS is the length of the outage.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Kafka, Partitioners, logLevel } from 'kafkajs';
import type { Producer } from 'kafkajs';
import { consume } from '../demo/client.ts';
import { BrokerProcess } from '../support/broker-process.ts';
import { runChronik } from '../support/chronik-command.ts';
import { freePort } from '../support/ports.ts';
import { FaultProxy } from './fault-proxy.ts';
import type { ProxyFault } from './fault-proxy.ts';
import { PROVIDER_FAULTS } from './provider-faults.ts';

const TOPIC = 'load';
const OUTAGE_SECONDS = Number(process.env['STORE_OUTAGE_SECONDS'] ?? 5);
const backend = process.env['OBJECT_STORE_BACKEND'] ?? '';
const faults = PROVIDER_FAULTS[backend] ?? assert.fail(`OBJECT_STORE_BACKEND=${backend}`);

let root: string;
let proxy: FaultProxy;
let environment: Readonly<Record<string, string>>;
let broker: BrokerProcess;
let producer: Producer;
/** What has to be ended, in the order in which it came. */
const endings: (() => Promise<unknown>)[] = [];
/** Values that were acknowledged, with how long each took. */
const acked: { readonly value: string; readonly tookMs: number }[] = [];

before(async () => {
  root = await mkdtemp(join(tmpdir(), 'chronik-faults-'));
  endings.push(() => rm(root, { recursive: true, force: true }));
  const variables = Object.entries(process.env).filter(([name]) => /^(OBJECT_STORE|S3|GCS|AZURE)_/.test(name));
  const port = /127\.0\.0\.1:(\d+)/.exec(variables.map(([, value]) => value ?? '').join(' '))?.[1];
  proxy = await FaultProxy.start(Number(port));
  endings.push(() => proxy.close());
  environment = Object.fromEntries(
    variables.map(([name, value = '']) => {
      // Beside what the contract of the store has left.
      if (name.endsWith('_PREFIX')) return [name, `${value}-faults`];
      return [name, value.replace(`127.0.0.1:${port}`, `127.0.0.1:${proxy.port}`)];
    }),
  );
  broker = await startBroker();
  endings.push(() => broker.stop('SIGKILL'));
  producer = await startProducer();
  endings.push(() => producer.disconnect());
});

afterEach(() => {
  proxy.fault = () => undefined;
  proxy.latencyMs = 0;
  proxy.bytesPerSecond = Number.POSITIVE_INFINITY;
});

after(async () => {
  for (const end of endings.toReversed()) await end();
});

async function startBroker(): Promise<BrokerProcess> {
  return BrokerProcess.start({
    port: broker?.settings.port ?? (await freePort()),
    httpPort: await freePort(),
    dataDirectory: join(root, 'data'),
    environment,
  });
}

function client(): Kafka {
  // As patient as a producer whose records must not be lost.
  const retry = { retries: 1000, initialRetryTime: 100, maxRetryTime: 1000 };
  return new Kafka({ brokers: [broker.bootstrap], logLevel: logLevel.NOTHING, requestTimeout: 60_000, retry });
}

async function startProducer(): Promise<Producer> {
  const started = client().producer({ createPartitioner: Partitioners.DefaultPartitioner });
  await started.connect();
  return started;
}

async function send(): Promise<void> {
  const value = String(acked.length);
  const startMs = performance.now();
  await producer.send({ topic: TOPIC, acks: -1, messages: [{ key: value, value }] });
  acked.push({ value, tookMs: performance.now() - startMs });
}

async function sendMany(count: number): Promise<readonly number[]> {
  for (let sent = 0; sent < count; sent += 1) await send();
  return acked.slice(-count).map(({ tookMs }) => tookMs);
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? assert.fail('no values');
}

/** Everything that was acknowledged can be read. More may be there: an answer that was late makes a producer repeat. */
async function nothingIsLost(): Promise<void> {
  const admin = client().admin();
  await admin.connect();
  const offsets = await admin.fetchTopicOffsets(TOPIC);
  await admin.disconnect();
  const total = offsets.reduce((sum, { high }) => sum + Number(high), 0);
  const records = await consume(client(), `auditor-${acked.length}`, [TOPIC], total);
  const values = new Set(records.map(({ value }) => value?.toString()));
  assert.deepEqual(
    acked.filter(({ value }) => !values.has(value)),
    [],
  );
}

async function isReachable(): Promise<unknown> {
  return ((await broker.status())['store'] as { readonly reachable: unknown }).reachable;
}

test(`a load goes through an outage of ${OUTAGE_SECONDS} s: nothing lost, as fast as before, no restart`, async () => {
  const beforeMs = median(await sendMany(20));
  const { pid } = broker;
  await proxy.beginOutage();
  const acknowledged = acked.length;
  const during = send();
  await sleep(OUTAGE_SECONDS * 1000);
  assert.equal(acked.length, acknowledged, 'nothing is acknowledged that is not in the bucket');
  assert.equal(await isReachable(), false);
  await proxy.endOutage();
  await during;
  await sendMany(10);
  const afterMs = median(await sendMany(20));
  assert.ok(afterMs < beforeMs * 3 + 200, `${afterMs} ms an acknowledgement, ${beforeMs} ms before`);
  assert.equal(await isReachable(), true);
  assert.equal((await broker.status())['state'], 'serving');
  assert.equal(broker.pid, pid);
  await nothingIsLost();
});

test('a load on a network that breaks one request in five, in every way: nothing lost, nothing fenced', async () => {
  let next = 0;
  proxy.fault = ({ method, headers }): ProxyFault | undefined => {
    if (proxy.requests % 5 !== 0) return undefined;
    const isCreate = method === 'POST' || (method === 'PUT' && headers['if-none-match'] === '*');
    const kinds = isCreate ? [...faults.creates, ...faults.anyRequest] : faults.anyRequest;
    next += 1;
    return kinds[next % kinds.length];
  };
  await sendMany(80);
  assert.ok(proxy.faults > 15, `${proxy.faults} faults`);
  proxy.fault = () => undefined;
  assert.equal((await broker.status())['state'], 'serving');
  await nothingIsLost();
});

test('a slow and narrow link is slow, and nothing else', async () => {
  proxy.latencyMs = 100;
  proxy.bytesPerSecond = 100_000;
  await sendMany(5);
  assert.equal(await isReachable(), true);
});

test('a throttle storm, one request in two, over a restore from nothing: it finishes and all is there', async () => {
  await broker.stop('SIGKILL');
  await rm(join(root, 'data'), { recursive: true });
  let state = 1;
  // Every other request on average; a fixed rhythm could fall in step with the repetitions.
  proxy.fault = () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return (state >>> 16) % 2 === 0 ? faults.throttled : undefined;
  };
  const met = proxy.faults;
  broker = await startBroker();
  assert.ok(proxy.faults - met > 10, `${proxy.faults - met} refusals`);
  await sendMany(5);
  proxy.fault = () => undefined;
  await nothingIsLost();
});

test('chronik store check says that a store is away, and that it is back', async () => {
  await proxy.beginOutage();
  const away = await runChronik(['store', 'check', '--json'], environment);
  assert.equal(away.code, 3, away.stdout + away.stderr);
  assert.match(away.stderr, /code: +STORE_UNREACHABLE/);
  await proxy.endOutage();
  const back = await runChronik(['store', 'check', '--json'], environment);
  assert.equal(back.code, 0, back.stdout + back.stderr);
  assert.equal((JSON.parse(back.stdout) as { readonly guarantees: readonly string[] }).guarantees.length, 5);
});

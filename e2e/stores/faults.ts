// A real broker on a real store, with a bad network between: run by main.ts, which starts the store and names it by the
// environment. STORE_OUTAGE_SECONDS is the length of the outage.
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { runChronik } from '../support/chronik-command.ts';
import type { ProxyFault } from './fault-proxy.ts';
import { FLOOD_RECORD_BYTES, LoadedBroker, MAX_UNCOMMITTED_BYTES } from './loaded-broker.ts';
import { PROVIDER_FAULTS } from './provider-faults.ts';

const OUTAGE_SECONDS = Number(process.env['STORE_OUTAGE_SECONDS'] ?? 5);
const backend = process.env['OBJECT_STORE_BACKEND'] ?? '';
const faults = PROVIDER_FAULTS[backend] ?? assert.fail(`OBJECT_STORE_BACKEND=${backend}`);

let loaded: LoadedBroker;

before(async () => {
  loaded = await LoadedBroker.start('faults');
});
afterEach(() => loaded?.heal());
after(() => loaded?.end());

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? assert.fail('no values');
}

test(`a load goes through an outage of ${OUTAGE_SECONDS} s: nothing lost, as fast as before, no restart`, async () => {
  const beforeMs = median(await loaded.sendMany(20));
  const { pid } = loaded.broker;
  await loaded.proxy.beginOutage();
  const acknowledged = loaded.acked.length;
  const during = loaded.send();
  await sleep(OUTAGE_SECONDS * 1000);
  assert.equal(loaded.acked.length, acknowledged, 'nothing is acknowledged that is not in the bucket');
  assert.equal((await loaded.store()).reachable, false);
  await loaded.proxy.endOutage();
  await during;
  await loaded.sendMany(10);
  const afterMs = median(await loaded.sendMany(20));
  assert.ok(afterMs < beforeMs * 3 + 200, `${afterMs} ms an acknowledgement, ${beforeMs} ms before`);
  assert.equal((await loaded.store()).reachable, true);
  assert.equal((await loaded.broker.status())['state'], 'serving');
  assert.equal(loaded.broker.pid, pid);
  await loaded.nothingIsLost();
});

test('hole-10: a flood with acks=1 into an outage: what waits for the bucket is told and bounded, and lands when it is over', async () => {
  // The topic has to be there: a producer who asks for it anew would wait for the metadata log.
  await loaded.sendMany(1);
  await loaded.proxy.beginOutage();
  const acknowledged = loaded.acked.length;
  let isOver = false;
  const flood = loaded.flood(2 * MAX_UNCOMMITTED_BYTES).finally(() => (isOver = true));
  try {
    // Once it is full, nothing more is read from producers: one request may have begun below the bound and end above it.
    for (let told = 0; told < MAX_UNCOMMITTED_BYTES; told = await loaded.uncommittedBytes()) await sleep(100);
    for (let look = 0; look < 20; look += 1) {
      const told = await loaded.uncommittedBytes();
      assert.ok(told < MAX_UNCOMMITTED_BYTES + 1.1 * FLOOD_RECORD_BYTES, `${told} bytes wait for the bucket`);
      await sleep(100);
    }
    assert.ok(!isOver && loaded.acked.length > acknowledged, 'the disk has acknowledged some, the others have to wait');
  } finally {
    await loaded.proxy.endOutage();
  }
  await flood;
  // The disk has acknowledged what readers see once the bucket has it too.
  while ((await loaded.uncommittedBytes()) > 0) await sleep(100);
  await loaded.nothingIsLost();
});

test('a load on a network that breaks one request in five, in every way: nothing lost, nothing fenced', async () => {
  let next = 0;
  loaded.proxy.fault = ({ method, headers }): ProxyFault | undefined => {
    if (loaded.proxy.requests % 5 !== 0) return undefined;
    const isCreate = method === 'POST' || (method === 'PUT' && headers['if-none-match'] === '*');
    const kinds = isCreate ? [...faults.creates, ...faults.anyRequest] : faults.anyRequest;
    next += 1;
    return kinds[next % kinds.length];
  };
  await loaded.sendMany(80);
  assert.ok(loaded.proxy.faults > 15, `${loaded.proxy.faults} faults`);
  loaded.proxy.fault = () => undefined;
  assert.equal((await loaded.broker.status())['state'], 'serving');
  await loaded.nothingIsLost();
});

test('a slow and narrow link is slow, and nothing else', async () => {
  loaded.proxy.latencyMs = 100;
  loaded.proxy.bytesPerSecond = 100_000;
  await loaded.sendMany(5);
  assert.equal((await loaded.store()).reachable, true);
});

test('hole-34: a throttle storm, one request in two, over a restore from nothing: it finishes and all is there', async () => {
  await loaded.loseBroker();
  let state = 1;
  // Every other request on average; a fixed rhythm could fall in step with the repetitions.
  loaded.proxy.fault = () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return (state >>> 16) % 2 === 0 ? faults.throttled : undefined;
  };
  const met = loaded.proxy.faults;
  await loaded.startBroker();
  assert.ok(loaded.proxy.faults - met > 10, `${loaded.proxy.faults - met} refusals`);
  await loaded.sendMany(5);
  loaded.proxy.fault = () => undefined;
  await loaded.nothingIsLost();
});

test('chronik store check says that a store is away, and that it is back', async () => {
  await loaded.proxy.beginOutage();
  const away = await runChronik(['store', 'check', '--json'], loaded.environment);
  assert.equal(away.code, 3, away.stdout + away.stderr);
  assert.match(away.stderr, /code: +STORE_UNREACHABLE/);
  await loaded.proxy.endOutage();
  const back = await runChronik(['store', 'check', '--json'], loaded.environment);
  assert.equal(back.code, 0, back.stdout + back.stderr);
  assert.equal((JSON.parse(back.stdout) as { readonly guarantees: readonly string[] }).guarantees.length, 5);
});

import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Client } from '../bench/load/client.ts';
import { play } from '../fuzz/fuzz-connection.ts';
import { runFuzz, servedFrames } from '../fuzz/fuzz-run.ts';
import { BrokerProcess } from '../support/broker-process.ts';
import { freePort } from '../support/ports.ts';

/** About ten seconds. `make fuzz MINUTES=10` goes on for longer, from another seed every time. */
const CONNECTIONS = 4000;
const SEED = 1;

let root: string;
let broker: BrokerProcess;

before(async () => {
  root = await mkdtemp(join(tmpdir(), 'chronik-fuzz-'));
  broker = await BrokerProcess.start({
    port: await freePort(),
    httpPort: await freePort(),
    dataDirectory: join(root, 'data'),
    environment: { LOCAL_STORAGE_PATH: join(root, 'bucket'), CHRONIK_TAIL_BYTES: '8388608' },
  });
});

after(async () => {
  await broker.stop('SIGKILL');
  await rm(root, { recursive: true, force: true });
});

test('every version of every request that is served is answered when it is sound', async () => {
  const client = await Client.connect({ host: '127.0.0.1', port: broker.settings.port });
  try {
    const golden = await servedFrames(client);
    const served = new Set(golden.map(({ name }) => name));
    assert.ok(served.size > 20 && golden.length > 100, `${served.size} requests in ${golden.length} versions`);
    const outcomes = golden.map(async ({ name, version, bytes }) => {
      const script = { chunks: [bytes], frames: 1, leave: 'wait' } as const;
      const { receivedBytes } = await play(broker.settings.port, script, () => new Promise(() => undefined));
      return { request: `${name} v${version}`, isAnswered: receivedBytes > 0 };
    });
    const unanswered = (await Promise.all(outcomes)).filter(({ isAnswered }) => !isAnswered);
    assert.deepEqual(unanswered, []);
  } finally {
    client.close();
  }
});

test('mutated requests on many connections: no crash, no hang, no leak, one line each; an ordinary client is served', async () => {
  const report = await runFuzz(broker, { seed: SEED, parallel: 32, goOn: (connections) => connections < CONNECTIONS });
  assert.deepEqual(report.failures, [], `seed ${SEED}`);
  assert.ok(report.closedByBroker > 100 && report.probeRounds > 10, JSON.stringify(report));
  assert.equal((await broker.stop('SIGTERM')).code, 0, broker.lastWords());
});

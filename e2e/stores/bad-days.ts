// Days on which a real store, or whoever owns it, says no: run by main.ts, which starts the store and names it by the environment.
// A broker that serves waits and loses nothing; one that starts says what is wrong, and makes nothing afresh.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { BrokerProcess } from '../support/broker-process.ts';
import { runChronik } from '../support/chronik-command.ts';
import { freePort } from '../support/ports.ts';
import type { ProxiedRequest } from './fault-proxy.ts';
import { LoadedBroker } from './loaded-broker.ts';
import type { StoreStatus } from './loaded-broker.ts';
import { PROVIDER_FAULTS } from './provider-faults.ts';

const backend = process.env['OBJECT_STORE_BACKEND'] ?? '';
const { refusals } = PROVIDER_FAULTS[backend] ?? assert.fail(`OBJECT_STORE_BACKEND=${backend}`);
const BUCKET = backend === 'azure' ? 'AZURE_CONTAINER' : `${backend.toUpperCase()}_BUCKET`;

let loaded: LoadedBroker;

before(async () => {
  loaded = await LoadedBroker.start('bad-days');
  await loaded.sendMany(5);
});
afterEach(() => loaded?.heal());
after(() => loaded?.end());

for (const { day, fault, told } of refusals) {
  test(`${day}, under load: the broker waits and says it, nothing is acknowledged, and all goes on when it is over`, async () => {
    const { pid } = loaded.broker;
    const acknowledged = loaded.acked.length;
    loaded.proxy.fault = () => fault;
    const during = loaded.send();
    const store = await untilUnreachable();
    assert.match(`${store.lastError?.code} ${store.lastError?.message} ${store.lastError?.remedy}`, told);
    assert.equal(loaded.acked.length, acknowledged, 'nothing is acknowledged that is not in the bucket');
    loaded.heal();
    await during;
    await loaded.sendMany(3);
    assert.equal((await loaded.store()).reachable, true);
    assert.equal(loaded.broker.pid, pid);
    await loaded.nothingIsLost();
  });
}

async function untilUnreachable(): Promise<StoreStatus> {
  for (;;) {
    const store = await loaded.store();
    if (!store.reachable) return store;
    await sleep(50);
  }
}

/** What each permission is about, on the wire of whichever provider. */
const ACTIONS: Readonly<Record<'put' | 'get' | 'list' | 'delete', (request: ProxiedRequest) => boolean>> = {
  put: ({ method, path }) => method === 'PUT' || (method === 'POST' && path.includes('uploadType=')),
  get: (request) => (request.method === 'GET' || request.method === 'HEAD') && !ACTIONS.list(request),
  list: ({ method, path }) => method === 'GET' && /[?&](list-type=2|comp=list|maxResults=)/.test(path),
  delete: ({ method, path }) => method === 'DELETE' || (method === 'POST' && path.includes('?delete')),
};

for (const [action, concerns] of Object.entries(ACTIONS)) {
  test(`without permission to ${action}, chronik store check says so, by name`, async () => {
    const withdrawn = refusals.find(({ day }) => day === 'permission withdrawn') ?? assert.fail();
    loaded.proxy.fault = (request) => (concerns(request) ? withdrawn.fault : undefined);
    const { code, stdout, stderr } = await runChronik(['store', 'check', '--json'], loaded.environment);
    const check = JSON.parse(stdout) as {
      readonly permissions: readonly { readonly action: string; readonly isAllowed: boolean }[];
      readonly problems: readonly { readonly code: string; readonly remedy: string }[];
    };
    const missing = check.permissions.filter(({ isAllowed }) => !isAllowed).map((tried) => tried.action);
    assert.deepEqual(missing, [action], stderr);
    // Without deletion the broker runs, and its bucket grows.
    assert.deepEqual(
      check.problems.map((problem) => problem.code),
      action === 'delete' ? [] : ['PERMISSION_MISSING'],
    );
    assert.equal(code, action === 'delete' ? 0 : 1);
  });
}

test('a wrong bucket: the start ends with the setting named, and makes nothing', async () => {
  const root = await mkdtemp(join(tmpdir(), 'chronik-wrong-bucket-'));
  const broker = BrokerProcess.launch({
    port: await freePort(),
    httpPort: await freePort(),
    dataDirectory: join(root, 'data'),
    environment: { ...loaded.environment, [BUCKET]: 'no-such-bucket' },
  });
  try {
    const { code } = await broker.exited();
    assert.notEqual(code, 0);
    const told = broker.errors.join('\n');
    assert.match(told, /code: +STORE_INVALID/);
    assert.match(told, new RegExp(`remedy: .*${BUCKET}`));
    assert.doesNotMatch(told, /\n\s+at /);
  } finally {
    await broker.stop('SIGKILL');
    await rm(root, { recursive: true });
  }
});

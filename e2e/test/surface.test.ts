import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type ApiKey, apis, decodeResponse, encodeRequest } from '../../broker/src/kafka/index.ts';
import { BrokerProcess } from '../support/broker-process.ts';
import { freePort } from '../support/ports.ts';

const LAUNCHER = fileURLToPath(new URL('../../bin/chronik', import.meta.url));
const API_VERSIONS = 18;
const UNSUPPORTED_VERSION = 35;
/** Versions below the schema's own that are told to old clients on purpose, and refused. */
const TOLD_BUT_REFUSED = new Set([0]);

let root: string;
let broker: BrokerProcess;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'chronik-surface-'));
  broker = await BrokerProcess.start({
    port: await freePort(),
    httpPort: await freePort(),
    dataDirectory: join(root, 'data'),
    environment: { LOCAL_STORAGE_PATH: join(root, 'bucket') },
  });
});

afterEach(async () => {
  await broker.stop('SIGKILL');
  await rm(root, { recursive: true, force: true });
});

/** Sends one request on a connection of its own; resolves with the payload of the answer, or undefined if it was hung up on. */
function ask(request: readonly Buffer[]): Promise<Buffer | undefined> {
  return new Promise((resolve, reject) => {
    const socket = connect(broker.settings.port, '127.0.0.1', () => {
      for (const chunk of request) socket.write(chunk);
    });
    let received = Buffer.alloc(0);
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      if (received.length < 4 || received.length < 4 + received.readInt32BE(0)) return;
      socket.destroy();
      resolve(received.subarray(4));
    });
    socket.on('error', reject);
    socket.on('close', () => resolve(undefined));
  });
}

test('hole-26: every version of every API that is advertised answers; nothing is a stub', async () => {
  const first = await ask(
    encodeRequest(API_VERSIONS, 3, 1, 'test', { clientSoftwareName: 'test', clientSoftwareVersion: '1' }),
  );
  assert.ok(first !== undefined);
  const { apiKeys } = decodeResponse(API_VERSIONS, 3, first).body;
  assert.ok(apiKeys.length >= 20, `${apiKeys.length} APIs are advertised`);
  for (const { apiKey, minVersion, maxVersion } of apiKeys) {
    const api = apis.get(apiKey);
    assert.ok(api !== undefined, `API ${apiKey} is known`);
    for (let version = minVersion; version <= maxVersion; version += 1) {
      if (TOLD_BUT_REFUSED.has(apiKey) && version < api.minVersion) continue;
      const answer = await ask(encodeRequest(apiKey as ApiKey, version, 7, 'test', emptyRequest(api.name)));
      assert.ok(answer !== undefined, `${api.name} ${version} is answered`);
      const response: { correlationId: number; body: object } = decodeResponse(apiKey as ApiKey, version, answer);
      assert.equal(response.correlationId, 7);
      const errorCode: unknown = 'errorCode' in response.body ? response.body.errorCode : 0;
      assert.notEqual(errorCode, UNSUPPORTED_VERSION, `${api.name} ${version}`);
    }
  }
});

/** What a request needs to be well-formed beyond its defaults. */
function emptyRequest(name: string): never {
  const fields: Readonly<Record<string, Record<string, unknown>>> = {
    Produce: { acks: -1, timeoutMs: 1000, topicData: [] },
    // Transactions are not there yet, and said so.
    InitProducerId: { transactionalId: null, transactionTimeoutMs: 1000 },
  };
  return (fields[name] ?? {}) as never;
}

test('hole-26: every verb that the help lists runs', () => {
  const help = spawnSync(LAUNCHER, ['--help'], { encoding: 'utf8' });
  assert.equal(help.status, 0, help.stderr);
  const [, commands = ''] = help.stdout.split('Commands:');
  const verbs = [...commands.matchAll(/^ {2}(\w+)/gm)].map(([, verb = '']) => verb);
  assert.ok(verbs.includes('standalone'), help.stdout);
  for (const verb of verbs.filter((name) => name !== 'help')) {
    const { status, stdout, stderr } = spawnSync(LAUNCHER, [verb, '--help'], { encoding: 'utf8' });
    assert.equal(status, 0, stderr);
    assert.match(stdout, /^Usage: /);
  }
});

import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { serveHttp } from '../../src/http/index.ts';
import type { HttpListener, Verdict } from '../../src/http/index.ts';
import { hasCode } from '../../src/edge/index.ts';

let ready: Verdict;
let listener: HttpListener;

beforeEach(async () => {
  ready = { ok: false, reason: 'restoring' };
  listener = await serveHttp('127.0.0.1', 0, {
    healthy: () => ({ ok: true, reason: 'ok' }),
    ready: () => ready,
    status: () => ({ lineage: 'abc' }),
    metrics: () => Promise.resolve('chronik_up 1\n'),
  });
});

afterEach(() => listener.close());

function ask(path: string, method = 'GET'): Promise<Response> {
  return fetch(`http://127.0.0.1:${listener.port}${path}`, { method });
}

test('readiness follows the state of the broker', async () => {
  const before = await ask('/readyz');
  assert.equal(before.status, 503);
  assert.equal(await before.text(), 'restoring\n');
  ready = { ok: true, reason: 'serving' };
  assert.equal((await ask('/readyz')).status, 200);
});

test('status is JSON, metrics are Prometheus text', async () => {
  assert.deepEqual(await (await ask('/status')).json(), { lineage: 'abc' });
  const metrics = await ask('/metrics');
  assert.match(metrics.headers.get('content-type') ?? '', /version=0\.0\.4/);
  assert.equal(await metrics.text(), 'chronik_up 1\n');
});

test('an unknown path and a method that writes are refused', async () => {
  assert.equal((await ask('/nothing')).status, 404);
  assert.equal((await ask('/status', 'POST')).status, 405);
});

test('a port in use is named', async () => {
  const again = serveHttp('127.0.0.1', listener.port, {
    healthy: () => ready,
    ready: () => ready,
    status: () => ({}),
    metrics: () => Promise.resolve(''),
  });
  await assert.rejects(again, (error) => {
    assert.ok(hasCode(error, 'HTTP_PORT_IN_USE'));
    assert.match(String(error), new RegExp(`127\\.0\\.0\\.1:${listener.port}`));
    return true;
  });
});

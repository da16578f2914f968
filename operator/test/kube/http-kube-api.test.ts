import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, test } from 'node:test';
import { KubeConfig } from '@kubernetes/client-node';
import { ConfiguredTransport, HttpKubeApi, KubeError, isGone, types } from '../../src/kube/index.ts';
import type { WatchEvent } from '../../src/kube/index.ts';

interface Seen {
  readonly method: string | undefined;
  readonly url: URL;
  readonly type: string | undefined;
  readonly body: string;
  readonly authorization: string | undefined;
}

let server: Server;
let api: HttpKubeApi;
let seen: Seen[];
let answer: (request: Seen, response: ServerResponse) => void;

async function readBody(request: IncomingMessage): Promise<string> {
  let body = '';
  for await (const chunk of request) body += String(chunk);
  return body;
}

beforeEach(async () => {
  seen = [];
  server = createServer((request, response) => {
    void readBody(request).then((body) => {
      const url = new URL(request.url ?? '/', 'http://x');
      const { 'content-type': type, authorization } = request.headers;
      const one = { method: request.method, url, type, body, authorization };
      seen.push(one);
      answer(one, response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const config = new KubeConfig();
  config.loadFromClusterAndUser(
    { name: 'test', server: `http://127.0.0.1:${port}`, skipTLSVerify: true },
    { name: 'me', token: 'secret' },
  );
  api = new HttpKubeApi(new ConfiguredTransport(config));
});

afterEach(() => {
  server.closeAllConnections();
  server.close();
});

function json(response: ServerResponse, status: number, value: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
}

const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'a', namespace: 'ns', resourceVersion: '7' } };

test('get: the object, or undefined if there is none; our identity goes along', async () => {
  answer = ({ url }, response) =>
    url.pathname === '/api/v1/namespaces/ns/pods/a' ? json(response, 200, pod) : json(response, 404, {});
  assert.deepEqual(await api.get(types.pod, 'ns', 'a'), pod);
  assert.equal(await api.get(types.pod, 'ns', 'b'), undefined);
  assert.equal(seen[0]?.authorization, 'Bearer secret');
});

test('apply: server-side, as one manager, by force', async () => {
  answer = ({ body }, response) => json(response, 200, JSON.parse(body) as object);
  const object = { apiVersion: 'apps/v1', kind: 'StatefulSet', metadata: { name: 'a', namespace: 'ns' } };
  await api.apply(object);
  assert.equal(seen[0]?.method, 'PATCH');
  assert.equal(seen[0].type, 'application/apply-patch+yaml');
  assert.equal(
    seen[0].url.pathname + seen[0].url.search,
    '/apis/apps/v1/namespaces/ns/statefulsets/a?fieldManager=chronik-operator&force=true',
  );
});

test('delete names the uid that has to be met', async () => {
  answer = (_request, response) => json(response, 200, {});
  await api.delete(types.pod, 'ns', 'a', 'uid-1');
  assert.deepEqual(JSON.parse(seen[0]?.body ?? ''), {
    apiVersion: 'v1',
    kind: 'DeleteOptions',
    preconditions: { uid: 'uid-1' },
  });
});

test('list: page by page, of one or of all namespaces, items that know what they are', async () => {
  answer = ({ url }, response) => {
    const last = url.searchParams.has('continue');
    const metadata = last ? { resourceVersion: '9' } : { resourceVersion: '9', continue: 'more' };
    json(response, 200, { metadata, items: [{ metadata: { name: last ? 'b' : 'a' } }] });
  };
  const scope = { namespace: undefined, labelSelector: 'x' };
  const first = await api.list(types.pod, scope, { limit: 1 });
  assert.equal(first.continueToken, 'more');
  assert.deepEqual(first.items[0], { metadata: { name: 'a' }, apiVersion: 'v1', kind: 'Pod' });
  const second = await api.list(types.pod, scope, { limit: 1, continueToken: 'more' });
  assert.equal(second.continueToken, undefined);
  assert.equal(seen[0]?.url.pathname, '/api/v1/pods');
  assert.equal(seen[0].url.searchParams.get('labelSelector'), 'x');
});

test('watch: events as they come, across chunks; 410 in the stream is an error', async () => {
  const line = (type: string, object: object): string => `${JSON.stringify({ type, object })}\n`;
  const text =
    line('ADDED', pod) +
    line('BOOKMARK', { metadata: { resourceVersion: '12' } }) +
    line('ERROR', { code: 410, reason: 'Expired', message: 'too old' });
  answer = (_request, response) => {
    response.writeHead(200);
    response.write(text.slice(0, 30));
    response.end(text.slice(30));
  };
  const events: WatchEvent[] = [];
  await assert.rejects(async () => {
    const watch = api.watch(types.pod, { namespace: 'ns' }, '5', new AbortController().signal);
    for await (const event of watch) events.push(event);
  }, isGone);
  assert.deepEqual(events, [
    { type: 'ADDED', object: pod },
    { type: 'BOOKMARK', resourceVersion: '12' },
  ]);
  assert.equal(seen[0]?.url.searchParams.get('allowWatchBookmarks'), 'true');
});

test('errors carry status, reason, message and how long to wait', async () => {
  answer = (_request, response) => {
    response
      .writeHead(429, { 'retry-after': '3' })
      .end(JSON.stringify({ reason: 'TooManyRequests', message: 'later' }));
  };
  await assert.rejects(api.create({ ...pod }), (error: unknown) => {
    assert.ok(error instanceof KubeError);
    const { status, reason, message, retryAfterMs, transient } = error;
    assert.deepEqual([status, reason, message, retryAfterMs, transient], [429, 'TooManyRequests', 'later', 3000, true]);
    return true;
  });
});

test('no answer at all is an error without status, to be tried again', async () => {
  answer = (_request, response) => response.destroy();
  await assert.rejects(
    api.get(types.pod, 'ns', 'a'),
    (error: unknown) => error instanceof KubeError && error.status === 0 && error.transient,
  );
});

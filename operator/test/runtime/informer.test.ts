import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KubeError, types } from '../../src/kube/index.ts';
import type { KubeReader, ListPage, WatchEvent } from '../../src/kube/index.ts';
import type { KubeObject } from '../../src/plan/index.ts';
import { Informer } from '../../src/runtime/informer.ts';
import { ObjectCache } from '../../src/runtime/object-cache.ts';
import { TestClock, settle, silentLog } from '../fake/test-clock.ts';

function pod(name: string, version: number): KubeObject {
  const labels = { 'chronik.stream/cluster': 'orders' };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'default', resourceVersion: String(version), labels },
  };
}

/** One watch that a test feeds. */
class Feed {
  readonly from: string;
  readonly #events: (WatchEvent | Error | 'end')[] = [];
  #wake: (() => void) | undefined;

  constructor(from: string, signal: AbortSignal) {
    this.from = from;
    signal.addEventListener('abort', () => this.push(new Error('aborted')));
  }

  push(event: WatchEvent | Error | 'end'): void {
    this.#events.push(event);
    this.#wake?.();
  }

  async *read(): AsyncGenerator<WatchEvent> {
    for (;;) {
      const event = this.#events.shift();
      if (event === 'end') return;
      if (event instanceof Error) throw event;
      if (event !== undefined) yield event;
      else await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }
}

/** An API server with a list and watches that a test scripts. */
class ScriptedReader implements KubeReader {
  pods: readonly KubeObject[] = [];
  version = 10;
  lists = 0;
  failures: Error[] = [];
  pageSize = Number.POSITIVE_INFINITY;
  readonly feeds: Feed[] = [];

  get(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  async list(_type: unknown, _scope: unknown, page: { readonly continueToken?: string }): Promise<ListPage> {
    const failure = this.failures.shift();
    if (failure !== undefined) throw failure;
    const begin = Number(page.continueToken ?? 0);
    if (begin === 0) this.lists += 1;
    const end = begin + this.pageSize;
    const continueToken = end < this.pods.length ? String(end) : undefined;
    return { items: this.pods.slice(begin, end), resourceVersion: String(this.version), continueToken };
  }

  watch(_type: unknown, _scope: unknown, from: string, signal: AbortSignal): AsyncIterable<WatchEvent> {
    const feed = new Feed(from, signal);
    this.feeds.push(feed);
    return feed.read();
  }

  get feed(): Feed {
    const feed = this.feeds.at(-1);
    if (feed === undefined) throw new Error('nobody watches');
    return feed;
  }
}

function start(reader: ScriptedReader, onChange: (object: KubeObject) => void = () => undefined) {
  const clock = new TestClock();
  const cache = new ObjectCache();
  const scope = { namespace: 'default' };
  const informer = new Informer({ api: reader, type: types.pod, scope, cache, clock, log: silentLog, onChange });
  const stop = new AbortController();
  const ended = informer.run(stop.signal);
  const end = async (): Promise<void> => {
    stop.abort();
    await ended;
  };
  return { clock, cache, informer, end };
}

const namesIn = (cache: ObjectCache): readonly string[] =>
  cache.labelled(types.pod, 'default', 'chronik.stream/cluster', 'orders').map(({ metadata }) => metadata.name);

test('lists all pages, then follows additions, changes and deletions', async () => {
  const reader = new ScriptedReader();
  reader.pods = [pod('a', 1), pod('b', 2), pod('c', 3)];
  reader.pageSize = 2;
  const told: string[] = [];
  const { cache, informer, end } = start(reader, ({ metadata }) => told.push(metadata.name));
  assert.equal(informer.synced, false);
  await settle();
  assert.equal(informer.synced, true);
  assert.deepEqual(namesIn(cache), ['a', 'b', 'c']);
  reader.feed.push({ type: 'ADDED', object: pod('d', 11) });
  reader.feed.push({ type: 'MODIFIED', object: pod('a', 12) });
  reader.feed.push({ type: 'DELETED', object: pod('b', 13) });
  await settle();
  assert.deepEqual(namesIn(cache).toSorted(), ['a', 'c', 'd']);
  assert.deepEqual(told, ['a', 'b', 'c', 'd', 'a', 'b']);
  await end();
});

test('a watch that the server ends goes on from the last position, without a list', async () => {
  const reader = new ScriptedReader();
  const { clock, end } = start(reader);
  await settle();
  reader.feed.push({ type: 'ADDED', object: pod('a', 42) });
  reader.feed.push({ type: 'BOOKMARK', resourceVersion: '57' });
  reader.feed.push('end');
  await clock.advance(1_000);
  assert.equal(reader.lists, 1);
  assert.deepEqual(
    reader.feeds.map(({ from }) => from),
    ['10', '57'],
  );
  await end();
});

test('410: lists anew at once, and tells what has gone meanwhile', async () => {
  const reader = new ScriptedReader();
  reader.pods = [pod('a', 1), pod('b', 2)];
  const told: string[] = [];
  const { cache, end } = start(reader, ({ metadata }) => told.push(metadata.name));
  await settle();
  reader.pods = [pod('b', 2)];
  reader.feed.push(new KubeError(410, 'Expired', 'too old'));
  await settle();
  assert.equal(reader.lists, 2);
  assert.deepEqual(namesIn(cache), ['b']);
  assert.deepEqual(told, ['a', 'b', 'a']);
  await end();
});

test('every failure of list or watch is followed by another try, for as long as it takes', async () => {
  const reader = new ScriptedReader();
  reader.failures = Array.from({ length: 50 }, () => new KubeError(503, 'Unavailable', 'not now'));
  const { clock, cache, informer, end } = start(reader);
  await clock.advance(50 * 30_000);
  assert.equal(informer.synced, true);
  for (let round = 0; round < 20; round += 1) {
    reader.feed.push(new KubeError(0, 'ConnectionLost', 'cut'));
    await clock.advance(30_000);
  }
  reader.pods = [pod('late', 99)];
  reader.feed.push(new Error('anything at all'));
  await clock.advance(30_000);
  reader.feed.push({ type: 'ADDED', object: pod('later', 100) });
  await settle();
  assert.deepEqual(namesIn(cache), ['late', 'later']);
  await end();
});

test('a watch that says nothing is ended and everything is listed anew', async () => {
  const reader = new ScriptedReader();
  const { clock, informer, end } = start(reader);
  await settle();
  await clock.advance(99_000);
  assert.equal(reader.lists, 1);
  await clock.advance(5_000);
  assert.equal(reader.lists, 2);
  assert.equal(informer.stuck, false);
  await end();
});

test('everything is listed anew every ten minutes, however lively the watch', async () => {
  const reader = new ScriptedReader();
  const { clock, end } = start(reader);
  for (let minute = 0; minute < 11; minute += 1) {
    await clock.advance(60_000);
    reader.feed.push({ type: 'BOOKMARK', resourceVersion: '11' });
    await settle();
  }
  assert.equal(reader.lists, 2);
  await end();
});

test('an API server that is away for minutes makes the informer stuck, which /healthz tells', async () => {
  const reader = new ScriptedReader();
  reader.failures = Array.from({ length: 100 }, () => new KubeError(0, 'Unreachable', 'away'));
  const { clock, informer, end } = start(reader);
  await clock.advance(299_000);
  assert.equal(informer.stuck, false);
  await clock.advance(2_000);
  assert.equal(informer.stuck, true);
  await end();
});

test('a handler that throws does not stop the informer', async () => {
  const reader = new ScriptedReader();
  reader.pods = [pod('a', 1)];
  const { cache, end } = start(reader, () => {
    throw new Error('a bug');
  });
  await settle();
  reader.feed.push({ type: 'ADDED', object: pod('b', 11) });
  await settle();
  assert.deepEqual(namesIn(cache), ['a', 'b']);
  await end();
});

test('a list that is refused is told, with the words of the API server, until it is allowed', async () => {
  const reader = new ScriptedReader();
  reader.failures = [new KubeError(403, 'Forbidden', 'cannot list pods')];
  const { clock, informer, end } = start(reader);
  await settle();
  assert.equal(informer.refused?.message, 'cannot list pods');
  assert.equal(informer.synced, false);
  await clock.advance(1_000);
  assert.equal(informer.refused, undefined);
  assert.equal(informer.synced, true);
  await end();
});

test('a right that is taken away later is told for every object of the kind', async () => {
  const reader = new ScriptedReader();
  reader.pods = [pod('a', 1), pod('b', 2)];
  const told: string[] = [];
  const { informer, end } = start(reader, ({ metadata }) => told.push(metadata.name));
  await settle();
  reader.feed.push(new KubeError(403, 'Forbidden', 'cannot watch pods'));
  await settle();
  assert.equal(informer.refused?.message, 'cannot watch pods');
  assert.deepEqual(told, ['a', 'b', 'a', 'b']);
  await end();
});

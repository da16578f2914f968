import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { inspect } from 'node:util';
import { systemClock, systemRandom } from '../../src/edge/index.ts';
import { PatientStore } from '../../src/store/index.ts';
import type { ObjectStore, StoreError, StoreErrorKind } from '../../src/store/index.ts';
import type { FakeServer, WireAnswer } from './fakes/fake-server.ts';

export interface FakeStoreServer extends FakeServer {
  readonly objects: ReadonlyMap<string, { readonly body: Buffer }> & { clear(): void };
  readonly undeletable: Set<string>;
  seed(names: readonly string[]): void;
}

export interface RemoteUnderTest {
  readonly newFake: () => FakeStoreServer;
  readonly open: (endpoint: string, maxConnections?: number) => ObjectStore;
  /** How the provider says "too fast". */
  readonly throttled: WireAnswer;
  /** A whole object with this body, as an answer to a GET that asked for a range. */
  readonly wholeObject: (body: string) => WireAnswer;
}

type Walk = (...args: unknown[]) => unknown;
const typedArray = Object.getPrototypeOf(Uint8Array.prototype) as Record<string, Walk>;
/** How code that knows nothing of bytes goes through them. */
const WALKS = [
  [typedArray, ['forEach', 'map', 'entries', 'keys', 'values', 'join', 'every', 'some']],
  [Buffer.prototype as unknown as Record<string, Walk>, ['toJSON']],
] as const;

/** What a call must end with, as a predicate for assert.rejects. */
export function failure(kind: StoreErrorKind, text?: RegExp): (error: StoreError) => true {
  return (error) => {
    assert.equal(error.kind, kind, error.message);
    if (text !== undefined) assert.match(`${error.message} ${error.remedy}`, text);
    return true;
  };
}

/** What happens on the way to any provider, the same for all (10-storage §2). */
export function remoteFaults(name: string, { newFake, open, throttled, wholeObject }: RemoteUnderTest): void {
  describe(`faults on the way to ${name}`, () => {
    const fake = newFake();
    const body = [Buffer.from('body')];
    let store: ObjectStore;

    before(() => fake.listen());
    beforeEach(() => {
      fake.objects.clear();
      fake.requests.length = 0;
      store = open(fake.endpoint);
    });
    after(() => fake.close());

    function patient(): PatientStore {
      const limits = { firstBackoffMs: 1, longestBackoffMs: 1 };
      return new PatientStore(store, { clock: systemClock, random: systemRandom, limits });
    }

    test('rule 22: every request is sent once', async () => {
      for (const call of [
        () => store.create('a', body),
        () => store.get('a'),
        () => store.head('a'),
        () => store.list('', undefined, 10),
        () => store.delete(['a']),
      ]) {
        fake.requests.length = 0;
        fake.inject({ kind: 'answer', answer: throttled });
        await assert.rejects(call(), failure('throttled'));
        assert.equal(fake.requests.length, 1);
      }
    });

    test('hole-30: a create whose answer is lost is ambiguous, whether the store acted or not', async () => {
      for (const kind of ['reset-before', 'reset-after'] as const) {
        fake.inject({ kind });
        await assert.rejects(store.create(kind, body), failure('ambiguous'));
      }
      assert.equal(await store.get('reset-before'), undefined);
      assert.deepEqual(await store.get('reset-after'), body[0]);
    });

    test('a large create that fails is not gone through byte by byte: an SDK looks for secrets there, for seconds', async ({
      mock,
    }) => {
      const large = Buffer.alloc(1024 * 1024, 'abcdef');
      const walked: string[] = [];
      for (const [type, ways] of WALKS) {
        for (const way of ways) {
          const walk = type[way]!;
          mock.method(type, way, function (this: Uint8Array, ...args: unknown[]) {
            if (this.length >= large.length) walked.push(way);
            return Reflect.apply(walk, this, args);
          });
        }
      }
      fake.inject({ kind: 'reset-after' });
      await assert.rejects(store.create('large', [large]), failure('ambiguous'));
      assert.deepEqual(walked, []);
    });

    test('hole-30: a patient create finds out what a lost answer was, and never fences itself', async () => {
      const recognise = (found: Buffer): 'ours' | 'other' => (found.equals(body[0]!) ? 'ours' : 'other');
      fake.inject({ kind: 'reset-after' });
      assert.deepEqual(await patient().createResolved({ key: 'a', body, recognise }), { outcome: 'created' });
      fake.inject({ kind: 'reset-before' }, { kind: 'answer', answer: throttled }, { kind: 'reset-before' });
      assert.deepEqual(await patient().createResolved({ key: 'b', body, recognise }), { outcome: 'created' });
      await store.create('c', [Buffer.from('other')]);
      fake.inject({ kind: 'reset-before' });
      const taken = await patient().createResolved({ key: 'c', body, recognise });
      assert.deepEqual(taken, { outcome: 'exists', existing: Buffer.from('other') });
    });

    test('hole-34: a storm of refusals is waited out', async () => {
      await store.create('a', body);
      fake.inject(...Array.from({ length: 20 }, () => ({ kind: 'answer', answer: throttled }) as const));
      assert.deepEqual(await patient().get('a'), body[0]);
      assert.equal(fake.requests.length, 22);
    });

    test('a read whose answer is lost is unavailable; nothing short is ever handed out', async () => {
      await store.create('a', [Buffer.alloc(300_000, 'x')]);
      for (const bytes of [0, 1, 299_999]) {
        fake.inject({ kind: 'truncated', bytes });
        await assert.rejects(store.get('a'), failure('unavailable'));
        fake.inject({ kind: 'truncated', bytes });
        await assert.rejects(store.get('a', { start: 0, length: 300_000 }), failure('unavailable'));
      }
      fake.inject({ kind: 'truncated', bytes: 30 });
      await assert.rejects(store.list('', undefined, 10), failure('unavailable'));
      fake.inject({ kind: 'reset-before' });
      await assert.rejects(store.head('a'), failure('unavailable'));
    });

    test('P9: an answer that is not the store’s is neither absence nor an empty listing', async () => {
      const pages = [
        { status: 404, body: '<html>not here</html>' },
        { status: 404, body: '' },
        { status: 200, body: '' },
        { status: 200, body: '<html>Please log in</html>', headers: { 'content-type': 'text/html' } },
      ];
      await store.create('a', body);
      for (const answer of pages) {
        fake.inject({ kind: 'answer', answer });
        await assert.rejects(store.list('', undefined, 10), failure('unavailable'));
        if (answer.status !== 404) continue;
        fake.inject({ kind: 'answer', answer });
        await assert.rejects(store.get('a'), failure('unavailable'));
        fake.inject({ kind: 'answer', answer });
        await assert.rejects(store.head('a'), failure('unavailable'));
        fake.inject({ kind: 'answer', answer });
        await assert.rejects(store.create('b', body), failure('ambiguous'));
      }
    });

    test('a store that nobody listens for is unavailable, also for a create: nothing was sent', async () => {
      const closed = newFake();
      await closed.listen();
      const lost = open(closed.endpoint);
      await closed.close();
      await assert.rejects(lost.create('a', body), failure('unavailable', /ECONNREFUSED/));
      await assert.rejects(lost.get('a'), failure('unavailable', /ECONNREFUSED/));
    });

    test('an endpoint that does not speak TLS is said to be one', async () => {
      const secure = open(fake.endpoint.replace('http:', 'https:'));
      await assert.rejects(secure.get('a'), failure('unavailable', /does not speak TLS/));
      await secure.close();
    });

    test('an aborted call ends at once and frees its connection', async () => {
      const narrow = open(fake.endpoint, 1);
      const calls: readonly ((signal: AbortSignal) => Promise<unknown>)[] = [
        (signal) => narrow.create('s', body, { signal }),
        (signal) => narrow.get('s', undefined, { signal }),
        (signal) => narrow.head('s', { signal }),
        (signal) => narrow.list('', undefined, 1, { signal }),
        (signal) => narrow.delete(['s'], { signal }),
      ];
      for (const [index, call] of calls.entries()) {
        const controller = new AbortController();
        fake.inject({ kind: 'silence' });
        const arrived = fake.nextRequest();
        const running = call(controller.signal);
        await arrived;
        controller.abort();
        await assert.rejects(running, failure(index === 0 || index === 4 ? 'ambiguous' : 'unavailable'));
      }
      assert.equal(await narrow.get('s'), undefined);
      await narrow.close();
    });

    test('hole-13: bytes that do not have the checksum of the store are corrupt', async () => {
      await store.create('a', body);
      fake.inject({ kind: 'altered', alter: (wire) => ({ ...wire, body: Buffer.from('bodY') }) });
      await assert.rejects(store.get('a'), failure('corrupt'));
      assert.deepEqual(await store.get('a'), body[0]);
    });

    test('an answer for other bytes than asked for is corrupt, one that ignores the range is cut', async () => {
      await store.create('a', [Buffer.from('0123456789')]);
      fake.inject({
        kind: 'altered',
        alter: (wire) => ({ ...wire, headers: { ...wire.headers, 'content-range': 'bytes 0-1/10' } }),
      });
      await assert.rejects(store.get('a', { start: 4, length: 2 }), failure('corrupt'));
      fake.inject({ kind: 'answer', answer: wholeObject('0123456789') });
      assert.equal((await store.get('a', { start: 4, length: 2 }))?.toString(), '45');
    });

    test('keys that could not be deleted are reported, the others are gone', async () => {
      fake.seed(['a', 'b', 'c']);
      fake.undeletable.add('b');
      await assert.rejects(store.delete(['a', 'b', 'c', 'd']), failure('denied', /\bb\b/));
      assert.deepEqual([...fake.objects.keys()], ['b']);
      fake.undeletable.clear();
    });

    test('no secret is in a description or an error', async () => {
      for (const fault of [{ kind: 'answer', answer: { status: 403 } }, { kind: 'reset-before' }] as const) {
        fake.inject(fault);
        await assert.rejects(store.create('a', body), (error) => {
          const shown = inspect(error, { depth: 10, showHidden: true }) + store.description;
          assert.doesNotMatch(shown, /hidden-secret|authorization|sig=|signature=/i);
          return true;
        });
      }
    });
  });
}

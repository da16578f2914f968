import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { systemClock, systemRandom } from '../../src/edge/index.ts';
import { AzureStore } from '../../src/store/azure/azure-store.ts';
import { GcsStore } from '../../src/store/gcs/gcs-store.ts';
import { MemoryStore, PatientStore, copyObjects } from '../../src/store/index.ts';
import type { CopyOptions, CopyReport, ListPage, ObjectStore, StoreRequest } from '../../src/store/index.ts';
import { runningChecksum } from '../../src/store/object-checksum.ts';
import type { ObjectChecksum } from '../../src/store/object-checksum.ts';
import { S3Store } from '../../src/store/s3/s3-store.ts';
import { azureConfig, azureOptions } from './azure/support.ts';
import { FakeAzure } from './fakes/fake-azure.ts';
import { FakeGcs } from './fakes/fake-gcs.ts';
import { FakeS3 } from './fakes/fake-s3.ts';
import type { Fault, WireRequest } from './fakes/fake-server.ts';
import { gcsConfig, gcsOptions } from './gcs/support.ts';
import { s3Config, s3Options } from './s3/support.ts';

const MIB = 1024 * 1024;
const DAY_MS = 24 * 60 * 60 * 1000;
/** As large as Google's rule allows a part to be small; the sizes that copies have are tried once with each provider. */
const partBytes = 256 * 1024;
/** Three parts. */
const BODY = Buffer.alloc(2 * partBytes + 1000, 'abcdefghijk');
const inPartsBytes = 2 * partBytes;

const providers = [
  {
    name: 'S3',
    newFake: () => new FakeS3(),
    open: (endpoint: string): ObjectStore => new S3Store(s3Config(endpoint), s3Options()),
    completes: ({ method, query }: WireRequest) => method === 'POST' && query.has('uploadId'),
    keepsChecksumOfParts: false,
    isPart: ({ method, query }: WireRequest) => method === 'PUT' && query.has('partNumber'),
  },
  {
    name: 'Google',
    newFake: () => new FakeGcs(),
    open: (endpoint: string): ObjectStore => new GcsStore(gcsConfig(endpoint), gcsOptions()),
    completes: ({ headers }: WireRequest) => headers['x-goog-hash'] !== undefined,
    keepsChecksumOfParts: true,
    isPart: ({ method, headers }: WireRequest) => method === 'PUT' && headers['x-goog-hash'] === undefined,
  },
  {
    name: 'Azure',
    newFake: () => new FakeAzure(),
    open: (endpoint: string): ObjectStore => new AzureStore(azureConfig(endpoint), azureOptions()),
    completes: ({ query }: WireRequest) => query.get('comp') === 'blocklist',
    keepsChecksumOfParts: true,
    isPart: ({ query }: WireRequest) => query.get('comp') === 'block',
  },
] as const;

for (const { name, newFake, open, completes, isPart, keepsChecksumOfParts } of providers) {
  describe(`copy of a large object to ${name}`, () => {
    const fake = newFake();
    let source: MemoryStore;
    let target: ObjectStore;
    const requests: StoreRequest[] = [];

    before(async () => {
      if (fake instanceof FakeS3) fake.uploads.smallestPartBytes = partBytes;
      await fake.listen();
    });
    after(() => fake.close());
    beforeEach(async () => {
      fake.objects.clear();
      fake.requests.length = 0;
      requests.length = 0;
      source = new MemoryStore();
      target = open(fake.endpoint);
      await source.create('segments/large', [BODY]);
    });
    afterEach(() => target.close());

    function copy(
      signal?: AbortSignal,
      sizes: Partial<CopyOptions> = { inPartsBytes, partBytes },
    ): Promise<CopyReport> {
      const patient = (store: ObjectStore): PatientStore =>
        new PatientStore(store, {
          clock: systemClock,
          random: systemRandom,
          limits: { firstBackoffMs: 1, longestBackoffMs: 1 },
          ...(store === target ? { observer: { onRequest: (request) => void requests.push(request) } } : {}),
        });
      return copyObjects({
        from: patient(source),
        to: patient(target),
        random: systemRandom,
        prefix: '',
        ...sizes,
        ...(signal === undefined ? {} : { signal }),
      });
    }

    function objectsOfCopy(): readonly string[] {
      return [...fake.objects.keys()].filter((key) => !key.startsWith('probe/'));
    }

    async function meets(fault: Fault, applies: (request: WireRequest) => boolean): Promise<CopyReport> {
      // The probe's small uploads pass.
      fake.inject({
        ...fault,
        applies: (request) => applies(request) && !request.path.includes('probe') && isCopys(request),
      });
      return copy();
    }

    /** Google's sessions do not name the object: a completion is told by its size. */
    function isCopys({ headers }: WireRequest): boolean {
      return headers['content-range']?.endsWith(`/${BODY.length}`) ?? true;
    }

    test('beyond 32 MiB it goes in parts, no one larger than 8 MiB, and arrives whole', async () => {
      const large = Buffer.alloc(32 * MIB + 1, 'abcdefghijk');
      await source.delete(['segments/large']);
      await source.create('segments/large', [large]);
      if (fake instanceof FakeS3) fake.uploads.smallestPartBytes = 5 * MIB;
      await copy(undefined, {});
      if (fake instanceof FakeS3) fake.uploads.smallestPartBytes = partBytes;
      assert.ok(fake.objects.get('segments/large')!.body.equals(large));
      assert.ok(fake.requests.every(({ body }) => body.length <= 8 * MIB));
      assert.equal(requests.filter(({ operation, bytes }) => operation === 'part' && bytes > 1000).length, 4);
    });

    test('it goes in parts, is counted once, and is there with its checksum', async () => {
      const { counts, copiedBytes } = await copy();
      assert.deepEqual(counts, { copied: 1, present: 0, vanished: 0, conflict: 0 });
      assert.equal(copiedBytes, BODY.length);
      assert.ok(fake.objects.get('segments/large')!.body.equals(BODY));
      assert.ok(requests.filter(({ operation, bytes }) => operation === 'part' && bytes > 0).length >= 3);
      assert.deepEqual(objectsOfCopy(), ['segments/large']);
      const kept = await target.checksum?.('segments/large');
      assert.equal(kept?.text, keepsChecksumOfParts ? checksumOf(kept!.algorithm, BODY) : undefined);
    });

    test('hole-13: what was damaged on its way from the source, in any part, becomes no object', async () => {
      const get = source.get.bind(source);
      const kept = { algorithm: 'crc32c', text: checksumOf('crc32c', BODY) } as const;
      Object.assign(source, { checksum: () => Promise.resolve(kept) });
      for (const damagedAt of [0, partBytes, 2 * partBytes]) {
        source.get = async (key, range, options) => {
          const part = await get(key, range, options);
          if (range?.start === damagedAt) part![7]! ^= 1;
          return part;
        };
        await assert.rejects(copy(), { code: 'STORE_CORRUPT' });
        assert.deepEqual(objectsOfCopy(), []);
        assert.equal(leftovers(), 0);
      }
      source.get = get;
      assert.equal((await copy()).counts.copied, 1);
    });

    for (const kind of ['reset-before', 'reset-after'] as const) {
      test(`a part whose answer is lost (${kind}) is sent again`, async () => {
        assert.equal((await meets({ kind }, isPart)).counts.copied, 1);
        assert.ok(fake.objects.get('segments/large')!.body.equals(BODY));
      });

      test(`hole-30: a completion whose answer is lost (${kind}) is no conflict`, async () => {
        assert.deepEqual((await meets({ kind }, completes)).counts, {
          copied: 1,
          present: 0,
          vanished: 0,
          conflict: 0,
        });
        assert.ok(fake.objects.get('segments/large')!.body.equals(BODY));
      });
    }

    test('another object that takes the name meanwhile is left alone and reported', async () => {
      const get = source.get.bind(source);
      source.get = (key, range, options) => {
        if (range?.start === partBytes) void target.create(key, [Buffer.from('faster')]);
        return get(key, range, options);
      };
      assert.deepEqual((await copy()).conflicts, ['segments/large']);
      assert.equal(fake.objects.get('segments/large')?.body.toString(), 'faster');
    });

    test('an object that is deleted in the middle is no error, and leaves nothing', async () => {
      const get = source.get.bind(source);
      source.get = (key, range, options) =>
        range?.start === 2 * partBytes ? Promise.resolve(undefined) : get(key, range, options);
      assert.equal((await copy()).counts.vanished, 1);
      assert.deepEqual(objectsOfCopy(), []);
      assert.equal(leftovers(), 0);
    });

    test('a copy that is ended in the middle throws away what it sent; the next one finishes', async () => {
      const controller = new AbortController();
      const get = source.get.bind(source);
      source.get = (key, range, options) => {
        if (range?.start === 2 * partBytes) controller.abort(new Error('stopping'));
        return get(key, range, options);
      };
      await assert.rejects(copy(controller.signal), /stopping/);
      assert.deepEqual(objectsOfCopy(), []);
      assert.equal(leftovers(), 0);
      source.get = get;
      assert.equal((await copy()).counts.copied, 1);
    });

    /** What is left of uploads; Azure drops its blocks itself, after a week. */
    function leftovers(): number {
      if (fake instanceof FakeS3) return fake.uploads.uploads.size;
      return fake instanceof FakeGcs ? fake.sessions.size : 0;
    }
  });
}

function checksumOf(algorithm: ObjectChecksum['algorithm'], bytes: Buffer): string {
  const checksum = runningChecksum(algorithm);
  checksum.update(bytes);
  return checksum.text();
}

describe('copy of a large object to a store with its own idea of S3', () => {
  let fake: FakeS3;
  let to: PatientStore;

  beforeEach(async () => {
    fake = new FakeS3();
    fake.uploads.smallestPartBytes = partBytes;
    await fake.listen();
    const store = new S3Store(s3Config(fake.endpoint), s3Options());
    const limits = { firstBackoffMs: 1, longestBackoffMs: 1 };
    to = new PatientStore(store, { clock: systemClock, random: systemRandom, limits });
  });
  afterEach(async () => {
    await to.close();
    await fake.close();
  });

  async function copy(source: MemoryStore): Promise<CopyReport> {
    const from = new PatientStore(source, { clock: systemClock, random: systemRandom });
    return copyObjects({ from, to, random: systemRandom, prefix: 'segments/', inPartsBytes, partBytes });
  }

  async function withLarge(): Promise<MemoryStore> {
    const source = new MemoryStore();
    await source.create('segments/large', [BODY]);
    return source;
  }

  test('a store that ignores the condition of a completion (Ceph) gets the object with one request', async () => {
    fake.uploads.ignoresConditions = true;
    assert.equal((await copy(await withLarge())).counts.copied, 1);
    assert.deepEqual(
      fake.requests
        .filter(({ path, method }) => method === 'PUT' && path.endsWith('segments/large'))
        .map(({ headers }) => headers['if-none-match']),
      ['*'],
    );
  });

  test('there, an object that does not fit into memory is refused by name, and nothing is overwritten for it', async () => {
    fake.uploads.ignoresConditions = true;
    const source = new MemoryStore();
    source.list = (): Promise<ListPage> =>
      Promise.resolve({ objects: [{ key: 'segments/huge', sizeBytes: 2048 * MIB }], more: false });
    await assert.rejects(copy(source), { code: 'STORE_INVALID', message: /segments\/huge has 2147483648 bytes/ });
  });

  test('a completion that says 200 and then an error has not succeeded', async () => {
    fake.inject({
      applies: ({ method, path, query }) => method === 'POST' && query.has('uploadId') && path.endsWith('large'),
      kind: 'answer',
      answer: {
        status: 200,
        body: '<?xml version="1.0"?><Error><Code>InternalError</Code><Message>no</Message></Error>',
      },
    });
    assert.equal((await copy(await withLarge())).counts.copied, 1);
    assert.ok(fake.objects.get('segments/large')!.body.equals(BODY));
  });

  test('after a conflict (409) the upload begins anew', async () => {
    fake.inject({
      applies: ({ method, path, query }) => method === 'POST' && query.has('uploadId') && path.endsWith('large'),
      kind: 'answer',
      answer: { status: 409, body: '<?xml version="1.0"?><Error><Code>ConditionalRequestConflict</Code></Error>' },
    });
    assert.equal((await copy(await withLarge())).counts.copied, 1);
    assert.equal(
      fake.requests.filter(
        ({ query, path, method }) => method === 'POST' && query.has('uploads') && path.endsWith('large'),
      ).length,
      2,
    );
    assert.equal(fake.uploads.uploads.size, 0);
  });

  test('what a crashed copy left a day ago is thrown away; what is fresh or not under the prefix stays', async () => {
    fake.uploads.leave('segments/left', Date.now() - 2 * DAY_MS);
    fake.uploads.leave('segments/at-work', Date.now() - DAY_MS / 2);
    fake.uploads.leave('other/left', Date.now() - 2 * DAY_MS);
    await copy(await withLarge());
    assert.deepEqual(
      [...fake.uploads.uploads.values()].map(({ key }) => key),
      ['segments/at-work', 'other/left'],
    );
  });
});

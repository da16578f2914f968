import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemClock, systemRandom } from '../../src/edge/index.ts';
import { buildBatch } from '../../src/kafka/index.ts';
import { type StreamId, slotKey } from '../../src/log/index.ts';
import { MemoryStore, PatientStore } from '../../src/store/index.ts';
import { WalReader } from '../../src/tier/index.ts';

const stream: StreamId = { log: 'data', timeline: '0000000001-00000000', broker: 0, epoch: 1 };

/** What buildBatch puts there. */
const ASSIGNED = { baseOffset: 0, leaderEpoch: -1 };

function batch(text: string, count: number): Buffer {
  const records = Array.from({ length: count }, (_, i) => ({
    key: null,
    value: Buffer.from(text + i),
    timestampMs: i,
  }));
  return buildBatch({ records });
}

/** A store that holds `batches` in one WAL object, behind a few bytes of something else. */
async function stored(batches: readonly Buffer[], damage?: (body: Buffer) => void) {
  const memory = new MemoryStore();
  let reads = 0;
  const counting = Object.assign(Object.create(memory) as MemoryStore, {
    create: memory.create.bind(memory),
    get: (...call: Parameters<MemoryStore['get']>) => {
      reads++;
      return memory.get(...call);
    },
  });
  const body = Buffer.concat([Buffer.from('header'), ...batches]);
  damage?.(body);
  await memory.create(slotKey(stream, 3), [body]);
  let position = 6;
  const locations = batches.map(({ length }) => {
    position += length;
    return { stream, slot: 3, position: position - length, length, ...ASSIGNED };
  });
  const store = new PatientStore(counting, { clock: systemClock, random: systemRandom });
  return { store, locations, reads: () => reads };
}

test('batches come back whole, also across blocks', async () => {
  const batches = [batch('a', 3), batch('b', 40), batch('c', 1)];
  const { store, locations } = await stored(batches);
  for (const blockBytes of [7, 64, 100, 1 << 20]) {
    const reader = new WalReader({ store, blockBytes });
    assert.deepEqual(await reader.read(locations), batches);
  }
});

test('readers of one block share one request, and later ones need none', async () => {
  const { store, locations, reads } = await stored([batch('a', 3), batch('b', 4)]);
  const reader = new WalReader({ store });
  await Promise.all([reader.read(locations), reader.read(locations.slice(1))]);
  await reader.read(locations);
  assert.equal(reads(), 1);
});

test('what was fetched ahead needs no request any more', async () => {
  const batches = [batch('a', 3), batch('b', 4)];
  const { store, locations, reads } = await stored(batches);
  const reader = new WalReader({ store });
  reader.prefetch(locations);
  assert.deepEqual(await reader.read(locations), batches);
  assert.equal(reads(), 1);
  reader.prefetch([{ stream, slot: 99, position: 0, length: 10 }]);
});

test('the memory for blocks has a ceiling', async () => {
  const { store, locations } = await stored([batch('a', 100), batch('b', 100)]);
  const reader = new WalReader({ store, blockBytes: 64, cacheBytes: 256 });
  await reader.read(locations);
  assert.ok(reader.cachedBytes <= 256);
});

test('hole-13 a damaged batch is an error', async () => {
  const { store, locations } = await stored([batch('a', 3), batch('b', 4)], (body) => {
    body[body.length - 1] = (body.at(-1) ?? 0) ^ 1;
  });
  const reader = new WalReader({ store });
  assert.equal((await reader.read(locations.slice(0, 1))).length, 1);
  await assert.rejects(reader.read(locations), { code: 'CORRUPT_BATCH' });
});

test('bytes that were damaged on the way are fetched once more', async () => {
  const batches = [batch('a', 3), batch('b', 4)];
  const { store, locations } = await stored(batches);
  let reads = 0;
  const flipping = Object.assign(Object.create(store) as PatientStore, {
    get: async (...call: Parameters<PatientStore['get']>) => {
      const body = Buffer.from((await store.get(...call)) ?? []);
      if (reads++ === 0) body[80] = (body[80] ?? 0) ^ 1;
      return body;
    },
  });
  const reader = new WalReader({ store: flipping });
  assert.deepEqual(await reader.read(locations), batches);
  assert.equal(reads, 2);
});

test('hole-13 a bit that no checksum of the batch covers is noticed too: base offset, leader epoch and magic', async () => {
  const batches = [batch('a', 3), batch('b', 4)];
  for (let bit = 0; bit < 8 * 21; bit += 1) {
    const { store, locations } = await stored(batches, (body) => {
      body[6 + (bit >> 3)]! ^= 1 << (bit & 7);
    });
    await assert.rejects(new WalReader({ store }).read(locations), { code: 'CORRUPT_BATCH' }, `bit ${bit}`);
  }
});

test('a WAL object that is gone is an error', async () => {
  const { store } = await stored([batch('a', 3)]);
  const reader = new WalReader({ store });
  await assert.rejects(reader.read([{ stream, slot: 4, position: 0, length: 100, ...ASSIGNED }]), {
    code: 'LOST_SLOT',
  });
});

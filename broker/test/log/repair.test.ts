import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sealStream, slotKey } from '../../src/log/index.ts';
import type { SealOptions, SlotWriter } from '../../src/log/index.ts';
import { MemoryStore, PatientStore } from '../../src/store/index.ts';
import { SeededRandom, claim, content, damage, lose, walk, world } from './support.ts';
import type { World } from './support.ts';

async function written(w: World, count: number): Promise<SlotWriter> {
  const context = w.process(1);
  const writer = await claim(context);
  for (let slot = 1; slot <= count; slot += 1) await writer.append(content(context, `${slot},`));
  return writer;
}

/** A copy of everything that is in the bucket now. */
async function replicate(w: World): Promise<{ replica: MemoryStore; options: SealOptions }> {
  const replica = new MemoryStore('replica');
  for (const { key } of (await w.memory.list('', undefined, 10_000)).objects) {
    await replica.create(key, [(await w.memory.get(key))!]);
  }
  const store = new PatientStore(replica, { clock: w.clock, random: new SeededRandom(99) });
  return { replica, options: { depth: 'tails', onDamage: 'hold', metadataEpoch: 5, repairFrom: [store] } };
}

const ALL = ['1,', '2,', '3,', '4,', '5,', '6,'];

test('rule-01 a lost slot is put back, byte for byte, from a store that has it', async () => {
  const w = world();
  const writer = await written(w, 6);
  const { options } = await replicate(w);
  const before = await w.memory.get(slotKey(writer.stream, 3));
  await lose(w.memory, writer.stream, 3);
  await sealStream(w.process(2), writer.stream, options);
  assert.deepEqual(await w.memory.get(slotKey(writer.stream, 3)), before);
  assert.deepEqual((await walk(w.process(3), writer.stream)).bodies, ALL);
});

test('rule-01 a range of slots, the claim among them, is put back', async () => {
  const w = world();
  const writer = await written(w, 6);
  const { options } = await replicate(w);
  await lose(w.memory, writer.stream, 0, 1, 2, 3);
  await sealStream(w.process(2), writer.stream, options);
  assert.deepEqual((await walk(w.process(3), writer.stream)).bodies, ALL);
});

test('rule-01 the last slots, known from metadata, are put back by their link to the slot before', async () => {
  const w = world();
  const writer = await written(w, 6);
  const { options } = await replicate(w);
  await lose(w.memory, writer.stream, 5, 6);
  await sealStream(w.process(2), writer.stream, { ...options, committedAtLeast: 6 });
  assert.deepEqual((await walk(w.process(3), writer.stream)).bodies, ALL);
});

test('rule-01 a copy that does not link to what is there is not used', async () => {
  const w = world();
  const writer = await written(w, 6);
  const { options, replica } = await replicate(w);
  const elsewhere = world();
  const stranger = elsewhere.process(7);
  const other = await claim(stranger);
  for (const text of ['x', 'y', 'z']) await other.append(content(stranger, text));
  const wrong = await elsewhere.memory.get(slotKey(other.stream, 3));
  await damage(replica, writer.stream, 3, () => wrong!);
  await lose(w.memory, writer.stream, 3);
  await assert.rejects(sealStream(w.process(2), writer.stream, options), { code: 'DAMAGED_STREAM' });
  assert.equal(await w.memory.head(slotKey(writer.stream, 3)), undefined);
});

test('rule-01 a damaged copy is not used', async () => {
  const w = world();
  const writer = await written(w, 6);
  const { options, replica } = await replicate(w);
  await damage(replica, writer.stream, 3, (bytes) => bytes.subarray(0, 50));
  await lose(w.memory, writer.stream, 3);
  await assert.rejects(sealStream(w.process(2), writer.stream, options), { code: 'DAMAGED_STREAM' });
});

test('rule-01 what no store has is marked lost, the rest of the range is put back', async () => {
  const w = world();
  const writer = await written(w, 6);
  const { options, replica } = await replicate(w);
  await lose(replica, writer.stream, 3);
  await lose(w.memory, writer.stream, 2, 3, 4);
  await sealStream(w.process(2), writer.stream, { ...options, onDamage: 'mark-lost' });
  const { slots, bodies } = await walk(w.process(3), writer.stream);
  assert.deepEqual(
    slots.map(({ kind }) => kind),
    ['claim', 'data', 'data', 'lost', 'data', 'data', 'data'],
  );
  assert.deepEqual(bodies, ['1,', '2,', '4,', '5,', '6,']);
});

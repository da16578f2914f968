import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { allocateProducerIds } from '../../src/meta/index.ts';
import { BootBench, batch, contents, createTopic, logOf } from './boot-bench.ts';

const OTHER_ID = 'AAAAAAAAAAAAAAAAAAAAAg';

let bench: BootBench;

beforeEach(async () => {
  bench = await BootBench.create();
});

afterEach(() => bench.close());

function newestMetadataSlot(): string {
  return metadataSlots().at(-1) ?? '';
}

function metadataSlots(): readonly string[] {
  return [...bench.objects.contents().keys()].filter((key) => key.startsWith('metadata-wal/'));
}

/** The second life's registration vanishes from the metadata log: the newest slot of an epoch without a seal. */
async function loseRegistration(): Promise<void> {
  const first = await bench.start();
  await createTopic(first.broker);
  logOf(first.broker).append(batch('=one'));
  await first.broker.stream.flush();
  await bench.kill(first.life);
  const second = await bench.start();
  logOf(second.broker).append(batch('=two'));
  await second.broker.stream.flush();
  await bench.kill(second.life);
  const newest = newestMetadataSlot();
  assert.match(newest, /-0000000002-0{19}1\.wal$/);
  await bench.objects.delete([newest]);
  await bench.wipe();
}

test('rule-01, rule-09: a registration that vanished from the end of the metadata log is damage: the data slots behind it tell', async () => {
  await loseRegistration();
  await assert.rejects(bench.begin().booting, {
    code: 'DAMAGED_STREAM',
    message: /metadata epoch .* lacks slots 1\.\.1/,
  });
  // Nor at the next try; and what was lost can still be put back.
  await assert.rejects(bench.begin().booting, { code: 'DAMAGED_STREAM' });
});

test('rule-01, P10: a topic whose creation vanished from the end of the metadata log is not taken for a deleted one', async () => {
  const first = await bench.start();
  await createTopic(first.broker);
  logOf(first.broker).append(batch('=one'));
  await first.broker.stream.flush();
  await bench.kill(first.life);
  const key = newestMetadataSlot();
  const body = bench.objects.contents().get(key);
  await bench.objects.delete([key]);
  await bench.wipe();
  await assert.rejects(bench.begin().booting, { code: 'DAMAGED_STREAM' });
  // Put back from a copy, everything is there.
  await bench.objects.create(key, [body ?? Buffer.alloc(0)]);
  const second = await bench.start();
  assert.deepEqual(await contents(second.broker), ['0 one']);
});

test('told to accept losses, a broker takes back from the data what the lost registration said, and says so', async () => {
  await loseRegistration();
  const third = await bench.start({ boot: { onDamage: 'mark-lost' } });
  assert.deepEqual(await contents(third.broker), ['0 one', '1 two']);
  assert.deepEqual(
    third.broker.report.anomalies.map(({ kind }) => kind),
    ['leadership-restored', 'lost-slots'],
  );
  const next = logOf(third.broker).append(batch('=three'));
  assert.equal(next.kind === 'appended' && next.baseOffset, 2);
  await third.broker.stream.flush();
  await bench.kill(third.life);
  await bench.wipe();
  // It was decided once: no start after it needs to be told.
  const fourth = await bench.start();
  assert.deepEqual(await contents(fourth.broker), ['0 one', '1 two', '2 three']);
});

test('told to accept losses, a broker reads on behind a lost slot on which later changes lean', async () => {
  const first = await bench.start();
  await createTopic(first.broker);
  logOf(first.broker).append(batch('=one'));
  await first.broker.stream.flush();
  await bench.kill(first.life);
  const second = await bench.start();
  // The registration lies in the slot before; the new topic is led in its stream.
  await createTopic(second.broker, 'payments', OTHER_ID);
  logOf(second.broker).append(batch('=two'));
  logOf(second.broker, OTHER_ID).append(batch('=paid'));
  await second.broker.stream.flush();
  await bench.kill(second.life);
  const registration = metadataSlots().find((key) => /-0000000002-0{19}1\.wal$/.test(key));
  await bench.objects.delete([registration ?? '']);
  await bench.wipe();
  await assert.rejects(bench.begin().booting, { code: 'DAMAGED_STREAM' });
  const third = await bench.start({ boot: { onDamage: 'mark-lost' } });
  assert.deepEqual(await contents(third.broker), ['0 one', '1 two']);
  assert.deepEqual(await contents(third.broker, OTHER_ID), ['0 paid']);
  const { result } = await third.broker.metadata.update((image) => allocateProducerIds(image, 0));
  assert.ok(result.firstProducerId >= 1_000_000, 'ids that the lost slot may have given out are not given out again');
});

for (const [what, pick] of [
  ['the newest slot', (keys: readonly string[]) => keys.at(-1)],
  ['a slot in the middle', (keys: readonly string[]) => keys.find((key) => /-0000000002-0{19}1\.wal$/.test(key))],
  ['a seal', (keys: readonly string[]) => keys.findLast((key) => key.includes('-0000000001-'))],
  ['a claim', (keys: readonly string[]) => keys.find((key) => /-0000000002-0{20}\.wal$/.test(key))],
] as const) {
  test(`told to accept losses, a broker goes on behind metadata that are there and cannot be read: ${what}`, async () => {
    const first = await bench.start();
    await createTopic(first.broker);
    logOf(first.broker).append(batch('=one'));
    await first.broker.stream.flush();
    await bench.kill(first.life);
    const second = await bench.start();
    await createTopic(second.broker, 'payments', OTHER_ID);
    logOf(second.broker).append(batch('=two'));
    await second.broker.stream.flush();
    await bench.kill(second.life);
    await damage(pick(metadataSlots()) ?? '');
    await bench.wipe();
    await assert.rejects(bench.begin().booting, { code: 'CORRUPT_SLOT' });
    assert.ok([...bench.objects.contents().keys()].every((key) => !key.endsWith('.lost')));
    const third = await bench.start({ boot: { onDamage: 'mark-lost' } });
    assert.deepEqual(await contents(third.broker), ['0 one', '1 two']);
    assert.ok(third.broker.report.anomalies.some(({ kind }) => kind === 'lost-slots'));
    await bench.kill(third.life);
    await bench.wipe();
    const fourth = await bench.start();
    assert.deepEqual(await contents(fourth.broker), ['0 one', '1 two']);
  });
}

test('told to accept losses, a broker goes on behind data that are there and cannot be read, and says which offsets are lost', async () => {
  const first = await bench.start();
  await createTopic(first.broker);
  for (const text of ['=one', '=two', '=three']) {
    logOf(first.broker).append(batch(text));
    await first.broker.stream.flush();
  }
  await bench.kill(first.life);
  const dataSlots = [...bench.objects.contents().keys()].filter((key) => key.startsWith('wal/'));
  await damage(dataSlots.at(-2) ?? '');
  await bench.wipe();
  await assert.rejects(bench.begin().booting, { code: 'CORRUPT_SLOT' });
  const second = await bench.start({ boot: { onDamage: 'mark-lost' } });
  const expected = [{ from: 1, to: 2 }];
  assert.deepEqual(logOf(second.broker).anomalies.lost, expected);
  await bench.kill(second.life);
  await bench.wipe();
  // A sealed stream by now: what was marked stays marked.
  const third = await bench.start();
  assert.deepEqual(logOf(third.broker).anomalies.lost, expected);
  assert.equal(logOf(third.broker).highWatermark, 3);
});

/** Puts an object in its place whose header does not verify. */
async function damage(key: string): Promise<void> {
  const body = Buffer.from(bench.objects.contents().get(key) ?? Buffer.alloc(0));
  // Behind it lie an empty footer, or a short one, and the trailer.
  const headerAt = body.readUInt32LE(body.length - 80 + 12);
  body[headerAt + 4] = (body[headerAt + 4] ?? 0) ^ 0xff;
  await bench.objects.delete([key]);
  await bench.objects.create(key, [body]);
}

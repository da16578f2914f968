import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { BootBench, batch, contents, createTopic, logOf } from './boot-bench.ts';

let bench: BootBench;

beforeEach(async () => {
  bench = await BootBench.create();
});

afterEach(() => bench.close());

function newestMetadataSlot(): string {
  return [...bench.objects.contents().keys()].filter((key) => key.startsWith('metadata-wal/')).at(-1) ?? '';
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

test('rule-09: told to accept losses, a broker goes on without them and says so', async () => {
  await loseRegistration();
  const third = await bench.start({ boot: { onDamage: 'mark-lost' } });
  assert.deepEqual(await contents(third.broker), ['0 one']);
  const lost = third.broker.report.anomalies.filter(({ kind }) => kind === 'registration-lost');
  assert.equal(lost.length, 1);
});

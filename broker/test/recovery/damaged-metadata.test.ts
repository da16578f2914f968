import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { BootBench, batch, contents, createTopic, logOf } from './boot-bench.ts';

let bench: BootBench;

beforeEach(async () => {
  bench = await BootBench.create();
});

afterEach(() => bench.close());

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
  const newest = [...bench.objects.contents().keys()].filter((key) => key.startsWith('metadata-wal/')).at(-1);
  assert.match(newest ?? '', /-0000000002-0{19}1\.wal$/);
  await bench.objects.delete([newest ?? '']);
  await bench.wipe();
}

test('rule-09: records in a stream that was never registered mean that metadata are lost: no offset is given again', async () => {
  await loseRegistration();
  await assert.rejects(bench.begin().booting, { code: 'REGISTRATION_LOST' });
  // Nor at the next try.
  await assert.rejects(bench.begin().booting, { code: 'REGISTRATION_LOST' });
});

test('rule-09: told to accept losses, a broker goes on without them and says so', async () => {
  await loseRegistration();
  const third = await bench.start({ boot: { onDamage: 'mark-lost' } });
  assert.deepEqual(await contents(third.broker), ['0 one']);
  const lost = third.broker.report.anomalies.filter(({ kind }) => kind === 'registration-lost');
  assert.equal(lost.length, 1);
});

import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { allocateProducerIds } from '../../src/meta/index.ts';
import { compareHlc, decodeSlot } from '../../src/log/index.ts';
import type { Hlc } from '../../src/log/index.ts';
import type { BootedBroker } from '../../src/recovery/index.ts';
import { BootBench, type Life, TOPIC_ID, batch, contents, createTopic, logOf } from './boot-bench.ts';

const OTHER_ID = 'AAAAAAAAAAAAAAAAAAAAAg';

let bench: BootBench;

beforeEach(async () => {
  bench = await BootBench.create();
});

afterEach(() => bench.close());

/** Kills the process, loses its disk, and starts another. */
async function restore(life: Life): Promise<{ readonly life: Life; readonly broker: BootedBroker }> {
  await bench.kill(life);
  await bench.wipe();
  return bench.start();
}

async function moveLogStart(broker: BootedBroker, offset: number): Promise<void> {
  const image = await broker.metadata.append([
    { kind: 'logStartOffsetMoved', topicId: TOPIC_ID, partition: 0, offset },
  ]);
  for (const topic of image.topics()) broker.partitions.sync(topic);
}

test('the log start stays where it was moved to, and offsets go on behind it, over any number of restores', async () => {
  let { life, broker } = await bench.start();
  await createTopic(broker);
  for (const text of ['=a', '=b', '=c']) logOf(broker).append(batch(text));
  await broker.stream.flush();
  await moveLogStart(broker, 2);
  ({ life, broker } = await restore(life));
  assert.deepEqual(await contents(broker), ['2 c']);
  await moveLogStart(broker, 3);
  for (let round = 0; round < 3; round += 1) {
    ({ life, broker } = await restore(life));
    const { logStartOffset, highWatermark } = logOf(broker);
    assert.deepEqual([logStartOffset, highWatermark], [3, 3]);
    assert.deepEqual(broker.report.anomalies, []);
  }
  const appended = logOf(broker).append(batch('=d'));
  assert.equal(appended.kind === 'appended' && appended.baseOffset, 3);
  await broker.stream.flush();
  ({ broker } = await restore(life));
  assert.deepEqual(await contents(broker), ['3 d']);
});

test('what an idempotent producer has written is known after its records were deleted, over any number of restores', async () => {
  let { life, broker } = await bench.start();
  await createTopic(broker);
  logOf(broker).append(batch('=a', 0));
  await broker.stream.flush();
  await moveLogStart(broker, 1);
  for (let round = 0; round < 3; round += 1) ({ life, broker } = await restore(life));
  assert.equal(broker.report.records, 0);
  assert.deepEqual(broker.report.anomalies, []);
  assert.equal(logOf(broker).append(batch('=a', 0)).kind, 'duplicate');
  const next = logOf(broker).append(batch('=b', 1));
  assert.equal(next.kind === 'appended' && next.baseOffset, 1);
  await broker.stream.flush();
  ({ broker } = await restore(life));
  assert.deepEqual(await contents(broker), ['1 b #1']);
});

test('hole-20: a topic that was created again has nothing of its namesake, nor of the tail that its namesake left on the disk', async () => {
  const first = await bench.start();
  await createTopic(first.broker);
  logOf(first.broker).append(batch('=old', 0));
  await first.broker.stream.flush();
  first.life.store.refuses = (key) => key.startsWith('wal/');
  logOf(first.broker).append(batch('=old tail', 1));
  await first.broker.localWal.sync();
  await first.broker.metadata.append([{ kind: 'topicDeleted', topicId: TOPIC_ID }]);
  await createTopic(first.broker, 'orders', OTHER_ID);
  await bench.kill(first.life);

  const second = await bench.start();
  assert.equal(second.broker.partitions.topicById(TOPIC_ID), undefined);
  assert.deepEqual(await contents(second.broker, OTHER_ID), []);
  const appended = logOf(second.broker, OTHER_ID).append(batch('=new', 0));
  assert.equal(appended.kind === 'appended' && appended.baseOffset, 0);
  await second.broker.stream.flush();
  const third = await restore(second.life);
  assert.deepEqual(await contents(third.broker, OTHER_ID), ['0 new #0']);
});

test('a restore goes on behind every producer id that was given to a broker', async () => {
  const first = await bench.start();
  const taken = await first.broker.metadata.update((image) => allocateProducerIds(image, 0));
  const second = await restore(first.life);
  const next = await second.broker.metadata.update((image) => allocateProducerIds(image, 0));
  assert.ok(next.result.firstProducerId >= taken.result.firstProducerId + taken.result.count);
});

/** Hybrid time of the last slot of each data stream, oldest stream first. */
function ends(): readonly Hlc[] {
  const last = new Map<string, Hlc>();
  for (const [key, body] of [...bench.objects.contents()].sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (!key.startsWith('wal/')) continue;
    last.set(key.slice(0, key.lastIndexOf('/')), decodeSlot(key, body, body.length).header.lastHlc);
  }
  return [...last.values()];
}

test('rule-12: after a life with a clock a day ahead, a restore writes later times than everything it has read', async () => {
  const first = await bench.start({ skewMs: 86_400_000 });
  await createTopic(first.broker);
  logOf(first.broker).append(batch('=a'));
  await first.broker.stream.flush();
  const second = await restore(first.life);
  logOf(second.broker).append(batch('=b'));
  await second.broker.stream.flush();
  assert.deepEqual(await contents(second.broker), ['0 a', '1 b']);
  const [before, after] = ends();
  assert.ok(before !== undefined && after !== undefined && compareHlc(after, before) > 0);
});

test('rule-06: a registered stream of which nothing is left is damage, named as such; told to accept the loss, the boot goes on', async () => {
  const first = await bench.start();
  await createTopic(first.broker);
  logOf(first.broker).append(batch('=one'));
  await first.broker.stream.flush();
  await bench.kill(first.life);
  await bench.objects.delete([...bench.objects.contents().keys()].filter((key) => key.startsWith('wal/')));
  await bench.wipe();
  await assert.rejects(bench.begin().booting, { code: 'DAMAGED_STREAM', message: /data stream .* lacks slots 0\.\.0/ });
  const second = await bench.start({ boot: { onDamage: 'mark-lost' } });
  assert.ok(second.broker.report.anomalies.some(({ kind }) => kind === 'lost-slots'));
  assert.ok(second.broker.stream.stream.epoch > first.broker.stream.stream.epoch);
});

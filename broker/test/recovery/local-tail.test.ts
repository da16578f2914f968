import assert from 'node:assert/strict';
import { cp, readFile, writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, test } from 'node:test';
import { buildBatch } from '../../src/kafka/index.ts';
import type { BootedBroker } from '../../src/recovery/index.ts';
import { BootBench, type Life, TOPIC_ID, batch, contents, createTopic, logOf } from './boot-bench.ts';

let bench: BootBench;

beforeEach(async () => {
  bench = await BootBench.create();
});

afterEach(() => bench.close());

/** Commits in the bucket what is appended, without the local WAL hearing of it: as a crash between the two leaves it. */
async function commitUnknownToTheDisk(broker: BootedBroker): Promise<void> {
  broker.localWal.slotCommitted = () => undefined;
  await broker.stream.flush();
  await broker.localWal.sync();
}

function slotsOf(epoch: number): string[] {
  const stream = `/${String(epoch).padStart(10, '0')}/`;
  return [...bench.objects.contents().keys()].filter((key) => key.startsWith('wal/') && key.includes(stream));
}

function salvaged(): string[] {
  return [...bench.objects.contents().keys()].filter((key) => key.startsWith('salvage/'));
}

async function firstLife(): Promise<{ readonly life: Life; readonly broker: BootedBroker }> {
  const first = await bench.start();
  await createTopic(first.broker);
  return first;
}

test('P10: a tail whose topic the metadata do not name goes to salvage instead of being removed', async () => {
  const { life, broker } = await firstLife();
  life.store.refuses = (key) => key.startsWith('wal/');
  logOf(broker).append(batch('=one'));
  await broker.localWal.sync();
  await broker.metadata.append([{ kind: 'topicDeleted', topicId: TOPIC_ID }]);
  await bench.kill(life);
  const second = await bench.start();
  assert.equal(second.broker.report.salvagedRecords, 1);
  assert.ok(second.broker.report.anomalies.some(({ kind }) => kind === 'local-tail-salvaged'));
  assert.ok(salvaged().some((key) => key.endsWith('.log')));
});

test('a batch that begins below the log start is found in the bucket, and is no reason for salvage', async () => {
  const { life, broker } = await firstLife();
  const records = ['=one', '=two', '=three'].map((text) => ({ key: null, value: Buffer.from(text), timestampMs: 1 }));
  logOf(broker).append(Buffer.from(buildBatch({ records })));
  await commitUnknownToTheDisk(broker);
  await broker.metadata.append([{ kind: 'logStartOffsetMoved', topicId: TOPIC_ID, partition: 0, offset: 1 }]);
  await bench.kill(life);
  const second = await bench.start();
  assert.deepEqual(second.broker.report.anomalies, []);
  assert.equal(logOf(second.broker).highWatermark, 3);
  assert.deepEqual(salvaged(), []);
});

test('rule-01: what the bucket has lost behind its last trace is appended again from the disk that still has it', async () => {
  const { life, broker } = await firstLife();
  logOf(broker).append(batch('=one', 0));
  await broker.stream.flush();
  logOf(broker).append(batch('=two', 1));
  await broker.stream.flush();
  await broker.localWal.sync();
  await bench.kill(life);
  await bench.objects.delete(slotsOf(1).slice(-1));
  const second = await bench.start();
  assert.deepEqual(await contents(second.broker), ['0 one #0', '1 two #1']);
  assert.equal(second.broker.report.reappendedRecords, 1);
});

test('hole-13: a slot whose body is damaged keeps no broker from starting; the copy on its disk goes to salvage', async () => {
  const { life, broker } = await firstLife();
  // Larger than what a walk over the slots' ends reads.
  logOf(broker).append(batch(`=${'x'.repeat(100_000)}`));
  await commitUnknownToTheDisk(broker);
  life.store.refuses = (key) => key.startsWith('wal/');
  logOf(broker).append(batch('=two'));
  await broker.localWal.sync();
  await bench.kill(life);
  const key = slotsOf(1).at(-1) ?? '';
  const body = Buffer.from((await bench.objects.get(key)) ?? Buffer.alloc(0));
  body[100] = (body[100] ?? 0) ^ 1;
  await bench.objects.delete([key]);
  await bench.objects.create(key, [body]);
  const second = await bench.start();
  assert.equal(logOf(second.broker).highWatermark, 2);
  assert.equal(second.broker.report.salvagedRecords, 1);
  assert.ok(salvaged().length > 0);
});

test('hole-13: records that were marked lost in the bucket go to salvage, when the disk still has them', async () => {
  const { life, broker } = await firstLife();
  for (const text of ['=one', '=two', '=three']) {
    logOf(broker).append(batch(text));
    await broker.stream.flush();
  }
  await broker.localWal.sync();
  await bench.kill(life);
  await bench.objects.delete(slotsOf(1).slice(-2, -1));
  const second = await bench.start({ boot: { onDamage: 'mark-lost' } });
  assert.equal(logOf(second.broker).highWatermark, 3);
  assert.equal(second.broker.report.salvagedRecords, 1);
  assert.ok(salvaged().some((key) => key.endsWith('.log')));
});

test('rule-11: behind a batch that does not continue its partition nothing of that partition is appended', async () => {
  const { life, broker } = await firstLife();
  life.store.refuses = (key) => key.startsWith('wal/');
  for (const [at, text] of ['=x', '=y', '=z'].entries()) logOf(broker).append(batch(text, at));
  await broker.localWal.sync();
  await bench.kill(life);
  // The volume claims to be the newest although another one led since, as no volume of this release should.
  await cp(bench.directory(), bench.directory('kept'), { recursive: true });
  const other = await bench.start({ volume: 'other' });
  logOf(other.broker).append(batch('=z', 2));
  logOf(other.broker).append(batch('=w'));
  await other.broker.stream.flush();
  await bench.kill(other.life);
  const path = `${bench.directory('kept')}/identity.json`;
  const identity = JSON.parse(await readFile(path, 'utf8')) as Record<string, unknown>;
  await writeFile(path, JSON.stringify({ ...identity, epoch: 2 }));

  const back = await bench.start({ volume: 'kept' });
  assert.deepEqual(await contents(back.broker), ['0 z #2', '1 w']);
  assert.equal(back.broker.report.salvagedRecords, 3);
});

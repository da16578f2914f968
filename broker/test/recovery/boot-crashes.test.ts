import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BootedBroker } from '../../src/recovery/index.ts';
import { BootBench, batch, contents, createTopic, logOf, stop } from './boot-bench.ts';
import type { LastStep } from './mortal.ts';

/** A volume whose last process had one record in the bucket, and two acknowledged with acks=1 on its disk alone. */
async function benchWithTail(): Promise<BootBench> {
  const bench = await BootBench.create();
  const { life, broker } = await bench.start();
  await createTopic(broker);
  logOf(broker).append(batch('=a', 0));
  await broker.stream.flush();
  life.store.refuses = (key) => key.startsWith('wal/');
  logOf(broker).append(batch('=b', 1));
  logOf(broker).append(batch('=c', 2));
  await broker.localWal.sync();
  await bench.kill(life);
  return bench;
}

const WHOLE = ['0 a #0', '1 b #1', '2 c #2'];
const LAST_STEPS: readonly LastStep[] = ['done', 'not done'];

/** Runs `check` on copies of the bench, after boots that died at each `stride`th of their steps in turn. */
async function afterEachStep(
  check: (bench: BootBench, label: string) => Promise<void>,
  lastSteps: readonly LastStep[] = LAST_STEPS,
  stride = 1,
): Promise<number> {
  const origin = await benchWithTail();
  let steps = 0;
  try {
    for (let dying = true; dying;) {
      steps += stride;
      for (const lastStep of lastSteps) {
        const bench = await origin.copy();
        try {
          dying = await bench.startAndDie({ endsAtStep: steps, lastStep });
          await check(bench, `step ${steps}, ${lastStep}`);
        } finally {
          await bench.close();
        }
      }
    }
  } finally {
    await origin.close();
  }
  return steps;
}

function recognisesRetry(broker: BootedBroker, label: string): void {
  const retried = logOf(broker).append(batch('=c', 2));
  assert.equal(retried.kind, 'duplicate', label);
  assert.equal(retried.kind === 'duplicate' && retried.baseOffset, 2, label);
}

test('rule-11: a boot that dies at any step loses nothing of the tail on its disk, and appends nothing of it twice', async () => {
  const steps = await afterEachStep(async (bench, label) => {
    const { broker } = await bench.start();
    assert.deepEqual(await contents(broker), WHOLE, label);
    recognisesRetry(broker, label);
    assert.deepEqual(broker.report.anomalies, [], label);
  });
  assert.ok(steps > 20, `${steps} steps`);
});

test('rule-11: boots that die one after the other lose nothing of the tail', async () => {
  const origin = await benchWithTail();
  try {
    for (let first = 5; first < 60; first += 6) {
      const bench = await origin.copy();
      const label = `first at ${first}`;
      try {
        for (let step = first; step < 60; step += 7) await bench.startAndDie({ endsAtStep: step });
        const { broker } = await bench.start();
        assert.deepEqual(await contents(broker), WHOLE, label);
        recognisesRetry(broker, label);
      } finally {
        await bench.close();
      }
    }
  } finally {
    await origin.close();
  }
});

test('P3: what a boot that died has brought into the bucket stays, when the disk is lost after that', async () => {
  await afterEachStep(
    async (bench, label) => {
      await bench.wipe();
      const { broker } = await bench.start();
      const found = await contents(broker);
      assert.ok(found.length > 0, label);
      assert.deepEqual(found, WHOLE.slice(0, found.length), label);
    },
    ['done'],
    3,
  );
});

test('rule-11: after another volume went on, the tail of the first is in the history as far as it got, and the rest in salvage', async () => {
  await afterEachStep(
    async (bench, label) => {
      const other = await bench.start({ volume: 'other' });
      logOf(other.broker).append(batch('=other'));
      await other.broker.stream.flush();
      const history = await contents(other.broker);
      await bench.kill(other.life);

      const { broker } = await bench.start();
      assert.deepEqual(await contents(broker), history, label);
      assert.equal(broker.report.reappendedRecords, 0, label);
      const isComplete = history.length === WHOLE.length + 1;
      const salvaged = [...bench.objects.contents().keys()].some((key) => key.startsWith('salvage/'));
      assert.ok(isComplete || salvaged, label);
    },
    ['not done'],
    2,
  );
});

test('rule-23: a first boot that dies is finished by the next, on its volume or on another', async () => {
  for (const [volume, lastStep] of [
    ['data', 'done'],
    ['other', 'not done'],
  ] as const) {
    let dying = true;
    for (let step = 1; dying; step += 2) {
      const bench = await BootBench.create();
      const label = `step ${step}, ${lastStep}, then on ${volume}`;
      try {
        dying = await bench.startAndDie({ endsAtStep: step, lastStep });
        const { broker } = await bench.start({ volume });
        await createTopic(broker);
        assert.deepEqual(broker.report.anomalies, [], label);
        const timelines = [...bench.objects.contents().keys()].filter((key) => key.startsWith('timelines/'));
        assert.equal(timelines.length, 1, label);
      } finally {
        await bench.close();
      }
    }
  }
});

test('hole-03: a clean stop that dies at any step leaves what was acknowledged, with the disk and without', async () => {
  let dying = true;
  for (let steps = 0; dying; steps += 1) {
    const lastStep = LAST_STEPS[steps % 2] ?? 'done';
    const label = `after ${steps} steps, ${lastStep}`;
    const bench = await BootBench.create();
    try {
      const { life, broker } = await bench.start();
      await createTopic(broker);
      logOf(broker).append(batch('=a', 0));
      await broker.stream.flush();
      logOf(broker).append(batch('=b', 1));
      await broker.localWal.sync();
      life.mortality.endAfter(steps, lastStep);
      dying = await Promise.race([stop(broker).then(() => false), life.mortality.ended.then(() => true)]);
      await bench.kill(life);
      const twin = await bench.copy();
      const again = await bench.start();
      assert.deepEqual(await contents(again.broker), ['0 a #0', '1 b #1'], label);
      assert.equal(logOf(again.broker).append(batch('=b', 1)).kind, 'duplicate', label);
      await twin.wipe();
      const wiped = await twin.start();
      const left = await contents(wiped.broker);
      assert.deepEqual(left, ['0 a #0', '1 b #1'].slice(0, Math.max(1, left.length)), label);
      await twin.close();
    } finally {
      await bench.close();
    }
  }
});

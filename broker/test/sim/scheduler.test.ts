import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Scheduler } from './scheduler.ts';
import { SimRandom } from './sim-random.ts';
import { VirtualProcess } from './virtual-process.ts';

test('events run in the order of their time, and of scheduling within one time', async () => {
  const scheduler = new Scheduler(1);
  const seen: string[] = [];
  scheduler.schedule(20, () => seen.push('late'));
  scheduler.schedule(10, () => seen.push('first at 10'));
  scheduler.schedule(10, () => seen.push('second at 10'));
  scheduler.schedule(0, () => seen.push('now'));
  await scheduler.run();
  assert.deepEqual(seen, ['now', 'first at 10', 'second at 10', 'late']);
  assert.equal(scheduler.nowMs, 20);
});

test('every promise continuation of an event runs before the next event, however long the chain', async () => {
  const scheduler = new Scheduler(1);
  const seen: string[] = [];
  scheduler.schedule(1, () => {
    void (async () => {
      for (let i = 0; i < 1000; i++) await Promise.resolve();
      seen.push('chain');
    })();
  });
  scheduler.schedule(1, () => seen.push('next event'));
  await scheduler.run();
  assert.deepEqual(seen, ['chain', 'next event']);
});

test('a cancelled event never runs, and does not move time', async () => {
  const scheduler = new Scheduler(1);
  const process = new VirtualProcess(scheduler, 'a');
  const timer = process.clock.setTimer(50, () => assert.fail('cancelled'));
  process.clock.setTimer(10, () => timer.cancel());
  await scheduler.run();
  assert.equal(scheduler.nowMs, 10);
});

test('a frozen process gets what was held, in order, when it is resumed; a killed one gets nothing', async () => {
  const scheduler = new Scheduler(1);
  const process = new VirtualProcess(scheduler, 'a');
  const seen: string[] = [];
  process.schedule(10, () => seen.push(`one at ${scheduler.nowMs}`));
  process.schedule(20, () => seen.push(`two at ${scheduler.nowMs}`));
  process.schedule(200, () => seen.push('never'));
  scheduler.schedule(5, () => process.freeze());
  scheduler.schedule(100, () => process.resume());
  scheduler.schedule(150, () => process.kill('test'));
  await scheduler.run();
  assert.deepEqual(seen, ['one at 100', 'two at 100']);
  assert.equal(process.alive, false);
});

test('a timer that fell due while the process was frozen can still be cancelled by what ran before it', async () => {
  const scheduler = new Scheduler(1);
  const process = new VirtualProcess(scheduler, 'a');
  const late = process.clock.setTimer(20, () => assert.fail('cancelled while held'));
  process.clock.setTimer(10, () => late.cancel());
  scheduler.schedule(5, () => process.freeze());
  scheduler.schedule(100, () => process.resume());
  await scheduler.run();
  assert.equal(scheduler.nowMs, 100);
});

test('an exception in an event ends the run with it', async () => {
  const scheduler = new Scheduler(1);
  scheduler.schedule(1, () => {
    throw new Error('broken');
  });
  await assert.rejects(scheduler.run(), /broken/);
});

test('a loop that spins without time passing is found', async () => {
  const scheduler = new Scheduler(1);
  const spin = (): void => void scheduler.schedule(0, spin);
  spin();
  await assert.rejects(scheduler.run(), /stands still/);
});

test('the same seed gives the same trace, another seed another one', async () => {
  const hashOf = async (seed: number): Promise<string> => {
    const scheduler = new Scheduler(seed);
    const random = scheduler.random.fork('test');
    const step = (depth: number): void => {
      if (depth < 6) for (let i = 0; i < 3; i++) scheduler.schedule(random.exponential(10), () => step(depth + 1));
    };
    step(0);
    await scheduler.run();
    return scheduler.trace.hash;
  };
  assert.equal(await hashOf(7), await hashOf(7));
  assert.notEqual(await hashOf(7), await hashOf(8));
});

test('a fork of the random generator does not depend on how much was drawn before', () => {
  const drawn = new SimRandom(3);
  drawn.bytes(100);
  assert.deepEqual(drawn.fork('x').bytes(8), new SimRandom(3).fork('x').bytes(8));
  assert.notDeepEqual(new SimRandom(3).fork('y').bytes(8), new SimRandom(3).fork('x').bytes(8));
});

test('draws are spread evenly', () => {
  const random = new SimRandom('even');
  const counts = Array.from({ length: 10 }, () => 0);
  for (let i = 0; i < 10_000; i++) counts[random.integer(0, 9)]!++;
  for (const count of counts) assert.ok(count > 850 && count < 1150, counts.join());
});

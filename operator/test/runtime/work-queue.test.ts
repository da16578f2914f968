import assert from 'node:assert/strict';
import { test } from 'node:test';
import { WorkQueue } from '../../src/runtime/work-queue.ts';
import { TestClock } from '../fake/test-clock.ts';

test('a key that is added often is worked on once', async () => {
  const queue = new WorkQueue(new TestClock());
  for (const key of ['a', 'b', 'a', 'a']) queue.add(key);
  assert.equal(queue.depth, 2);
  assert.equal(await queue.next(), 'a');
  assert.equal(await queue.next(), 'b');
});

test('one worker a key: what is added meanwhile is done once afterwards', async () => {
  const queue = new WorkQueue(new TestClock());
  queue.add('a');
  assert.equal(await queue.next(), 'a');
  queue.add('a');
  queue.add('a');
  assert.equal(queue.depth, 0);
  queue.done('a');
  assert.equal(queue.depth, 1);
  assert.equal(await queue.next(), 'a');
  queue.done('a');
  assert.equal(queue.depth, 0);
});

test('a worker that waits gets the next key at once, and undefined when the queue closes', async () => {
  const queue = new WorkQueue(new TestClock());
  const first = queue.next();
  const second = queue.next();
  queue.add('a');
  assert.equal(await first, 'a');
  queue.close();
  assert.equal(await second, undefined);
  queue.add('b');
  assert.equal(await queue.next(), undefined);
});

test('of several delays the earliest counts, and the key comes once', async () => {
  const clock = new TestClock();
  const queue = new WorkQueue(clock);
  queue.addAfter('a', 10_000);
  queue.addAfter('a', 1_000);
  queue.addAfter('a', 5_000);
  await clock.advance(999);
  assert.equal(queue.depth, 0);
  await clock.advance(1);
  assert.equal(queue.depth, 1);
  await queue.next();
  queue.done('a');
  await clock.advance(60_000);
  assert.equal(queue.depth, 0);
});

test('pauses double with each failure in a row, end at a minute, and begin anew after a success', () => {
  const queue = new WorkQueue(new TestClock());
  const pauses = Array.from({ length: 12 }, () => queue.retry('a'));
  assert.deepEqual(pauses.slice(0, 4), [150, 300, 600, 1200]);
  assert.equal(pauses.at(-1), 45_000);
  queue.forget('a');
  assert.equal(queue.retry('a'), 150);
});

test('what the API server asks for is the least pause', () => {
  const queue = new WorkQueue(new TestClock());
  assert.equal(queue.retry('a', 7_000), 7_000);
});

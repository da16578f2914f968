import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Throttle } from '../../src/replication/throttle.ts';
import { VirtualTime } from '../store/virtual-time.ts';

function throttle(
  time: VirtualTime,
  bytesPerSecond: number | undefined,
  signal = new AbortController().signal,
): Throttle {
  return new Throttle({ clock: time, bytesPerSecond, objects: 4, bytes: 1_000, signal });
}

test('memory: in the order of asking, an object that is larger than all of it goes alone', async () => {
  const time = new VirtualTime();
  const limit = throttle(time, undefined);
  const entered: string[] = [];
  const enter = (name: string, sizeBytes: number): void => void limit.enter(sizeBytes).then(() => entered.push(name));
  enter('a', 600);
  enter('b', 600);
  enter('large', 5_000);
  enter('c', 1);
  await time.drain();
  assert.deepEqual(entered, ['a']);
  limit.leave(600);
  await time.drain();
  assert.deepEqual(entered, ['a', 'b'], 'nobody overtakes');
  limit.leave(600);
  await time.drain();
  assert.deepEqual(entered, ['a', 'b', 'large']);
  limit.leave(5_000);
  await time.drain();
  assert.deepEqual(entered, ['a', 'b', 'large', 'c']);
});

test('rate: a second never sees more than the rate and one object', async () => {
  const time = new VirtualTime();
  const limit = throttle(time, 100);
  const startMs = time.monotonicMs();
  const atMs: number[] = [];
  await time.run(
    (async () => {
      for (let i = 0; i < 11; i += 1) {
        await limit.enter(50);
        atMs.push(time.monotonicMs() - startMs);
        limit.leave(50);
      }
    })(),
  );
  assert.deepEqual(atMs.slice(0, 3), [0, 500, 1_000]);
  assert.equal(atMs.at(-1), 5_000);
});

test('whoever waits for the rate when the copier ends is told, and holds nothing', async () => {
  const time = new VirtualTime();
  const ending = new AbortController();
  const limit = throttle(time, 100, ending.signal);
  await limit.enter(900);
  const waiting = limit.enter(50);
  ending.abort(new Error('the end'));
  await assert.rejects(waiting, /the end/);
  await assert.rejects(limit.enter(1), /the end/);
});

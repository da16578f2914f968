import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Clock } from '../../src/edge/index.ts';
import { HybridClock, compareHlc } from '../../src/log/index.ts';

class WallClock implements Pick<Clock, 'nowMs'> {
  atMs = 1000;
  nowMs(): number {
    return this.atMs;
  }
}

function hybrid(): { wall: WallClock; clock: HybridClock } {
  const wall = new WallClock();
  return { wall, clock: new HybridClock(wall as unknown as Clock) };
}

test('hybrid time follows the wall clock and counts within a millisecond', () => {
  const { wall, clock } = hybrid();
  assert.deepEqual(clock.now(), { ms: 1000, counter: 0 });
  assert.deepEqual(clock.now(), { ms: 1000, counter: 1 });
  wall.atMs = 1001;
  assert.deepEqual(clock.now(), { ms: 1001, counter: 0 });
});

test('rule-12 what is written after something was read carries the greater time, even with a slow clock', () => {
  const { clock } = hybrid();
  clock.merge({ ms: 105_000, counter: 7 });
  assert.deepEqual(clock.now(), { ms: 105_000, counter: 8 });
  assert.equal(clock.driftMs, 104_000);
});

test('rule-12 an overflow of the counter increments the milliseconds', () => {
  const { clock } = hybrid();
  clock.merge({ ms: 2000, counter: 0xffff });
  assert.deepEqual(clock.now(), { ms: 2001, counter: 0 });
});

test('hybrid time never goes back, whatever the wall clock does and whatever is merged', () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant('wall' as const), ms: fc.nat(5000) }),
    fc.record({ kind: fc.constant('merge' as const), ms: fc.nat(5000), counter: fc.nat(0xffff) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 50 }), (steps) => {
      const { wall, clock } = hybrid();
      let last = clock.now();
      for (const one of steps) {
        if (one.kind === 'wall') wall.atMs = one.ms;
        else clock.merge({ ms: one.ms, counter: one.counter });
        const next = clock.now();
        assert(compareHlc(next, last) > 0);
        if (one.kind === 'merge') assert(compareHlc(next, one) > 0);
        assert(next.counter <= 0xffff);
        last = next;
      }
    }),
  );
});

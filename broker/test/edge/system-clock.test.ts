import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { randomHex, randomUuid, sleep, systemClock, systemRandom } from '../../src/edge/index.ts';

test('a timer longer than Node can hold fires at its time and not at once', () => {
  mock.timers.enable({ apis: ['setTimeout'] });
  try {
    const dayMs = 24 * 60 * 60 * 1000;
    let fired = 0;
    systemClock.setTimer(60 * dayMs, () => (fired += 1));
    for (let day = 0; day < 59; day += 1) mock.timers.tick(dayMs);
    assert.equal(fired, 0);
    // Mocked timers run late by up to a tick for each piece that the delay is cut into.
    for (let day = 0; day < 3; day += 1) mock.timers.tick(dayMs);
    assert.equal(fired, 1);
  } finally {
    mock.timers.reset();
  }
});

test('a cancelled long timer never fires', () => {
  mock.timers.enable({ apis: ['setTimeout'] });
  try {
    const dayMs = 24 * 60 * 60 * 1000;
    let fired = 0;
    const timer = systemClock.setTimer(60 * dayMs, () => (fired += 1));
    for (let day = 0; day < 40; day += 1) mock.timers.tick(dayMs);
    timer.cancel();
    for (let day = 0; day < 40; day += 1) mock.timers.tick(dayMs);
    assert.equal(fired, 0);
  } finally {
    mock.timers.reset();
  }
});

test('sleep rejects with the reason of the signal', async () => {
  const controller = new AbortController();
  const waiting = sleep(systemClock, 3_600_000, controller.signal);
  controller.abort(new Error('stopping'));
  await assert.rejects(waiting, /stopping/);
  await assert.rejects(sleep(systemClock, 3_600_000, controller.signal), /stopping/);
});

test('ids have their documented shape', () => {
  assert.match(randomHex(systemRandom, 7), /^[0-9a-f]{7}$/);
  for (let round = 0; round < 300; round += 1) {
    assert.match(randomUuid(systemRandom), /^[A-Za-z0-9_][A-Za-z0-9_-]{21}$/);
  }
});

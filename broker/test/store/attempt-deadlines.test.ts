import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { AttemptDeadlines } from '../../src/store/attempt-deadlines.ts';

const KIB = 1024;
const MIB = 1024 * KIB;

function deadlines(): AttemptDeadlines {
  return new AttemptDeadlines({ deadlineMs: 5000, deadlineMsPerMib: 1000 });
}

function observe(learning: AttemptDeadlines, count: number, durationMs: number, sizeBytes = 0): void {
  for (let index = 0; index < count; index += 1) learning.took('create', sizeBytes, durationMs);
}

describe('deadlines of attempts', () => {
  test('begin at 5 s and 1 s for each MiB, until enough was seen', () => {
    const learning = deadlines();
    assert.equal(learning.deadlineMs('create', 0, 0), 5000);
    assert.equal(learning.deadlineMs('create', 8 * MIB, 0), 13_000);
    observe(learning, 19, 10);
    assert.equal(learning.deadlineMs('create', 0, 0), 5000);
    observe(learning, 1, 10);
    assert.equal(learning.deadlineMs('create', 0, 0), 2000);
  });

  test('four times what all but the slowest of the last 100 took, within 2 s and 20 s', () => {
    const learning = deadlines();
    observe(learning, 98, 10);
    observe(learning, 1, 4000);
    assert.equal(learning.deadlineMs('create', 0, 0), 2000, 'one outlier is no reason');
    observe(learning, 1, 900);
    assert.equal(learning.deadlineMs('create', 0, 0), 3600);
    observe(learning, 2, 30_000);
    assert.equal(learning.deadlineMs('create', 0, 0), 20_000);
    observe(learning, 99, 10);
    assert.equal(learning.deadlineMs('create', 0, 0), 2000, 'what is long ago is forgotten');
  });

  test('each time-out of a request doubles its next deadline, up to sixteen times the first', () => {
    const learning = deadlines();
    assert.deepEqual(
      [1, 2, 3, 4, 5, 40].map((timeouts) => learning.deadlineMs('get', 0, timeouts)),
      [10_000, 20_000, 40_000, 80_000, 80_000, 80_000],
    );
  });

  test('kinds of requests and large bodies are judged by their own', () => {
    const learning = deadlines();
    observe(learning, 100, 10);
    assert.equal(learning.deadlineMs('get', 0, 0), 5000);
    assert.equal(learning.deadlineMs('create', 8 * MIB, 0), 13_000);
    // A link of 1 MiB/s, fully used: 8 s for a body that had 13 s.
    observe(learning, 100, 8000, 8 * MIB);
    assert.equal(learning.deadlineMs('create', 8 * MIB, 0), 32_000);
    assert.equal(learning.deadlineMs('create', 64 * MIB, 0), Math.ceil((8 / 13) * 4 * 69_000));
    assert.equal(learning.deadlineMs('create', 4 * KIB, 0), Math.ceil(0.4 * (5000 + 1000 / 256)));
  });
});

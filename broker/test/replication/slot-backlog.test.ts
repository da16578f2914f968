import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SlotBacklog } from '../../src/replication/slot-backlog.ts';

test('a backlog counts objects and bytes exactly, whatever comes and goes', () => {
  const backlog = new SlotBacklog();
  const model: number[] = [];
  for (let i = 1; i <= 20_000; i += 1) {
    backlog.push(i);
    model.push(i);
    if (i % 3 > 0) {
      backlog.shift();
      model.shift();
    }
  }
  const check = (): void => {
    assert.equal(backlog.length, model.length);
    assert.equal(
      backlog.bytes,
      model.reduce((sum, size) => sum + size, 0),
    );
    assert.equal(backlog.at(0), model[0]);
    assert.equal(backlog.at(backlog.length - 1), model.at(-1));
  };
  check();
  backlog.truncate(100);
  model.length = 100;
  check();
  backlog.truncate(-1);
  assert.deepEqual([backlog.length, backlog.bytes], [0, 0]);
});

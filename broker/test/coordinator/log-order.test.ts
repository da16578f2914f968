import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { OffsetsRecord } from '../../src/coordinator/index.ts';
import { settle } from '../support/manual-clock.ts';
import { Consumer, stabilize } from './consumer.ts';
import {
  commitRequest,
  context,
  describe,
  errorName,
  fetchOffset,
  joinRequest,
  startCoordinator,
  watch,
} from './harness.ts';
import { MemoryOffsets } from './memory-offsets.ts';

/** A port whose answers come in any order, though the log has the order of the calls. */
class UnorderedAnswers extends MemoryOffsets {
  readonly answers: (() => void)[] = [];

  override async append(_partition: number, records: readonly OffsetsRecord[]): Promise<void> {
    assert.ok(records.length > 0);
    const { promise, resolve } = Promise.withResolvers<void>();
    this.answers.push(resolve);
    return promise;
  }
}

test('commits are applied in the order of the log, whatever order the answers come in', async () => {
  const port = new UnorderedAnswers();
  const { coordinator } = await startCoordinator({ port });
  const first = watch(coordinator.offsetCommit(commitRequest(1), context(8)));
  const second = watch(coordinator.offsetCommit(commitRequest(2), context(8)));
  await settle();
  port.answers[1]?.();
  await settle();
  assert.equal(second.value, undefined);
  assert.equal(await fetchOffset(coordinator), -1);
  port.answers[0]?.();
  await settle();
  assert.notEqual(first.value, undefined);
  assert.notEqual(second.value, undefined);
  assert.equal(await fetchOffset(coordinator), 2);
});

test('a refused request leaves no group behind', async () => {
  const { coordinator } = await startCoordinator();
  await coordinator.joinGroup(joinRequest({ protocols: [] }), context(3));
  await coordinator.offsetCommit(commitRequest(1, { metadata: 'x'.repeat(5_000) }), context(8));
  assert.equal((await describe(coordinator)).groupState, 'Dead');
  const promised = await coordinator.joinGroup(joinRequest(), context(9));
  assert.equal(errorName(promised.errorCode), 'MEMBER_ID_REQUIRED');
  assert.equal((await describe(coordinator)).groupState, 'Empty', 'a group that someone is about to join stays');
});

test('the last member’s LeaveGroup is answered when the empty group is in the bucket', async () => {
  const started = await startCoordinator();
  const a = new Consumer(started);
  await stabilize(started, a);
  started.port.held = true;
  const leave = watch(a.leave());
  await settle();
  assert.equal(leave.value, undefined);
  started.port.commit();
  await settle();
  assert.equal(leave.value, 'NONE');
});

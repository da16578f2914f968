import assert from 'node:assert/strict';
import { test } from 'node:test';

import { settle } from '../support/manual-clock.ts';
import { Consumer, stabilize } from './consumer.ts';
import {
  commitRequest,
  context,
  describe,
  errorName,
  fetchOffset,
  fetchRequest,
  groupId,
  settled,
  startCoordinator,
  watch,
} from './harness.ts';
import type { TestCoordinator } from './harness.ts';

async function stableGroup(): Promise<{ started: TestCoordinator; a: Consumer; b: Consumer }> {
  const started = await startCoordinator();
  const [a, b] = [new Consumer(started), new Consumer(started)] as const;
  await stabilize(started, a, b);
  await a.commit(5);
  return { started, a, b };
}

test('rule-18: OffsetFetch and DescribeGroups answer only with proof begun after the request', async () => {
  const { started } = await stableGroup();
  started.port.proofsHeld = true;
  const fetch = watch(fetchOffset(started.coordinator));
  const description = watch(describe(started.coordinator));
  await settle();
  assert.equal(fetch.value, undefined);
  assert.equal(description.value, undefined);
  started.port.grantProofs();
  assert.equal(await settled(fetch), 5);
  assert.equal((await settled(description)).groupState, 'Stable');
});

test('rule-18: the end of the join phase and a follower’s SyncGroup need proof, a leader’s SyncGroup writes a slot', async () => {
  const { started, a, b } = await stableGroup();
  started.port.proofsHeld = true;
  const joins = [b.join(), a.join()];
  b.join();
  await settle();
  assert.deepEqual(
    joins.map(({ value }) => value),
    [undefined, undefined],
  );
  started.port.grantProofs();
  for (const join of joins) await settled(join);
  const followed = b.sync();
  assert.equal(errorName((await settled(a.sync())).errorCode), 'NONE');
  assert.equal(followed.value, undefined);
  started.port.grantProofs();
  assert.equal(errorName((await settled(followed)).errorCode), 'NONE');
});

test('rule-18: heartbeats and offset commits ask for no proof', async () => {
  const { started, a } = await stableGroup();
  const before = started.port.proofs;
  assert.equal(a.heartbeat(), 'NONE');
  assert.equal(await a.commit(6), 'NONE');
  assert.equal(started.port.proofs, before);
});

test('rule-18: a zombie coordinator whose stream is sealed answers nobody with old state', async () => {
  const { started, a } = await stableGroup();
  started.port.fence();
  const { groups } = await started.coordinator.offsetFetch(fetchRequest([{ groupId, topics: null }]), context(9));
  assert.equal(errorName(groups[0]?.errorCode), 'NOT_COORDINATOR');
  assert.equal(groups[0]?.topics.length, 0);
  assert.equal(a.heartbeat(), 'NOT_COORDINATOR');
  assert.equal(started.coordinator.phaseOf(0), 'failed');
});

test('a store that cannot be asked costs nobody its place: the answers are retriable', async () => {
  const { started, a, b } = await stableGroup();
  started.port.refuse('STORE_UNAVAILABLE');
  const { groups } = await started.coordinator.offsetFetch(fetchRequest([{ groupId, topics: null }]), context(9));
  assert.equal(errorName(groups[0]?.errorCode), 'COORDINATOR_LOAD_IN_PROGRESS');
  assert.equal(errorName((await settled(b.join())).errorCode), 'COORDINATOR_NOT_AVAILABLE');
  assert.equal(a.heartbeat(), 'NONE');
  assert.equal(b.heartbeat(), 'NONE');
  assert.equal(started.coordinator.phaseOf(0), 'loaded');
});

test('a member does not expire while its answer waits for proof', async () => {
  const { started, a, b } = await stableGroup();
  started.port.proofsHeld = true;
  const joins = [a.join(), b.join(), b.join()];
  await started.clock.advance(50_000);
  started.port.grantProofs();
  for (const join of joins) assert.equal(errorName((await settled(join)).errorCode), 'NONE');
  assert.equal(a.heartbeat(), 'NONE');
  assert.equal(b.heartbeat(), 'NONE');
});

test('a member that leaves while its answer waits for proof is gone for good', async () => {
  const { started, a, b } = await stableGroup();
  started.port.proofsHeld = true;
  const joins = [b.join(), a.join()];
  const again = b.join();
  await settle();
  await b.leave();
  started.port.grantProofs();
  for (const join of [...joins, again]) await settled(join);
  started.port.proofsHeld = false;
  await settled(a.join());
  await settled(a.sync());
  for (let waitedMs = 0; waitedMs < 30_000; waitedMs += 5_000) {
    await started.clock.advance(5_000);
    assert.equal(a.heartbeat(), 'NONE');
  }
});

test('a write that fails for any reason gives the partition up: nobody knows whether it got in', async () => {
  const { started, a } = await stableGroup();
  started.port.refuse('NOT_LEADER');
  const commit = await started.coordinator.offsetCommit(commitRequest(6, { groupId: 'simple' }), context(8));
  assert.equal(errorName(commit.topics[0]?.partitions[0]?.errorCode), 'NOT_COORDINATOR');
  assert.equal(a.heartbeat(), 'NOT_COORDINATOR');
});

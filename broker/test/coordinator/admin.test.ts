import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Consumer, stabilize } from './consumer.ts';
import {
  commitError,
  commitRequest,
  context,
  describe,
  errorName,
  fetchOffset,
  groupId,
  settled,
  startCoordinator,
  subscription,
  watch,
} from './harness.ts';

test('a stable group is described with its protocol, members, subscriptions and assignments', async () => {
  const started = await startCoordinator();
  const a = new Consumer(started, { clientId: 'app', groupInstanceId: 'pod-0' });
  await stabilize(started, a);
  const described = await describe(started.coordinator);
  assert.equal(described.groupState, 'Stable');
  assert.equal(described.protocolType, 'consumer');
  assert.equal(described.protocolData, 'range');
  assert.deepEqual(described.members, [
    {
      memberId: a.memberId,
      groupInstanceId: 'pod-0',
      clientId: 'app',
      clientHost: '/127.0.0.1',
      memberMetadata: subscription('orders'),
      memberAssignment: Buffer.from(`for ${a.memberId}`),
    },
  ]);
});

test('a group that does not exist is dead before version 6 and not found from then on', async () => {
  const { coordinator } = await startCoordinator();
  const request = { groups: ['nobody'], includeAuthorizedOperations: false };
  const [old] = (await coordinator.describeGroups(request, context(5))).groups;
  assert.deepEqual([errorName(old?.errorCode), old?.groupState], ['NONE', 'Dead']);
  const [recent] = (await coordinator.describeGroups(request, context(6))).groups;
  assert.deepEqual(
    [errorName(recent?.errorCode), recent?.errorMessage],
    ['GROUP_ID_NOT_FOUND', 'Group nobody not found.'],
  );
});

test('groups are listed by state and type, in any case of letters', async () => {
  const started = await startCoordinator();
  await stabilize(started, new Consumer(started));
  await started.coordinator.offsetCommit(commitRequest(1, { groupId: 'simple' }), context(8));
  const list = (statesFilter: string[], typesFilter: string[]): string[] =>
    started.coordinator.listGroups({ statesFilter, typesFilter }).groups.map((group) => group.groupId);
  assert.deepEqual(list([], []), [groupId, 'simple']);
  assert.deepEqual(list(['stable'], []), [groupId]);
  assert.deepEqual(list(['Empty'], ['Classic']), ['simple']);
  assert.deepEqual(list([], ['consumer']), []);
});

test('an empty group is deleted with its offsets, a running one is not', async () => {
  const started = await startCoordinator();
  const { coordinator, port } = started;
  const a = new Consumer(started);
  await stabilize(started, a);
  await a.commit(5);
  const remove = async (): Promise<string[]> => {
    const { results } = await coordinator.deleteGroups({ groupsNames: [groupId, 'nobody', ''] });
    return results.map(({ errorCode }) => errorName(errorCode));
  };
  assert.deepEqual(await remove(), ['NON_EMPTY_GROUP', 'GROUP_ID_NOT_FOUND', 'INVALID_GROUP_ID']);
  await a.leave();
  assert.deepEqual(await remove(), ['NONE', 'GROUP_ID_NOT_FOUND', 'INVALID_GROUP_ID']);
  assert.equal(await fetchOffset(coordinator), -1);
  assert.equal(port.compacted().size, 0);
});

test('a group that is being deleted sends everyone away until that is done, and still shows its offsets', async () => {
  const started = await startCoordinator();
  const { coordinator, port, clock } = started;
  const a = new Consumer(started);
  await stabilize(started, a);
  await a.commit(5);
  await a.leave();
  port.held = true;
  const deletion = watch(coordinator.deleteGroups({ groupsNames: [groupId] }));
  await clock.advance(0);
  assert.equal(a.heartbeat(), 'COORDINATOR_NOT_AVAILABLE');
  assert.equal(errorName((await settled(new Consumer(started).join())).errorCode), 'COORDINATOR_NOT_AVAILABLE');
  assert.equal(commitError(await coordinator.offsetCommit(commitRequest(6), context(8))), 'COORDINATOR_NOT_AVAILABLE');
  assert.equal(await fetchOffset(coordinator), 5);
  port.commit();
  assert.equal(errorName((await settled(deletion)).results[0]?.errorCode), 'NONE');
  assert.equal(await fetchOffset(coordinator), -1);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { GroupCoordinator } from '../../src/coordinator/index.ts';
import { ApiKeys, ZERO_UUID, apiNamed, decodeResponse, encodeResponse } from '../../src/kafka/index.ts';
import type { ApiName, ResponseOf } from '../../src/kafka/index.ts';
import { Consumer, stabilize } from './consumer.ts';
import {
  commitRequest,
  context,
  createCoordinator,
  fetchRequest,
  groupId,
  joinRequest,
  startCoordinator,
} from './harness.ts';

type Answers = { readonly [N in ApiName]?: (coordinator: GroupCoordinator, apiVersion: number) => unknown };

const sender = { groupId, memberId: 'm', groupInstanceId: null, generationId: 1 };

/** A request of every kind; the strange member gets refusals, the administrator's calls get full answers. */
const answers: Answers = {
  JoinGroup: (coordinator, version) => coordinator.joinGroup(joinRequest({ memberId: 'm' }), context(version)),
  SyncGroup: (coordinator, version) =>
    coordinator.syncGroup({ ...sender, protocolType: null, protocolName: null, assignments: [] }, context(version)),
  Heartbeat: (coordinator) => coordinator.heartbeat(sender),
  LeaveGroup: (coordinator, version) =>
    coordinator.leaveGroup(
      { groupId, memberId: 'm', members: version < 3 ? [] : [{ memberId: 'm', groupInstanceId: null, reason: null }] },
      context(version),
    ),
  OffsetCommit: (coordinator, version) => coordinator.offsetCommit(commitRequest(1), context(version)),
  OffsetFetch: (coordinator, version) =>
    coordinator.offsetFetch(
      version < 8
        ? { ...fetchRequest([]), groupId, topics: version < 2 ? [{ name: 'orders', partitionIndexes: [0, 9] }] : null }
        : fetchRequest([{ groupId, topics: [{ name: 'orders', topicId: ZERO_UUID, partitionIndexes: [0, 9] }] }]),
      context(version),
    ),
  OffsetDelete: (coordinator) =>
    coordinator.offsetDelete({ groupId, topics: [{ name: 'orders', partitions: [{ partitionIndex: 0 }] }] }),
  DescribeGroups: (coordinator, version) =>
    coordinator.describeGroups({ groups: [groupId, 'nobody'], includeAuthorizedOperations: false }, context(version)),
  ListGroups: (coordinator) => coordinator.listGroups({ statesFilter: [], typesFilter: [] }),
  DeleteGroups: (coordinator) => coordinator.deleteGroups({ groupsNames: [groupId, 'nobody'] }),
};

function roundTrip(name: ApiName, apiVersion: number, response: unknown): object {
  const frame = Buffer.concat(encodeResponse(ApiKeys[name], apiVersion, 7, response as ResponseOf<ApiName>));
  const { correlationId, body } = decodeResponse(ApiKeys[name], apiVersion, frame.subarray(4));
  assert.equal(correlationId, 7);
  return body;
}

test('every answer can be written in every version, from a coordinator and from a broker that is none', async () => {
  const started = await startCoordinator();
  await stabilize(started, new Consumer(started));
  await started.coordinator.offsetCommit(commitRequest(1, { groupId: 'simple' }), context(8));
  const stranger = createCoordinator();
  for (const name of Object.keys(answers) as (keyof typeof answers)[]) {
    const { minVersion, maxVersion } = apiNamed(name);
    for (let apiVersion = minVersion; apiVersion <= maxVersion; apiVersion++) {
      for (const { coordinator } of [started, stranger]) {
        const response = await answers[name]?.(coordinator, apiVersion);
        const read = roundTrip(name, apiVersion, response);
        assert.equal(typeof read, 'object', `${name} v${apiVersion}`);
      }
    }
  }
});

test('a joined member reads its answer in every version', async () => {
  for (let apiVersion = 0; apiVersion <= 9; apiVersion++) {
    const started = await startCoordinator();
    const consumer = new Consumer(started, { joinVersion: apiVersion });
    const join = consumer.join();
    await started.clock.advance(3_000);
    const read = roundTrip('JoinGroup', apiVersion, await join.promise) as ResponseOf<'JoinGroup'>;
    assert.equal(read.errorCode, 0);
    assert.equal(read.memberId, consumer.memberId);
    assert.equal(read.protocolName, 'range');
    assert.equal(read.members.length, 1);
  }
});

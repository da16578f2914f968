import assert from 'node:assert/strict';

import { GroupCoordinator } from '../../src/coordinator/index.ts';
import type { CoordinatorOptions } from '../../src/coordinator/index.ts';
import { silentLogger } from '../../src/edge/index.ts';
import { ConsumerProtocolSubscription, ZERO_UUID, encodeVersioned, kafkaErrorName } from '../../src/kafka/index.ts';
import type { KafkaErrorName, RequestOf, ResponseOf } from '../../src/kafka/index.ts';
import { SimRandom } from '../sim/sim-random.ts';
import { ManualClock, settle } from '../support/manual-clock.ts';
import { MemoryOffsets } from './memory-offsets.ts';

export const groupId = 'orders-group';

export interface TestCoordinator {
  readonly clock: ManualClock;
  readonly port: MemoryOffsets;
  readonly coordinator: GroupCoordinator;
}

/** A coordinator that serves all partitions of a topic in memory. */
export async function startCoordinator(
  setting: { options?: Partial<CoordinatorOptions>; port?: MemoryOffsets; clock?: ManualClock; seed?: number } = {},
): Promise<TestCoordinator> {
  const test = createCoordinator(setting);
  for (let partition = 0; partition < test.port.partitionCount; partition++) await test.coordinator.load(partition);
  return test;
}

export function createCoordinator({
  options = {},
  port = new MemoryOffsets(),
  clock = new ManualClock(),
  seed = 1,
}: {
  options?: Partial<CoordinatorOptions>;
  port?: MemoryOffsets;
  clock?: ManualClock;
  seed?: number;
} = {}): TestCoordinator {
  const random = new SimRandom(seed);
  return { clock, port, coordinator: new GroupCoordinator({ port, clock, random, logger: silentLogger, options }) };
}

export function subscription(...topics: string[]): Buffer {
  return encodeVersioned(ConsumerProtocolSubscription, 1, { topics });
}

export function joinRequest(overrides: Partial<RequestOf<'JoinGroup'>> = {}): RequestOf<'JoinGroup'> {
  return {
    groupId,
    sessionTimeoutMs: 10_000,
    rebalanceTimeoutMs: 60_000,
    memberId: '',
    groupInstanceId: null,
    protocolType: 'consumer',
    protocols: [{ name: 'range', metadata: subscription('orders') }],
    reason: null,
    ...overrides,
  };
}

export function context(
  apiVersion: number,
  clientId = 'client',
): { apiVersion: number; clientId: string; clientHost: string } {
  return { apiVersion, clientId, clientHost: '/127.0.0.1' };
}

export function commitRequest(
  offset: number,
  overrides: Partial<RequestOf<'OffsetCommit'>> & { topic?: string; metadata?: string | null } = {},
): RequestOf<'OffsetCommit'> {
  const { topic = 'orders', metadata = 'note', ...rest } = overrides;
  return {
    groupId,
    generationIdOrMemberEpoch: -1,
    memberId: '',
    groupInstanceId: null,
    retentionTimeMs: -1,
    topics: [
      {
        name: topic,
        topicId: ZERO_UUID,
        partitions: [
          { partitionIndex: 0, committedOffset: offset, committedLeaderEpoch: 3, committedMetadata: metadata },
        ],
      },
    ],
    ...rest,
  };
}

export function commitError(response: ResponseOf<'OffsetCommit'>): KafkaErrorName {
  return errorName(response.topics[0]?.partitions[0]?.errorCode);
}

export function errorName(code: number | undefined): KafkaErrorName {
  const name = code === undefined ? undefined : kafkaErrorName(code);
  assert.ok(name !== undefined, `No error has the code ${code}.`);
  return name;
}

/** The committed offset of a partition as OffsetFetch v9 shows it; -1 for none. */
export async function fetchOffset(
  coordinator: GroupCoordinator,
  topic = 'orders',
  partition = 0,
  group = groupId,
): Promise<number> {
  const response = await coordinator.offsetFetch(
    fetchRequest([{ groupId: group, topics: [{ name: topic, topicId: ZERO_UUID, partitionIndexes: [partition] }] }]),
    context(9),
  );
  const [fetched] = response.groups;
  assert.equal(errorName(fetched?.errorCode), 'NONE');
  return fetched?.topics[0]?.partitions[0]?.committedOffset ?? Number.NaN;
}

export function fetchRequest(
  groups: readonly {
    groupId: string;
    topics: readonly { name: string; topicId: string; partitionIndexes: readonly number[] }[] | null;
  }[],
): RequestOf<'OffsetFetch'> {
  return {
    groupId: '',
    topics: [],
    groups: groups.map((group) => ({ ...group, memberId: null, memberEpoch: -1 })),
    requireStable: false,
  };
}

export async function describe(
  coordinator: GroupCoordinator,
  group = groupId,
): Promise<ResponseOf<'DescribeGroups'>['groups'][number]> {
  const { groups } = await coordinator.describeGroups(
    { groups: [group], includeAuthorizedOperations: false },
    context(5),
  );
  const [described] = groups;
  assert.ok(described);
  return described;
}

/** A promise whose settlement can be looked at. */
export interface Watched<T> {
  readonly promise: Promise<T>;
  /** The value, or undefined while it is pending. */
  readonly value: T | undefined;
}

export function watch<T>(promise: Promise<T>): Watched<T> {
  const watched: { promise: Promise<T>; value: T | undefined } = { promise, value: undefined };
  void promise.then((value) => {
    watched.value = value;
  });
  return watched;
}

/** Waits for promises and fails when `promise` is still pending afterwards. */
export async function settled<T>({ promise }: Watched<T>): Promise<T> {
  const pending = Symbol('pending');
  await settle();
  const value = await Promise.race([promise, Promise.resolve(pending)]);
  if (typeof value === 'symbol') throw new Error('Still pending.');
  return value;
}

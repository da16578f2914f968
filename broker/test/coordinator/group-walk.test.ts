import assert from 'node:assert/strict';
import { test } from 'node:test';

import fc from 'fast-check';

import type { KafkaErrorName, ResponseOf } from '../../src/kafka/index.ts';
import { settle } from '../support/manual-clock.ts';
import { Consumer } from './consumer.ts';
import {
  commitError,
  commitRequest,
  context,
  describe,
  errorName,
  fetchRequest,
  groupId,
  startCoordinator,
  subscription,
  watch,
} from './harness.ts';
import type { TestCoordinator, Watched } from './harness.ts';
import { MemoryOffsets } from './memory-offsets.ts';

/** One step of a random history; `who` picks a consumer. */
type Step =
  | { readonly kind: 'join' | 'sync' | 'leave' | 'restart' | 'resubscribe'; readonly who: number }
  | { readonly kind: 'commit'; readonly who: number; readonly offset: number }
  | { readonly kind: 'simple-commit'; readonly offset: number }
  | { readonly kind: 'advance'; readonly ms: number }
  | { readonly kind: 'rally' | 'heartbeats' | 'hold' | 'commit-one' | 'release' | 'delete-group' | 'delete-topic' };

const who = fc.nat(4);

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constantFrom('join' as const, 'sync' as const), who }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constantFrom('leave' as const, 'restart' as const, 'resubscribe' as const), who }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('commit' as const), who, offset: fc.nat(1_000) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('simple-commit' as const), offset: fc.nat(1_000) }) },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('advance' as const), ms: fc.constantFrom(0, 500, 3_000, 9_000, 25_000) }),
  },
  { weight: 5, arbitrary: fc.constant({ kind: 'rally' as const }) },
  { weight: 4, arbitrary: fc.constant({ kind: 'heartbeats' as const }) },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constantFrom('hold' as const, 'commit-one' as const, 'release' as const) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('delete-group' as const, 'delete-topic' as const) }) },
);

const topics = ['orders', 'payments'];

/** Five consumers of one group, two of them static, and everything that they were ever told. */
class History {
  readonly test: TestCoordinator;
  readonly consumers: Consumer[];
  readonly waiting: Watched<unknown>[] = [];
  /** What JoinGroup said, by generation; a group that is deleted starts over. */
  readonly generations = new Map<string, ResponseOf<'JoinGroup'>[]>();
  /** Assignments that SyncGroup handed out, by generation and member. */
  readonly assignments = new Map<string, string>();
  readonly #subscribed = new Map<number, number>();
  #deletions = 0;

  constructor(started: TestCoordinator) {
    this.test = started;
    this.consumers = Array.from({ length: 5 }, (_, i) => this.#consumer(i));
  }

  #consumer(index: number): Consumer {
    return new Consumer(this.test, {
      groupInstanceId: index < 2 ? `static-${index}` : null,
      joinVersion: index === 4 ? 3 : 9,
      rebalanceTimeoutMs: 20_000,
    });
  }

  async take(move: Step): Promise<void> {
    const { clock, port, coordinator } = this.test;
    switch (move.kind) {
      case 'join':
        this.#join(move.who);
        break;
      case 'sync':
        this.#sync(move.who);
        break;
      case 'rally':
        for (const index of this.consumers.keys()) this.#join(index);
        await clock.advance(6_000);
        for (const index of this.consumers.keys()) this.#sync(index);
        break;
      case 'leave':
        this.#watch(this.consumers[move.who]?.leave());
        break;
      case 'restart':
        this.consumers[move.who] = this.#consumer(move.who);
        break;
      case 'resubscribe': {
        const count = 3 - (this.#subscribed.get(move.who) ?? 1);
        this.#subscribed.set(move.who, count);
        const consumer = this.consumers[move.who];
        if (consumer) consumer.protocols = [{ name: 'range', metadata: subscription(...topics.slice(0, count)) }];
        break;
      }
      case 'commit':
        this.#watch(this.consumers[move.who]?.commit(move.offset));
        break;
      case 'simple-commit':
        this.#watch(coordinator.offsetCommit(commitRequest(move.offset, { topic: 'payments' }), context(8)));
        break;
      case 'advance':
        await clock.advance(move.ms);
        break;
      case 'heartbeats':
        for (const consumer of this.consumers) consumer.heartbeat();
        break;
      case 'hold':
        port.held = true;
        break;
      case 'commit-one':
        port.commit(1);
        break;
      case 'release':
        port.held = false;
        port.commit();
        break;
      case 'delete-group':
        this.#watch(this.#deleteGroup());
        break;
      case 'delete-topic':
        this.#watch(coordinator.topicsDeleted(new Set(['payments'])));
        break;
    }
    await settle();
  }

  async #deleteGroup(): Promise<void> {
    const { results } = await this.test.coordinator.deleteGroups({ groupsNames: [groupId] });
    if (errorName(results[0]?.errorCode) === 'NONE') this.#deletions++;
  }

  #join(index: number): void {
    const join = this.consumers[index]?.join();
    if (join === undefined) return;
    this.waiting.push(join);
    void join.promise.then((response) => {
      if (errorName(response.errorCode) !== 'NONE') return;
      const key = `${this.#deletions} ${response.generationId}`;
      this.generations.set(key, [...(this.generations.get(key) ?? []), response]);
    });
  }

  #sync(index: number): void {
    const consumer = this.consumers[index];
    if (consumer === undefined) return;
    const { memberId, generationId } = consumer;
    const sync = consumer.sync();
    this.waiting.push(sync);
    void sync.promise.then(({ errorCode, assignment }) => {
      if (errorName(errorCode) !== 'NONE' || consumer.groupInstanceId !== null) return;
      const key = `${generationId} ${memberId}`;
      assert.equal(
        this.assignments.get(key) ?? assignment.toString(),
        assignment.toString(),
        'one assignment a generation',
      );
      this.assignments.set(key, assignment.toString());
    });
  }

  #watch(promise: Promise<unknown> | undefined): void {
    if (promise !== undefined) this.waiting.push(watch(promise.then(() => true)));
  }

  /** Lets everything come to an end: the bucket answers, sessions and phases run out. */
  async finish(): Promise<void> {
    await this.take({ kind: 'release' });
    await this.test.clock.advance(400_000);
    await settle();
  }
}

/** What a coordinator would say about everything that is stored: offsets, and the group when it is at rest. */
async function stored(started: TestCoordinator): Promise<{ readonly offsets: unknown; readonly group: unknown }> {
  const described = await describe(started.coordinator);
  const { groups } = await started.coordinator.offsetFetch(fetchRequest([{ groupId, topics: null }]), context(9));
  const offsets = (groups[0]?.topics ?? [])
    .flatMap(({ name, partitions }) => partitions.map((partition) => ({ name, ...partition })))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
  // A group that never had a generation stores nothing but its offsets.
  const atRest =
    described.groupState === 'Stable' || (described.groupState === 'Empty' && described.protocolType !== '');
  return { offsets, group: atRest || described.groupState === 'Dead' ? described : undefined };
}

function reload({ port, clock }: TestCoordinator): Promise<TestCoordinator> {
  return startCoordinator({ port: new MemoryOffsets(1, port.log), clock, seed: 2 });
}

test('any history: all requests are answered, generations agree, and nobody gets two assignments', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 80 }), async (steps) => {
      const history = new History(await startCoordinator());
      for (const move of steps) await history.take(move);
      await history.finish();
      for (const { value } of history.waiting) assert.notEqual(value, undefined, 'a request was never answered');
      for (const responses of history.generations.values()) {
        const leaders = new Set(responses.filter(({ members }) => members.length > 0).map(({ leader }) => leader));
        // A static leader that restarts in a generation leads under its new id.
        const dynamic = [...leaders].filter((leader) => !leader.startsWith('static-'));
        assert.ok(dynamic.length <= 1, 'one leader a generation');
      }
      const state = (await describe(history.test.coordinator)).groupState;
      assert.ok(state === 'Empty' || state === 'Dead', `members without heartbeats are gone in the end, not ${state}`);
    }),
    { numRuns: 150 },
  );
});

test('any history, cut anywhere: another coordinator reads the same offsets and the same group at rest', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 60 }), async (steps) => {
      const history = new History(await startCoordinator());
      for (const move of steps) {
        await history.take(move);
        const next = await reload(history.test);
        const [here, there] = await Promise.all([stored(history.test), stored(next)]);
        assert.deepEqual(there.offsets, here.offsets);
        const isStored = history.test.port.pendingAppends === 0;
        if (isStored && here.group !== undefined) assert.deepEqual(there.group, here.group);
        next.coordinator.close();
      }
    }),
    { numRuns: 100 },
  );
});

test('an acknowledged commit is never lost by a change of coordinator, whatever was on its way', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.nat(1_000), { minLength: 1, maxLength: 20 }),
      fc.nat(20),
      async (offsets, committed) => {
        const started = await startCoordinator();
        started.port.held = true;
        const commits = offsets.map((offset) =>
          watch(started.coordinator.offsetCommit(commitRequest(offset), context(8))),
        );
        await settle();
        started.port.commit(committed);
        await settle();
        const acknowledged = commits.filter(({ value }) => value !== undefined).length;
        assert.equal(acknowledged, Math.min(committed, offsets.length));
        const next = await reload(started);
        const expected = acknowledged === 0 ? -1 : offsets[acknowledged - 1];
        const { groups } = await next.coordinator.offsetFetch(fetchRequest([{ groupId, topics: null }]), context(9));
        assert.equal(groups[0]?.topics[0]?.partitions[0]?.committedOffset ?? -1, expected);
        started.port.fence();
        const rest = await Promise.all(
          commits.map(async ({ promise }): Promise<KafkaErrorName> => commitError(await promise)),
        );
        assert.equal(rest.filter((error) => error === 'NONE').length, acknowledged);
      },
    ),
    { numRuns: 50 },
  );
});

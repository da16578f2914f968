import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { ChronikError, hasCode, silentLogger, systemClock, systemRandom } from '../../../src/edge/index.ts';
import { ZERO_UUID, buildBatch, encodeGroupRecord } from '../../../src/kafka/index.ts';
import { parseSlotKey } from '../../../src/log/index.ts';
import { readTimelineFiles } from '../../../src/meta/index.ts';
import { abandonTimeline } from '../../../src/recovery/abandon-timeline.ts';
import type { CopyOptions } from '../../../src/recovery/cut/copy-of.ts';
import { promote } from '../../../src/recovery/cut/promote.ts';
import { previewPromotion } from '../../../src/recovery/cut/promotion.ts';
import type { PromotionRequest } from '../../../src/recovery/cut/promotion.ts';
import { awaitBarrier, readBarrier } from '../../../src/recovery/cut/switchover.ts';
import { examineBucket } from '../../../src/recovery/index.ts';
import type { BootedBroker } from '../../../src/recovery/index.ts';
import { PatientStore } from '../../../src/store/index.ts';
import type { MemoryStore } from '../../../src/store/index.ts';
import { BootBench, batch, contents, createTopic, logOf, stop } from '../boot-bench.ts';
import { MortalStore, Mortality } from '../mortal.ts';
import { OTHER_ID, patient, storeOf } from './copied-bucket.ts';
import type { Written } from './copied-bucket.ts';

const ORDER: PromotionRequest = { planId: 'plan', expectedParent: undefined, maxDataLossMs: 60_000, force: false };
const HEARTBEAT_MS = 100;
const OFFSETS = '__consumer_offsets';
const OFFSETS_ID = 'AAAAAAAAAAAAAAAAAAAABA';

let west: BootBench;
let east: BootBench;

beforeEach(async () => {
  west = await BootBench.create();
  east = await BootBench.create();
});

afterEach(async () => {
  await west.close();
  await east.close();
});

function objectsOf(bench: BootBench): Written[] {
  return [...bench.objects.contents()]
    .filter(([key]) => !key.startsWith('probe/'))
    .map(([key, body]) => ({ key, body, slot: parseSlotKey(key), first: { ms: 0, counter: 0 }, kind: undefined }));
}

function copyOptions(store: MemoryStore, others: readonly MemoryStore[] = []): CopyOptions {
  const edges = { clock: systemClock, random: systemRandom, logger: silentLogger, broker: 0 };
  return { store: patient(store), others: others.map(patient), ...edges };
}

/** A primary with a few records, its data stream beating as where a replica is configured. */
async function primaryWith(...texts: readonly string[]): ReturnType<BootBench['start']> {
  const started = await west.start({
    boot: { data: { lingerMs: 0, targetBytes: 1_000_000, heartbeatMs: HEARTBEAT_MS } },
  });
  await createTopic(started.broker);
  for (const text of texts) logOf(started.broker).append(batch(text));
  await settleAll(started.broker);
  return started;
}

/** Everything is in the bucket, and something of the metadata log is later than all of it. */
async function settleAll(broker: BootedBroker): Promise<void> {
  await broker.stream.flush();
  await broker.metadata.append([{ kind: 'topicConfigsChanged', topicId: OTHER_ID, changes: new Map() }]);
}

async function rejectsWith(code: string, attempt: Promise<unknown>): Promise<Error> {
  let failure: unknown;
  await attempt.catch((error: unknown) => (failure = error));
  assert.ok(hasCode(failure, code), `${code} expected, got ${String(failure)}`);
  return failure as Error;
}

describe('a copy that is promoted', () => {
  test('goes on with exactly what the cut holds, under a timeline of its own', async () => {
    const { life } = await primaryWith('=a', '=b', '=c');
    await west.kill(life);
    east.objects = await storeOf(objectsOf(west), 'east');
    const promoted = await promote(copyOptions(east.objects), ORDER, 'east');
    assert.ok(promoted !== undefined);
    const child = await east.start();
    assert.equal(child.broker.timeline, promoted.timeline.timeline);
    assert.deepEqual(await contents(child.broker), ['0 a', '1 b', '2 c']);
    assert.ok((child.broker.metadata.image.topic('orders')?.partitions[0]?.leaderEpoch ?? 0) > 1_000);
    logOf(child.broker).append(batch('=d'));
    await child.broker.stream.flush();
    await east.kill(child.life);
    await east.wipe();
    const again = await east.start();
    assert.deepEqual(await contents(again.broker), ['0 a', '1 b', '2 c', '3 d']);
    assert.deepEqual(again.broker.report.anomalies, []);
    const store = patient(east.objects);
    const { problems } = await examineBucket({ store, clock: systemClock, random: systemRandom, deep: true });
    assert.deepEqual(problems, []);
  });

  test('rule-12: leaves out what came later than the cut, and what arrives late changes nothing', async () => {
    const { life, broker } = await primaryWith('=a', '=b');
    logOf(broker).append(batch('=late'));
    await settleAll(broker);
    await west.kill(life);
    const all = objectsOf(west);
    const data = all.filter(({ slot }) => slot?.stream.log === 'data').toSorted((a, b) => (a.key < b.key ? -1 : 1));
    const late = data.slice(-1);
    east.objects = await storeOf(
      all.filter((object) => !late.includes(object)),
      'east',
    );
    const promoted = await promote(copyOptions(east.objects), { ...ORDER, force: true }, 'east');
    for (const { key, body } of late) await east.objects.create(key, [body]);
    const child = await east.start();
    assert.deepEqual(await contents(child.broker), ['0 a', '1 b']);
    assert.equal(promoted?.account.partitions.find(({ topic }) => topic.name === 'orders')?.endOffset, 2);
  });

  test('of records beyond the cut, told and kept apart', async () => {
    const { life, broker } = await primaryWith('=a');
    for (const text of ['=b', '=c', '=d']) {
      logOf(broker).append(batch(text));
      await broker.stream.flush();
    }
    await settleAll(broker);
    await west.kill(life);
    const hole = objectsOf(west).find(({ slot }) => slot?.stream.log === 'data' && slot.slot === 2);
    east.objects = await storeOf(
      objectsOf(west).filter(({ key }) => key !== hole?.key),
      'east',
    );
    const promoted = await promote(copyOptions(east.objects), { ...ORDER, force: true }, 'east');
    assert.deepEqual(
      promoted?.account.beyond.partitions.map(({ topic, records, firstOffset, lastOffset }) => [
        topic,
        records,
        firstOffset,
        lastOffset,
      ]),
      [['orders', 2, 2, 3]],
    );
    assert.ok(east.objects.contents().has(promoted?.accountKey ?? ''));
  });
});

describe('rule-05 one plan, one timeline', () => {
  test('twice, and at the same time', async () => {
    const { life } = await primaryWith('=a');
    await west.kill(life);
    east.objects = await storeOf(objectsOf(west), 'east');
    const options = copyOptions(east.objects);
    const made = await Promise.all([1, 2, 3].map(() => promote(options, ORDER, 'east')));
    assert.equal(new Set(made.flatMap((one) => one?.timeline.timeline ?? [])).size, 1);
    assert.equal(await promote(options, ORDER, 'east'), undefined, 'it is the primary already');
    assert.equal((await readTimelineFiles(patient(east.objects))).length, 2);
  });

  test('a crash at any step leaves nothing done, or all', async () => {
    const { life } = await primaryWith('=a');
    await west.kill(life);
    const written = objectsOf(west);
    let steps = 1;
    for (let isDone = false; !isDone; steps += 1) {
      const objects = await storeOf(written, 'east');
      const mortality = new Mortality(steps, 'done');
      const store = new PatientStore(new MortalStore(objects, mortality), {
        clock: mortality.clock,
        random: systemRandom,
      });
      const options = { ...copyOptions(objects), store, clock: mortality.clock };
      const running = promote(options, ORDER, 'east').then(() => true);
      running.catch(() => undefined);
      isDone = await Promise.race([running, mortality.ended.then(() => false)]);
      mortality.die();
      await promote(copyOptions(objects), ORDER, 'east');
      const timelines = await readTimelineFiles(patient(objects));
      assert.deepEqual(
        timelines.map(({ planId }) => planId),
        [undefined, 'plan'],
        `step ${steps}`,
      );
    }
    assert.equal(steps, 5, 'account, the root once more, the child, and once nobody died');
  });

  test('a plan that was made of another timeline holds', async () => {
    const { life } = await primaryWith('=a');
    await west.kill(life);
    const copy = copyOptions(await storeOf(objectsOf(west), 'east'));
    await rejectsWith('PLAN_OUTDATED', promote(copy, { ...ORDER, expectedParent: '0000000009-aaaaaaaa' }, 'east'));
  });

  test('a plan that was carried out long ago promotes nothing again', async () => {
    const { life } = await primaryWith('=a');
    await west.kill(life);
    east.objects = await storeOf(objectsOf(west), 'east');
    await promote(copyOptions(east.objects), ORDER, 'east');
    const back = await storeOf(objectsOf(east), 'west again');
    await promote(copyOptions(back, [east.objects]), { ...ORDER, planId: 'back' }, 'west');
    await rejectsWith('PLAN_OUTDATED', promote(copyOptions(east.objects, [back]), ORDER, 'east'));
  });
});

test('a loss greater than allowed is refused, with the numbers and the one command that decides', async () => {
  const { life } = await primaryWith('=a');
  await west.kill(life);
  const copy = copyOptions(await storeOf(objectsOf(west), 'east'));
  const later = { ...copy, clock: { ...systemClock, nowMs: () => systemClock.nowMs() + 90_000 } };
  const error = await rejectsWith('DATA_LOSS_TOO_GREAT', promote(later, ORDER, 'east'));
  assert.match(error.message, /9\d\.\d s ago.*at most 60\.0 s may be lost/);
  assert.match(
    (error as { remedy?: string }).remedy ?? '',
    /chronik promote --store east --max-data-loss 9\ds --force/,
  );
  assert.equal((await readTimelineFiles(copy.store)).length, 1, 'nothing was written');
  const lostAtMs = systemClock.nowMs();
  assert.ok((await promote(later, { ...ORDER, lostAtMs }, 'east')) !== undefined, 'nothing was acknowledged since');
});

test('rule-21: an offset committed beyond the cut goes back to the end, once, and is told', async () => {
  const { life, broker } = await primaryWith('=a', '=b');
  await createTopic(broker, OFFSETS, OFFSETS_ID);
  const commit = (group: string, offset: number): void => {
    const key = { group, topic: 'orders', partition: 0 };
    const value = {
      offset,
      leaderEpoch: 7,
      metadata: 'm',
      commitTimestamp: 5,
      expireTimestamp: -1,
      topicId: ZERO_UUID,
    };
    const record = encodeGroupRecord('OffsetCommit', key, value, 3);
    logOf(broker, OFFSETS_ID).append(Buffer.from(buildBatch({ records: [{ ...record, timestampMs: 5 }] })));
  };
  commit('fine', 2);
  commit('beyond', 900);
  await settleAll(broker);
  await west.kill(life);
  east.objects = await storeOf(objectsOf(west), 'east');
  const promoted = await promote(copyOptions(east.objects), ORDER, 'east');
  const clamped = { group: 'beyond', topic: 'orders', partition: 0, committed: 900, endOffset: 2 };
  assert.deepEqual(promoted?.account.clamped, [clamped]);
  const first = await east.start();
  assert.deepEqual(
    first.broker.report.anomalies.map(({ kind, what }) => [kind, what]),
    [['offset-clamped', 'orders-0']],
  );
  assert.equal(logOf(first.broker, OFFSETS_ID).logEndOffset, 3, 'the offset is written anew');
  await east.kill(first.life);
  const second = await east.start();
  assert.deepEqual(second.broker.report.anomalies, []);
  assert.equal(logOf(second.broker, OFFSETS_ID).logEndOffset, 3);
});

test('a boot that dies at any step of the first start of a child is done again, and clamps no more than once', async () => {
  const { life, broker } = await primaryWith('=a');
  await createTopic(broker, OFFSETS, OFFSETS_ID);
  const value = {
    offset: 44,
    leaderEpoch: -1,
    metadata: '',
    commitTimestamp: 5,
    expireTimestamp: -1,
    topicId: ZERO_UUID,
  };
  const record = encodeGroupRecord('OffsetCommit', { group: 'g', topic: 'orders', partition: 0 }, value, 3);
  logOf(broker, OFFSETS_ID).append(Buffer.from(buildBatch({ records: [{ ...record, timestampMs: 5 }] })));
  await settleAll(broker);
  await west.kill(life);
  const written = objectsOf(west);
  for (let step = 5; ; step += 4) {
    const bench = await BootBench.create();
    try {
      bench.objects = await storeOf(written, 'east');
      await promote(copyOptions(bench.objects), ORDER, 'east');
      const died = await bench.startAndDie({ endsAtStep: step });
      const { broker: booted } = await bench.start();
      assert.deepEqual(await contents(booted), ['0 a'], `step ${step}`);
      assert.equal(booted.metadata.image.isSettled, true);
      assert.equal(logOf(booted, OFFSETS_ID).logEndOffset, 2, `step ${step}`);
      if (!died) break;
    } finally {
      await bench.close();
    }
  }
});

test('the way to the child is told by the promoted store alone, whatever had not come of it', async () => {
  const { life } = await primaryWith('=a');
  await west.kill(life);
  east.objects = await storeOf(objectsOf(west), 'east');
  const first = await promote(copyOptions(east.objects), ORDER, 'east');
  const root = first?.timeline.parent ?? '';
  const south = await storeOf(
    objectsOf(east).filter(({ key }) => !key.includes(`timelines/${root}`)),
    'south',
  );
  await promote(copyOptions(south, [east.objects]), { ...ORDER, planId: 'on', force: true }, 'south');
  west.objects = south;
  await west.wipe();
  const { broker } = await west.start();
  assert.deepEqual(await contents(broker), ['0 a']);
});

describe('the boot plan', () => {
  test('promotes a replica at the start, and a standing plan changes nothing later', async () => {
    const { life } = await primaryWith('=a');
    await west.kill(life);
    east.objects = await storeOf(objectsOf(west), 'east');
    const promotion = { ...ORDER, storeName: 'east' };
    const first = await east.start({ boot: { promotion, isStoreNamed: true, replicas: [patient(west.objects)] } });
    const { timeline } = first.broker;
    assert.deepEqual(await contents(first.broker), ['0 a']);
    await east.kill(first.life);
    await east.wipe();
    const second = await east.start({ boot: { promotion, isStoreNamed: true } });
    assert.equal(second.broker.timeline, timeline);
  });

  test('rule-05: a store that has not heard of the timeline that the plan was made of is not opened as it was', async () => {
    const { life } = await primaryWith('=a');
    await west.kill(life);
    const promotion = { ...ORDER, expectedParent: '0000000002-0badf00d', storeName: 'west' };
    await rejectsWith('PLAN_OUTDATED', west.begin({ boot: { promotion, isStoreNamed: true } }).booting);
    const options = copyOptions(west.objects);
    await rejectsWith('PLAN_OUTDATED', promote(options, promotion, 'west'));
  });

  test('rule-14: the old store is not opened by somebody who can see where the cluster went', async () => {
    const { life } = await primaryWith('=a');
    await west.kill(life);
    east.objects = await storeOf(objectsOf(west), 'east');
    await promote(copyOptions(east.objects), ORDER, 'east');
    const stale = west.begin({ boot: { replicas: [patient(east.objects)] } });
    await rejectsWith('STORE_IS_REPLICA', stale.booting);
  });
});

test('rule-04: two replicas that were both promoted hold, until one is abandoned', async () => {
  const { life } = await primaryWith('=a');
  await west.kill(life);
  east.objects = await storeOf(objectsOf(west), 'east');
  const south = await storeOf(objectsOf(west), 'south');
  await promote(copyOptions(east.objects), ORDER, 'east');
  const other = await promote(copyOptions(south), { ...ORDER, planId: 'another' }, 'south');
  const replicas = [patient(south)];
  await rejectsWith('TIMELINE_AMBIGUOUS', east.begin({ boot: { replicas } }).booting);
  await abandonTimeline(copyOptions(south, [east.objects]), other?.timeline.timeline ?? '');
  const { broker } = await east.start({ boot: { replicas } });
  assert.deepEqual(await contents(broker), ['0 a']);
  await rejectsWith('TIMELINE_ONLY', abandonTimeline(copyOptions(east.objects, [south]), broker.timeline));
});

describe('a switchover', () => {
  test('loses nothing: it goes on from the barrier of a primary that was stopped in good order', async () => {
    const { broker } = await primaryWith('=a', '=b');
    const early = await storeOf(objectsOf(west), 'east');
    await rejectsWith('PRIMARY_NOT_STOPPED', readBarrier(copyOptions(early, [west.objects])));
    await stop(broker);
    const options = copyOptions(early, [west.objects]);
    const barrier = await readBarrier(options);
    await rejectsWith('BARRIER_NOT_REACHED', awaitBarrier(options, barrier, { timeoutMs: 0 }));
    for (const { key, body } of objectsOf(west)) await early.create(key, [body]);
    await awaitBarrier(options, barrier, { timeoutMs: 0 });
    const preview = await previewPromotion(options, { ...ORDER, expectedParent: barrier.timeline });
    assert.ok(preview.kind === 'cut');
    assert.deepEqual(preview.cut.metadata, barrier.metadata);
    east.objects = early;
    await promote(options, ORDER, 'east');
    const child = await east.start();
    assert.deepEqual(await contents(child.broker), ['0 a', '1 b']);
  });

  test('that a boot plan orders holds while the primary runs, waits for its end, and loses nothing', async () => {
    const { broker } = await primaryWith('=a', '=b');
    east.objects = await storeOf(objectsOf(west), 'east');
    const promotion = { ...ORDER, isPlanned: true, storeName: 'east', expectedParent: broker.timeline };
    const plan = { promotion, isStoreNamed: true, replicas: [patient(west.objects)] };
    await rejectsWith('PRIMARY_NOT_STOPPED', east.begin({ boot: plan }).booting);
    logOf(broker).append(batch('=c'));
    await stop(broker);
    const starting = east.start({ boot: plan });
    for (const { key, body } of objectsOf(west)) await east.objects.create(key, [body]);
    assert.deepEqual(await contents((await starting).broker), ['0 a', '1 b', '2 c']);
  });

  test('needs the store of the primary, and says so if it does not answer', async () => {
    const { broker } = await primaryWith('=a');
    await stop(broker);
    const copy = await storeOf(objectsOf(west), 'east');
    const away = (): Promise<never> => Promise.reject(new ChronikError('STORE_UNREACHABLE', 'the store is away'));
    Object.assign(west.objects, { get: away, list: away, head: away });
    await rejectsWith('PRIMARY_UNKNOWN', readBarrier(copyOptions(copy, [west.objects])));
  });
});

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { slotKey } from '../../src/log/index.ts';
import type { MetadataEvent } from '../../src/meta/event.ts';
import type { MetadataImage } from '../../src/meta/image.ts';
import type { MetadataLog } from '../../src/meta/metadata-log.ts';
import type { OpenMetadataOptions } from '../../src/meta/recover/open.ts';
import { TIMELINE, created, registered, topicId } from './support/history.ts';
import { RecordingLogger, World, sameState } from './support/world.ts';

const fenced = { code: 'FENCED' };

/** A world with an opened log in which broker 0 is registered: slots 0 (claim) and 1. */
async function opened(options: Partial<OpenMetadataOptions> = {}): Promise<{ world: World; log: MetadataLog }> {
  const world = new World();
  const { log } = await world.open(options);
  await log.append([registered(0, 1)]);
  return { world, log };
}

const topic = (number: number): MetadataEvent => created(`topic-${number}`, topicId(number), 0, 1);

/** Creates the topic unless it is there, as a controller does. */
async function createUnlessThere(log: MetadataLog, name: string, number: number): Promise<string> {
  const { result } = await log.update((image) =>
    image.topic(name) === undefined
      ? { events: [created(name, topicId(number), 0, 1)], result: 'created' }
      : { events: [], result: 'exists' },
  );
  return result;
}

describe('appending to the metadata log', () => {
  test('an append is answered once its slot is in the bucket, with the image after it', async () => {
    const { world, log } = await opened();
    world.store.shut();
    const seen: string[] = [];
    log.onChange((image, events) => seen.push(`${events.map(({ kind }) => kind).join()}@${image.position.slot}`));
    const answers: MetadataImage[] = [];
    const append = log.append([topic(1)]).then((image) => answers.push(image));
    await world.settle();
    assert.equal(answers.length, 0);
    assert.equal(log.image.topic('topic-1'), undefined);
    world.store.open();
    await append;
    assert.deepEqual(answers[0]?.position, { epoch: 1, slot: 2 });
    assert.equal(log.image.topic('topic-1')?.id, topicId(1));
    assert.deepEqual(seen, ['topicCreated@2']);
  });

  test('appends of one turn share a slot, those that come while it is in flight share the next', async () => {
    const { world, log } = await opened();
    world.store.shut();
    const first = [1, 2, 3].map((number) => log.append([topic(number)]));
    await world.settle();
    const later = [4, 5].map((number) => log.append([topic(number)]));
    await world.settle();
    world.store.open();
    const images = await Promise.all([...first, ...later]);
    assert.deepEqual(
      images.map(({ position }) => position.slot),
      [2, 2, 2, 3, 3],
    );
  });

  test('two concurrent creates of one topic: the second finds it there, and says so only when it is in the bucket', async () => {
    const { world, log } = await opened();
    world.store.shut();
    const answers: string[] = [];
    const both = [1, 2].map(async (number) => answers.push(await createUnlessThere(log, 'orders', number)));
    await world.settle();
    const third = createUnlessThere(log, 'orders', 3).then((answer) => answers.push(answer));
    await world.settle();
    assert.deepEqual(answers, []);
    world.store.open();
    await Promise.all([...both, third]);
    assert.deepEqual(answers, ['created', 'exists', 'exists']);
    assert.equal(log.image.topic('orders')?.id, topicId(1));
    assert.equal(log.image.topicCount, 1);
  });

  test('an append that contradicts the state is refused, and what shares its slot is not touched', async () => {
    const { log } = await opened();
    const good = log.append([topic(1)]);
    const bad = log.append([topic(2), topic(1)]);
    const alsoGood = log.append([topic(2)]);
    await assert.rejects(bad, { code: 'METADATA_EVENT_CONFLICT' });
    await good;
    const image = await alsoGood;
    assert.equal(image.topicCount, 2);
    assert.equal(image.eventCount, 3);
  });

  test('what build throws is the caller’s, and changes nothing', async () => {
    const { log } = await opened();
    await assert.rejects(
      log.update(() => {
        throw new RangeError('no');
      }),
      RangeError,
    );
    assert.equal((await log.append([topic(1)])).topicCount, 1);
  });

  test('an append larger than a slot’s target has a slot of its own, and order is kept', async () => {
    const { log } = await opened();
    const value = 'x'.repeat(5_000_000);
    const large: MetadataEvent = { kind: 'brokerConfigsChanged', broker: 0, changes: new Map([['large', value]]) };
    const images = await Promise.all([log.append([topic(1)]), log.append([large]), log.append([topic(2)])]);
    assert.deepEqual(
      images.map(({ position }) => position.slot),
      [2, 3, 4],
    );
    assert.deepEqual(
      images.map(({ topicCount }) => topicCount),
      [1, 1, 2],
    );
  });

  test('everything appended is read back by a recovery', async () => {
    const { world, log } = await opened();
    for (let number = 1; number <= 20; number += 1) await log.append([topic(number)]);
    const recovered = await world.recover();
    assert.ok(sameState(recovered.image, log.image));
    assert.deepEqual(recovered.openEpochs, [1]);
    assert.equal(recovered.report.events, 21);
  });

  test('nothing is appended after the timeline has ended', async () => {
    const { log } = await opened();
    const end = log.append([{ kind: 'timelineEnded', child: '0000000002-00ff00ff' }]);
    await assert.rejects(log.append([topic(1)]), { code: 'TIMELINE_ENDED' });
    assert.equal((await end).timelineEnd?.child, '0000000002-00ff00ff');
  });
});

describe('heartbeats of the metadata log', () => {
  test('rule-12c an idle log writes a slot after every interval of silence, and a slot that holds events counts', async () => {
    const world = new World();
    const { log } = await world.open({ heartbeatMs: 10_000 });
    await world.time.step(1);
    assert.equal(log.durableThrough.slot, 1);
    await log.append([registered(0, 1)]);
    const atMs = world.time.nowMs();
    await world.time.step(1);
    assert.equal(world.time.nowMs() - atMs, 10_000);
    assert.equal(log.durableThrough.slot, 3);
    assert.deepEqual(log.image.position, { epoch: 1, slot: 3 });
    assert.equal(log.image.eventCount, 1);
  });

  test('rule-20 a controller that cannot reach the bucket shows no new slot, whatever it is asked', async () => {
    const { world, log } = await opened({ heartbeatMs: 10_000 });
    const before = await world.store.slots();
    world.store.shut();
    const append = log.append([topic(1)]);
    await world.time.step(3);
    assert.deepEqual(await world.store.slots(), before);
    assert.equal(log.durableThrough.slot, 1);
    world.store.open();
    await world.time.run(append);
    assert.equal(log.durableThrough.slot, 2);
  });

  test('none after the log was closed', async () => {
    const { world, log } = await opened({ heartbeatMs: 10_000 });
    await log.close();
    const slots = await world.store.slots();
    await world.time.drain();
    assert.deepEqual(await world.store.slots(), slots);
  });
});

describe('fencing of the metadata log', () => {
  test('rule-07 a successor’s seal fails everything that was not in the bucket, and everything after', async () => {
    const { world, log } = await opened();
    const release = world.store.holdNext();
    const failed: Promise<void>[] = [assert.rejects(log.append([topic(1)]), fenced)];
    await world.settle();
    failed.push(assert.rejects(log.append([topic(2)]), fenced));
    failed.push(assert.rejects(createUnlessThere(log, 'topic-2', 3), fenced));
    const { image } = await world.open({}, world.context(1));
    release();
    await Promise.all(failed);
    await assert.rejects(log.append([topic(4)]), fenced);
    assert.equal(log.fenced.aborted, true);
    assert.equal(log.image.topicCount, 0);
    assert.equal(image.topicCount, 0);
  });

  test('an idle controller finds out by its heartbeat, and tells', async () => {
    const { world, log } = await opened({ heartbeatMs: 10_000 });
    const { log: successor } = await world.open({}, world.context(1));
    assert.equal(successor.epoch, 2);
    assert.equal(log.fenced.aborted, false);
    await world.time.step(1);
    assert.equal(log.fenced.aborted, true);
    await assert.rejects(log.append([topic(1)]), fenced);
    await assert.rejects(log.whenDurable(), fenced);
    await assert.rejects(log.close(), fenced);
  });

  test('rule-18 proof that the epoch is open fails once it is sealed', async () => {
    const { world, log } = await opened();
    await world.time.run(log.proveOpen());
    await world.open({}, world.context(1));
    await assert.rejects(world.time.run(log.proveOpen()), fenced);
    await assert.rejects(log.append([topic(1)]), fenced);
    assert.equal(log.fenced.aborted, true);
  });

  test('the seal is met even if the writer has frozen its slot long ago', async () => {
    const { world, log } = await opened();
    await world.open({}, world.context(1));
    await assert.rejects(log.append([topic(1)]), fenced);
    assert.equal(log.image.topic('topic-1'), undefined);
    assert.equal(log.stats.errors, 1);
  });
});

describe('metadata upload interval', () => {
  const options = { uploadIntervalMs: 30_000 };

  test('a change is answered at once and is in the bucket after the interval at the latest', async () => {
    const { world, log } = await opened(options);
    const slots = await world.store.slots();
    const seen: string[] = [];
    log.onChange((image, events) => seen.push(`${events.length}:${image.topicCount}`));
    await log.append([topic(1)]);
    await log.append([topic(2)]);
    assert.equal(log.image.topicCount, 2);
    assert.equal(log.isDurable, false);
    assert.deepEqual(await world.store.slots(), slots);
    const atMs = world.time.nowMs();
    await world.time.step(1);
    assert.equal(world.time.nowMs() - atMs, 30_000);
    assert.equal((await world.store.slots()).length, slots.length + 1);
    assert.equal(log.isDurable, true);
    assert.deepEqual(seen, ['1:1', '1:2']);
    assert.ok(sameState((await world.recover()).image, log.image));
  });

  test('rule-09 registration, leadership and seals do not wait, and take what came before them along', async () => {
    for (const event of [
      registered(0, 2),
      { kind: 'streamSealed', broker: 0, epoch: 1, slot: 5, hash: Buffer.alloc(32) } as const,
      { kind: 'producerIdBlockAllocated', broker: 0, firstProducerId: 0, count: 1000 } as const,
    ]) {
      const { world, log } = await opened(options);
      await log.append([topic(1)]);
      const atMs = world.time.nowMs();
      const image = await log.append([event]);
      assert.equal(world.time.nowMs(), atMs);
      assert.equal(image.topicCount, 1);
      assert.equal(log.isDurable, true);
      assert.ok(sameState((await world.recover()).image, log.image));
    }
  });

  test('rule-09 whenDurable brings to the bucket what a data slot leans on', async () => {
    const { world, log } = await opened(options);
    await log.whenDurable();
    await log.append([topic(1)]);
    world.store.shut();
    let durable = false;
    const waiting = log.whenDurable().then(() => (durable = true));
    await world.settle();
    assert.equal(durable, false);
    world.store.open();
    await waiting;
    assert.notEqual((await world.recover()).image.topic('topic-1'), undefined);
  });

  test('a change that could wait is not shown before an earlier one that could not', async () => {
    const { world, log } = await opened(options);
    world.store.shut();
    const registration = log.append([registered(0, 2)]);
    let answered = false;
    const change = log.append([created('later', topicId(1), 0, 2)]).then(() => (answered = true));
    await world.settle();
    assert.equal(answered, false);
    assert.equal(log.image.topic('later'), undefined);
    world.store.open();
    await Promise.all([registration, change]);
    assert.notEqual(log.image.topic('later'), undefined);
  });

  test('what is shown ahead of the bucket is not taken back when a heartbeat commits', async () => {
    const { world, log } = await opened(options);
    world.store.shut();
    await log.append([topic(1)]);
    const flush = log.whenDurable();
    await world.settle();
    await log.append([topic(2)]);
    world.store.open();
    await flush;
    assert.equal(log.image.topicCount, 2);
    assert.equal(log.isDurable, false);
    await log.close();
    assert.equal((await world.recover()).image.topicCount, 2);
  });

  test('the relaxation is said aloud', async () => {
    const logger = new RecordingLogger();
    const world = new World();
    await world.open(options, world.context(0, logger));
    assert.ok(logger.lines.some((line) => line.includes('CHRONIK_METADATA_UPLOAD_INTERVAL')));
  });
});

describe('closing the metadata log', () => {
  test('hole-03 commits what was appended, writes a snapshot, seals, and takes nothing more', async () => {
    const { world, log } = await opened({ uploadIntervalMs: 30_000 });
    await log.append([topic(1)]);
    const { sealedAt } = await log.close();
    assert.equal(sealedAt, 3);
    await assert.rejects(log.append([topic(2)]), { code: 'METADATA_LOG_CLOSED' });
    await assert.rejects(log.close(), { code: 'METADATA_LOG_CLOSED' });
    const { report, image, openEpochs } = await world.recover();
    assert.deepEqual(report.snapshot?.position, { epoch: 1, slot: 2 });
    assert.deepEqual([report.slots, openEpochs], [0, []]);
    assert.equal(image.topicCount, 1);
  });

  test('a snapshot that cannot be verified does not keep the log from being sealed', async () => {
    const { world, log } = await opened();
    const key = `metadata-snapshots/${TIMELINE}-0000000001-00000000000000000001-${Math.floor(world.time.nowMs() / 1000)}.snapshot`;
    world.store.replaced.set(key, Buffer.from('not what was written'));
    await log.close();
    assert.equal(log.stats.errors, 1);
    assert.equal(log.stats.snapshotsUploaded, 0);
    const { image, report } = await world.recover();
    assert.equal(report.rejectedSnapshots[0]?.key, key);
    assert.ok(sameState(image, log.image));
  });
});

describe('what the metadata log tells', () => {
  test('counters and log lines move under the names that the guide gives', async () => {
    const logger = new RecordingLogger();
    const world = new World();
    const { log } = await world.open({}, world.context(0, logger));
    await log.append([registered(0, 1)]);
    await log.snapshot();
    await log.close();
    for (const words of [
      'Metadata Uploader started successfully',
      'Uploaded metadata WAL segment',
      'Uploaded metadata snapshot',
      'Metadata upload run complete',
    ]) {
      assert.ok(logger.lines.includes(words), words);
    }
    assert.deepEqual([log.stats.segmentsUploaded, log.stats.snapshotsUploaded, log.stats.errors], [1, 1, 0]);
    assert.ok(log.stats.bytesUploaded > 0);
  });

  test('the names of slots are those of the bucket layout', async () => {
    const { world } = await opened();
    const stream = { log: 'metadata', timeline: TIMELINE, broker: 0, epoch: 1 } as const;
    assert.deepEqual(await world.store.slots(), [slotKey(stream, 0), slotKey(stream, 1)]);
  });
});

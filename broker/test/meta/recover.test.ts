import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { claimStream, parseSlotKey, slotKey } from '../../src/log/index.ts';
import { encodeEvents } from '../../src/meta/event-codec.ts';
import type { MetadataEvent } from '../../src/meta/event.ts';
import { parseSnapshotKey, snapshotKey } from '../../src/meta/snapshot/snapshot-name.ts';
import { decodeSnapshot, encodeSnapshot } from '../../src/meta/snapshot/snapshot-file.ts';
import { StoreError } from '../../src/store/index.ts';
import { TIMELINE, created, emptyImage, historyOf, imageOf, registered, steps, topicId } from './support/history.ts';
import { RecordingLogger, World, noSnapshots, sameState } from './support/world.ts';

const topic = (number: number): MetadataEvent => created(`topic-${number}`, topicId(number), 0, 1);

/** Two snapshots (after topics 1..3 and 4..6) and a tail of topics 7..9, all in epoch 1. */
async function withTwoSnapshots(): Promise<World> {
  const world = new World();
  const { log } = await world.open();
  await log.append([registered(0, 1)]);
  for (let number = 1; number <= 9; number += 1) {
    await log.append([topic(number)]);
    if (number === 3 || number === 6) await log.snapshot();
  }
  return world;
}

describe('recovering metadata', () => {
  test('snapshot and the slots after it give the state of the whole log', async () => {
    await fc.assert(
      fc.asyncProperty(
        steps(40),
        fc.array(
          fc.record({
            events: fc.integer({ min: 1, max: 6 }),
            next: fc.constantFrom('go on', 'snapshot', 'restart', 'crash'),
          }),
          {
            maxLength: 12,
          },
        ),
        async (walk, plan) => {
          const events = [...historyOf(walk)];
          const world = new World();
          let { log } = await world.open();
          for (const { events: count, next: step } of plan) {
            await log.append(events.splice(0, count));
            if (step === 'snapshot') await log.snapshot();
            if (step === 'restart') await log.close();
            if (step === 'restart' || step === 'crash') ({ log } = await world.open());
          }
          const { image } = await world.recover();
          const { log: next } = await world.open();
          assert.ok(sameState(next.image, image));
          // The events of the history alone, without those with which controllers begin their epochs.
          const applied = historyOf(walk).slice(0, historyOf(walk).length - events.length);
          assert.equal(image.topicCount, imageOf(applied).topicCount);
          assert.deepEqual(
            [...image.topics()].toSorted((a, b) => (a.name < b.name ? -1 : 1)),
            [...imageOf(applied).topics()].toSorted((a, b) => (a.name < b.name ? -1 : 1)),
          );
        },
      ),
      { numRuns: 40 },
    );
  });

  test('an empty bucket is the state before the first event', async () => {
    const world = new World();
    const { image, report } = await world.recover();
    assert.ok(sameState(image, emptyImage()));
    assert.equal(report.snapshot, undefined);
  });

  test('reads nothing but what lies behind the newest snapshot', async () => {
    const world = await withTwoSnapshots();
    const { report, image } = await world.recover();
    assert.deepEqual(report.snapshot?.position, { epoch: 1, slot: 7 });
    assert.equal(report.slots, 3);
    assert.equal(image.topicCount, 9);
  });

  test('a snapshot damaged at any byte gives way to the one before, and the state is the same', async () => {
    const world = await withTwoSnapshots();
    const expected = (await world.recover()).image;
    const newest = (await world.store.snapshots()).at(-1)!;
    const bytes = (await world.store.inner.get(newest))!;
    for (let at = 0; at < bytes.length; at += 7) {
      const damaged = Buffer.from(bytes);
      damaged[at] = (damaged[at] ?? 0) ^ 0x10;
      world.store.replaced.set(newest, damaged);
      const { image, report } = await world.recover();
      assert.deepEqual(report.snapshot?.position, { epoch: 1, slot: 4 }, `byte ${at}`);
      assert.deepEqual(
        report.rejectedSnapshots.map(({ key }) => key),
        [newest],
      );
      assert.ok(sameState(image, expected));
    }
  });

  test('if no snapshot verifies the log is read from its first slot', async () => {
    const world = await withTwoSnapshots();
    const expected = (await world.recover()).image;
    for (const key of await world.store.snapshots()) world.store.replaced.set(key, Buffer.from('half a fi'));
    const { image, report } = await world.recover();
    assert.equal(report.snapshot, undefined);
    assert.equal(report.rejectedSnapshots.length, 2);
    assert.ok(sameState(image, expected));
  });

  test('a snapshot of another lineage, or under another’s name, is passed over', async () => {
    const world = await withTwoSnapshots();
    const expected = (await world.recover()).image;
    const [first] = await world.store.snapshots();
    const bytes = (await world.store.inner.get(first!))!;
    const stolen = snapshotKey(TIMELINE, { epoch: 1, slot: 9 }, 5);
    await world.store.inner.create(stolen, [bytes]);
    const { image, report } = await world.recover();
    assert.deepEqual(
      report.rejectedSnapshots.map(({ key }) => key),
      [stolen],
    );
    assert.ok(sameState(image, expected));
  });

  test('hole-16 the newest snapshot is the one of the latest slot, whatever clock wrote it', async () => {
    const world = new World();
    const { log } = await world.open({}, world.context(0, undefined, 3_600_000));
    await log.append([registered(0, 1), topic(1)]);
    await log.close();
    const { log: second } = await world.open({}, world.context(0, undefined, -3_600_000));
    await second.append([registered(0, 2)]);
    await second.close();
    const names = (await world.store.snapshots()).map((key) => parseSnapshotKey(key)!);
    assert.ok(names[0]!.unixSeconds > names[1]!.unixSeconds);
    const { report, image } = await world.recover();
    assert.deepEqual(report.snapshot?.position, names[1]!.position);
    assert.equal(image.broker(0)?.streamEpoch, 2);
  });

  test('hole-24 the newest of nine and ten is ten, also when names are not padded', async () => {
    const world = new World();
    const { log } = await world.open();
    await log.append([registered(0, 1)]);
    for (let number = 1; number <= 9; number += 1) {
      await log.append([topic(number)]);
      if (number >= 8) await log.snapshot();
    }
    const [nine, ten] = await world.store.snapshots();
    const unpadded = (key: string): string => {
      const { timeline, position, unixSeconds } = parseSnapshotKey(key)!;
      return `metadata-snapshots/${timeline}-${position.epoch}-${position.slot}-${unixSeconds}.snapshot`;
    };
    for (const key of [nine!, ten!]) {
      await world.store.inner.create(unpadded(key), [(await world.store.inner.get(key))!]);
      await world.store.inner.delete([key]);
    }
    const { report } = await world.recover();
    assert.deepEqual(report.snapshot?.position, { epoch: 1, slot: 10 });
  });

  test('hole-15 more snapshots than a page of a listing holds', async () => {
    const world = new World();
    const { log } = await world.open();
    await log.append([registered(0, 1)]);
    const { bytes } = encodeSnapshot(emptyImage(), {
      slotHash: Buffer.alloc(32),
      hlc: { ms: 0, counter: 0 },
      previousSnapshotHash: Buffer.alloc(0),
    });
    for (let second = 0; second < 1001; second += 1) {
      await world.store.inner.create(snapshotKey(TIMELINE, { epoch: 0, slot: 0 }, 1_000_000 + second), [bytes]);
    }
    await log.snapshot();
    const { report } = await world.recover();
    assert.deepEqual(report.snapshot?.position, { epoch: 1, slot: 1 });
  });

  test('hole-18 a snapshot that cannot be fetched is not absent: outages are waited out', async () => {
    const world = await withTwoSnapshots();
    const newest = (await world.store.snapshots()).at(-1)!;
    const outage = { error: new StoreError('unavailable', 'the store is away'), times: 20 };
    world.store.failing.set(newest, outage);
    const { report } = await world.recover();
    assert.equal(outage.times, 0);
    assert.deepEqual(report.snapshot?.position, { epoch: 1, slot: 7 });
    assert.deepEqual(report.rejectedSnapshots, []);
  });

  test('hole-18 a snapshot that was archived holds the start, it is not passed over', async () => {
    const world = await withTwoSnapshots();
    const newest = (await world.store.snapshots()).at(-1)!;
    const slots = await world.store.slots();
    world.store.failing.set(newest, { error: new StoreError('archived', 'in the archive'), times: 1000 });
    await assert.rejects(world.recover(), { code: 'STORE_ARCHIVED' });
    await assert.rejects(world.open(), { code: 'STORE_ARCHIVED' });
    assert.deepEqual(await world.store.slots(), slots);
  });

  test('hole-18 without a snapshot a log that lacks its beginning is not taken for the whole', async () => {
    const world = await withTwoSnapshots();
    await (await world.open()).log.append([registered(0, 2)]);
    for (const key of await world.store.snapshots()) world.store.replaced.set(key, Buffer.from('damaged'));
    const first = (await world.store.slots()).filter((key) => parseSlotKey(key)?.stream.epoch === 1);
    await world.store.inner.delete(first);
    await assert.rejects(world.recover(), { code: 'METADATA_CORRUPT' });
    await assert.rejects(world.open(), { code: 'METADATA_CORRUPT' });
  });

  test('a slot missing in the middle is damage, not the end', async () => {
    const world = await withTwoSnapshots();
    const stream = { log: 'metadata', timeline: TIMELINE, broker: 0, epoch: 1 } as const;
    await world.store.inner.delete([slotKey(stream, 9)]);
    await assert.rejects(world.recover(), { code: 'DAMAGED_STREAM' });
    await assert.rejects(world.open(), { code: 'DAMAGED_STREAM' });
  });

  test('a slot of which a bit flipped is never skipped', async () => {
    const world = await withTwoSnapshots();
    const stream = { log: 'metadata', timeline: TIMELINE, broker: 0, epoch: 1 } as const;
    const key = slotKey(stream, 9);
    const bytes = Buffer.from((await world.store.inner.get(key))!);
    bytes[0] = (bytes[0] ?? 0) ^ 1;
    world.store.replaced.set(key, bytes);
    await assert.rejects(world.recover(), { code: 'CORRUPT_SLOT' });
  });

  test('a slot that does not hold as many events as its footer says is damage', async () => {
    const world = new World();
    const line = { log: 'metadata', timeline: TIMELINE, broker: 0 } as const;
    const claim = { ...line, aboveEpoch: 0, address: '', installation: '', heartbeatMs: 0 };
    const writer = await world.time.run(claimStream(world.context(), claim));
    await writer.append({ kind: 'events', body: encodeEvents([registered(0, 1)]), count: 2 });
    await assert.rejects(world.recover(), { code: 'METADATA_CORRUPT' });
  });

  test('a log that contradicts itself is not read on, and the slot is named', async () => {
    const world = new World();
    const line = { log: 'metadata', timeline: TIMELINE, broker: 0 } as const;
    const claim = { ...line, aboveEpoch: 0, address: '', installation: '', heartbeatMs: 0 };
    const writer = await world.time.run(claimStream(world.context(), claim));
    await writer.append({ kind: 'events', body: encodeEvents([topic(1)]), count: 1 });
    const conflict = { code: 'METADATA_EVENT_CONFLICT', message: new RegExp(slotKey({ ...line, epoch: 1 }, 1)) };
    await assert.rejects(world.recover(), conflict);
    await assert.rejects(world.open(), conflict);
  });

  test('a snapshot of a later format is a refusal, not a reason to take an older one', async () => {
    const world = await withTwoSnapshots();
    const logger = new RecordingLogger();
    const newest = (await world.store.snapshots()).at(-1)!;
    const image = imageOf([registered(0, 1)]).at({ epoch: 1, slot: 7 });
    const { bytes } = encodeSnapshot(image, {
      slotHash: Buffer.alloc(32),
      hlc: { ms: 0, counter: 0 },
      previousSnapshotHash: Buffer.alloc(0),
    });
    const content = Buffer.from(bytes.subarray(0, -32));
    content.writeUInt32BE(9, 8);
    world.store.replaced.set(newest, Buffer.concat([content, createHash('sha256').update(content).digest()]));
    await assert.rejects(world.recover(world.context(0, logger)), { code: 'METADATA_FORMAT_TOO_NEW' });
  });
});

describe('opening the metadata log', () => {
  test('the first start on an empty bucket takes epoch 1', async () => {
    const world = new World();
    const { log, report } = await world.open();
    assert.equal(log.epoch, 1);
    assert.equal(report.snapshot, undefined);
    await log.append([registered(0, 1)]);
    assert.equal(log.image.eventCount, 1);
  });

  test('rule-07 every lower epoch is sealed, ascending, the empty ones too, before the state is read', async () => {
    const world = new World();
    const { log } = await world.open();
    await log.append([registered(0, 1), topic(1)]);
    // Two controllers claimed and froze: one above the other, neither sealed anything.
    const context = world.context(1);
    for (const epoch of [2, 3]) {
      const line = { log: 'metadata', timeline: TIMELINE, broker: 1 } as const;
      const claim = { ...line, aboveEpoch: epoch - 1, address: '', installation: '', heartbeatMs: 0 };
      await world.time.run(claimStream(context, claim));
    }
    const before = world.store.created.length;
    const opened = await world.open({}, world.context(2));
    assert.equal(opened.log.epoch, 4);
    assert.deepEqual(
      world.store.created.slice(before).map((key) => {
        const name = parseSlotKey(key)!;
        return [name.stream.epoch, name.slot];
      }),
      [
        [4, 0],
        [1, 2],
        [2, 1],
        [3, 1],
      ],
    );
    assert.equal(opened.image.topicCount, 1);
    await assert.rejects(log.append([topic(2)]), { code: 'FENCED' });
    await opened.log.append([registered(2, 1)]);
    assert.equal(opened.log.image.sealedBelowEpoch, 4);
  });

  test('rule-07 an epoch of which nothing is left but the snapshot taken in it is sealed too: its controller may be alive', async () => {
    const world = new World();
    const { log } = await world.open();
    await log.append([registered(0, 1), topic(1)]);
    await log.snapshot();
    await world.store.delete(world.store.created.filter((key) => key.startsWith('metadata-wal/')));
    const opened = await world.open({}, world.context(2));
    assert.equal(opened.image.topicCount, 1);
    await assert.rejects(log.append([topic(2)]), { code: 'FENCED' });
  });

  test('rule-07 the next controller begins to seal where the snapshot says', async () => {
    const world = new World();
    for (let epoch = 1; epoch <= 3; epoch += 1) {
      const { log } = await world.open();
      assert.equal(log.epoch, epoch);
      await log.append([registered(0, epoch)]);
      await log.close();
    }
    const { log } = await world.open();
    assert.equal(log.image.sealedBelowEpoch, 3);
    await log.append([registered(0, 4)]);
    assert.equal(log.image.sealedBelowEpoch, 4);
    assert.ok(sameState((await world.recover()).image, log.image));
  });

  test('what is committed in the old epoch while the new one is being opened is not lost', async () => {
    const world = new World();
    const { log } = await world.open();
    await log.append([registered(0, 1)]);
    let number = 0;
    let acked = 0;
    const appending = (async (): Promise<void> => {
      while (number < 300) {
        number += 1;
        await log.append([topic(number)]);
        acked = number;
      }
    })().catch(() => undefined);
    const { image } = await world.open({}, world.context(1));
    await appending;
    assert.ok(acked > 0);
    for (let check = 1; check <= acked; check += 1) assert.notEqual(image.topic(`topic-${check}`), undefined);
  });

  test('a timeline that has ended is not opened', async () => {
    const world = new World();
    const { log } = await world.open();
    await log.append([{ kind: 'timelineEnded', child: '0000000002-00ff00ff' }]);
    await assert.rejects(world.open(), { code: 'TIMELINE_ENDED' });
  });

  test('progress counts slots and events', async () => {
    const world = await withTwoSnapshots();
    const seen: string[] = [];
    await world.open({ onProgress: ({ epoch, slots, events }) => seen.push(`${epoch}:${slots}:${events}`) });
    assert.deepEqual(seen, ['1:1:1', '1:2:2', '1:3:3']);
  });
});

describe('snapshots while the log runs', () => {
  test('one is due after so many events, slots or bytes, and appends do not wait for it', async () => {
    for (const policy of [
      { ...noSnapshots, everyEvents: 10 },
      { ...noSnapshots, everySlots: 10 },
      { ...noSnapshots, everyBytes: 250 },
    ]) {
      const world = new World();
      const { log } = await world.open({ snapshotPolicy: policy });
      await log.append([registered(0, 1)]);
      for (let number = 1; number <= 30; number += 1) await log.append([topic(number)]);
      await world.settle();
      assert.ok(log.stats.snapshotsUploaded >= 3, `${log.stats.snapshotsUploaded}`);
      assert.ok(sameState((await world.recover()).image, log.image));
    }
  });

  test('an append commits while a snapshot cannot be written', async () => {
    const world = new World();
    const { log } = await world.open({ snapshotPolicy: { ...noSnapshots, everyEvents: 2 } });
    await log.append([registered(0, 1)]);
    const release = world.store.holdNext('metadata-snapshots/');
    await log.append([topic(1)]);
    await log.append([topic(2)]);
    await log.append([topic(3)]);
    assert.equal(log.image.topicCount, 3);
    assert.equal(log.stats.snapshotsUploaded, 0);
    release();
    await log.close();
    assert.equal(log.stats.snapshotsUploaded, 2);
  });

  test('each names the digest of the one before, within a run and across restarts', async () => {
    const world = new World();
    for (let epoch = 1; epoch <= 2; epoch += 1) {
      const { log } = await world.open();
      await log.append([registered(0, epoch)]);
      await log.snapshot();
      await log.append([created(`topic-${epoch}`, topicId(epoch), 0, epoch)]);
      await log.close();
    }
    const snapshots = await Promise.all(
      (await world.store.snapshots()).map(async (key) => decodeSnapshot((await world.store.inner.get(key))!, key)),
    );
    assert.equal(snapshots.length, 4);
    assert.equal(snapshots[0]!.previousSnapshotHash.length, 0);
    for (const [index, { hash }] of snapshots.slice(0, -1).entries()) {
      assert.deepEqual(snapshots[index + 1]!.previousSnapshotHash, hash);
    }
  });
});

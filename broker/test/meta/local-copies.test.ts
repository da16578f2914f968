import assert from 'node:assert/strict';
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { SystemDisk } from '../../src/edge/index.ts';
import { decodeEvents, encodeEvents } from '../../src/meta/event-codec.ts';
import { LocalCopies } from '../../src/meta/local-copies.ts';
import { decodeSnapshot } from '../../src/meta/snapshot/snapshot-file.ts';
import { TIMELINE, created, registered, topicId } from './support/history.ts';
import { RecordingLogger, World, sameState } from './support/world.ts';

async function inDirectory(run: (directory: string) => Promise<void>): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'chronik-meta-'));
  try {
    await run(directory);
  } finally {
    await rm(directory, { recursive: true });
  }
}

describe('local copies of the metadata', () => {
  test('hold the newest snapshot and the events of each slot, under the names that the guide gives', () =>
    inDirectory(async (directory) => {
      const copies = new LocalCopies(new SystemDisk(), directory, TIMELINE, new RecordingLogger());
      const world = new World();
      const { log } = await world.open();
      await log.append([registered(0, 1)]);
      await log.snapshot();
      const [key] = await world.store.snapshots();
      copies.snapshot(Buffer.from('an older one'));
      copies.snapshot((await world.store.inner.get(key!))!);
      const event = created('orders', topicId(1), 0, 1);
      copies.slot({ epoch: 1, slot: 2 }, encodeEvents([registered(0, 1)]));
      copies.slot({ epoch: 1, slot: 3 }, encodeEvents([event]));
      await copies.settled();
      const latest = await readFile(join(directory, 'metadata_snapshots/latest.snapshot'));
      assert.ok(sameState(decodeSnapshot(latest, 'latest').image, log.image));
      assert.deepEqual(await readdir(join(directory, 'metadata_snapshots')), ['latest.snapshot']);
      const frames = await readFile(join(directory, `wal/__meta/0/${TIMELINE}-1.log`));
      const first = frames.readUInt32BE(8);
      assert.equal(frames.readBigUInt64BE(12 + first), 3n);
      assert.deepEqual(decodeEvents(frames.subarray(24 + first), 'copy'), [event]);
    }));

  test('a log that is opened with them writes them, and an open log does without when they are deleted', () =>
    inDirectory(async (directory) => {
      const world = new World();
      const localCopies = { disk: new SystemDisk(), directory };
      const { log } = await world.open({ localCopies });
      await log.append([registered(0, 1)]);
      await log.close();
      await rm(join(directory, 'wal'), { recursive: true, force: true });
      await rm(join(directory, 'metadata_snapshots'), { recursive: true, force: true });
      const { image } = await world.open({ localCopies });
      assert.equal(image.broker(0)?.streamEpoch, 1);
    }));

  test('a disk that refuses costs one warning and nothing else', async () => {
    const logger = new RecordingLogger();
    const copies = new LocalCopies(new SystemDisk(), '/dev/null/not-a-directory', TIMELINE, logger);
    copies.slot({ epoch: 1, slot: 1 }, Buffer.alloc(1));
    copies.snapshot(Buffer.alloc(1));
    await copies.settled();
    assert.equal(logger.lines.length, 1);
  });
});

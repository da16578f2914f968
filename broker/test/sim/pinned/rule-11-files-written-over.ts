import assert from 'node:assert/strict';
import { crc32c } from '@node-rs/crc32';
import { readLocalWals } from '../../../src/log/index.ts';
import type { BatchBytes, LogContext } from '../../../src/log/index.ts';
import { WalFiles } from '../../../src/log/wal-files.ts';
import { encodeBatchFrame } from '../../../src/log/wal-frame.ts';
import { TOPIC_ID } from '../../partition/harness.ts';
import type { PinnedScenario, RunOptions } from '../scenario.ts';
import { SimDisk } from '../sim-disk.ts';
import { TIMELINE } from '../slot-log/world.ts';
import { ClusterBench } from './cluster-bench.ts';
import { LogBench } from './log-bench.ts';

/** A few batches of one record. */
const FILE_BYTES = 1_000;

/** A broker whose local WAL has gone through its files several times, and whose last `tail` batches only the disk has. */
async function withUsedFiles(name: string, tail: number, options?: RunOptions): Promise<ClusterBench> {
  const bench = new ClusterBench(name, options, { localWalFileBytes: FILE_BYTES });
  await bench.start();
  await bench.produce(1);
  for (let i = 0; i < 40; i++) await bench.produce(-1);
  await bench.world.pass(1_000);
  bench.world.bucket.setDown(true);
  for (let i = 0; i < tail; i++) await bench.produce(1);
  return bench;
}

/** A file is written over while older bytes still stand behind its end: they are intact, and of no use. */
async function theTailIsAppendedAgain(name: string, tail: number, options?: RunOptions): Promise<void> {
  for (let round = 0; round < 8; round++) {
    const bench = await withUsedFiles(`${name} ${round}`, tail + round, options);
    const { host, bucket } = bench.world;
    host.losePower();
    bucket.setDown(false);
    await bench.serving();
    const salvaged = [...bucket.contents().keys()].filter((key) => key.startsWith('salvage/'));
    assert.deepEqual(salvaged, [], 'nothing of an earlier use of the file is taken for a tail that does not fit');
    await bench.restoreAndCheck();
  }
}

/** The power goes while files are released and taken again: by chance with a name that no sync has made durable. */
async function namesAreDurableBeforeTheFileIsUsed(options?: RunOptions): Promise<void> {
  for (let round = 0; round < 30; round++) {
    const bench = new ClusterBench(`rule 11 names ${round}`, options, { localWalFileBytes: FILE_BYTES });
    await bench.start();
    for (let i = 0; i < 12 + round; i++) await bench.produce(1);
    bench.world.host.losePower();
    await bench.serving();
    await bench.restoreAndCheck();
  }
}

function batchOf(bytes: Buffer, { hlc }: LogContext): BatchBytes {
  const times = { baseTimestamp: 0, maxTimestamp: 0, hlc: hlc.now() };
  const producer = { producerId: -1, producerEpoch: -1, baseSequence: -1 };
  const offsets = { baseOffset: 0, lastOffset: 0, leaderEpoch: 0, recordCount: 1, attributes: 0 };
  const topic = { topicId: TOPIC_ID, partition: 0 };
  return { ...topic, ...offsets, ...producer, ...times, bytes, bytesCrc: crc32c(bytes) };
}

/**
 * A producer fills a record with frames, whose checksums begin with the number that the file will have in its second use; that use ends
 * inside the record, at every place that there is within a frame.
 */
async function guessedFramesAreNotTaken(options?: RunOptions): Promise<void> {
  const bench = new LogBench('rule 11 guessed', options);
  const { process, context } = bench.actor('writer');
  const { random } = process;
  const disk = new SimDisk({ clock: process.clock, random }).connect(process);
  const forged = batchOf(Buffer.from('forged'), context);
  const frame = Buffer.concat([encodeBatchFrame(forged, 2), forged.bytes]);
  const record = batchOf(Buffer.concat(Array.from({ length: 9 }, () => frame)), context);
  const broker = `${TIMELINE}/${String(context.broker)}`;
  for (const path of ['wal', `wal/${TIMELINE}`, `wal/${broker}`]) await bench.settle(disk.makeDirectory(path));
  const use = async (epoch: number): Promise<void> => {
    const directory = `wal/${broker}/${epoch}`;
    await disk.makeDirectory(directory);
    const stream = { log: 'data', timeline: TIMELINE, broker: context.broker, epoch } as const;
    const files = await WalFiles.open({ disk, random }, directory, stream, context.lineage);
    await files.append([encodeBatchFrame(record, files.crcStart), record.bytes], 1);
    await files.next();
    await files.release(files.takeCommitted(1, 'but the last'));
    await files.next();
    const own = batchOf(Buffer.alloc(epoch), context);
    await files.append([encodeBatchFrame(own, files.crcStart), own.bytes], 2);
    await files.sync();
  };
  for (let epoch = 1; epoch <= frame.length; epoch++) await bench.settle(use(epoch));
  const wals = await bench.settle(readLocalWals(disk, 'wal'));
  assert.equal(wals.length, frame.length);
  for (const wal of wals) {
    const read: string[] = [];
    await bench.settle(wal.read(({ bytes }) => void read.push(bytes.toString())));
    assert.ok(!read.includes('forged'), 'what stands in a record is no frame');
  }
}

export const rule11Files: readonly PinnedScenario[] = [
  {
    name: 'rule-11 used again: a short tail in a file that was used before',
    run: (options) => theTailIsAppendedAgain('rule 11 used again', 1, options),
  },
  {
    name: 'rule-11 several files: a tail longer than a file',
    run: (options) => theTailIsAppendedAgain('rule 11 several files', 16, options),
  },
  { name: 'rule-11 guessed: frames that a producer wrote into a record are no frames', run: guessedFramesAreNotTaken },
  { name: 'rule-11 names: a file is used again when its old name is gone', run: namesAreDurableBeforeTheFileIsUsed },
];

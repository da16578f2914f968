import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, readdir, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { SystemDisk, systemClock, systemRandom } from '../../src/edge/index.ts';
import type { Disk, DiskFile, OpenMode, Random } from '../../src/edge/index.ts';
import { LocalWal, readLocalWals } from '../../src/log/index.ts';
import type { BatchBytes, SurvivingBatch, SurvivingWal, WalReadEnd } from '../../src/log/index.ts';
import { WalFiles } from '../../src/log/wal-files.ts';
import { encodeBatchFrame } from '../../src/log/wal-frame.ts';
import { LINEAGE, TOPIC_ID, batch, dataStream, watch, world } from './support.ts';

const OPTIONS = { clock: systemClock, random: systemRandom, lineage: LINEAGE };
const context = world().process(1);

async function volume(t: TestContext): Promise<{ root: string; disk: Disk }> {
  const root = await mkdtemp(join(tmpdir(), 'chronik-wal-'));
  t.after(() => rm(root, { recursive: true }));
  return { root, disk: new SystemDisk() };
}

interface Read {
  readonly end: WalReadEnd;
  readonly batches: readonly SurvivingBatch[];
  readonly texts: readonly string[];
}

async function read(wal: SurvivingWal): Promise<Read> {
  const batches: SurvivingBatch[] = [];
  const end = await wal.read((one) => void batches.push(one));
  return { end, batches, texts: batches.map(({ bytes }) => bytes.toString()) };
}

/** A WAL with these batches, durable, as a crash leaves it. */
async function crashed(disk: Disk, root: string, texts: readonly string[], fileBytes?: number): Promise<SurvivingWal> {
  const wal = await LocalWal.create(disk, root, dataStream(), {
    ...OPTIONS,
    ...(fileBytes === undefined ? {} : { fileBytes }),
  });
  for (const text of texts) {
    wal.append(batch(context, text));
    await wal.sync();
  }
  const [survived] = await readLocalWals(disk, root);
  assert(survived !== undefined);
  return survived;
}

test('what was synced is read back in order, with its offsets and hybrid time', async (t) => {
  const { root, disk } = await volume(t);
  const wal = await LocalWal.create(disk, root, dataStream(), OPTIONS);
  const entries = ['a', 'b', 'c'].map((text) => batch(context, text, { partition: 7, leaderEpoch: 3 }));
  for (const entry of entries) wal.append(entry);
  await wal.sync();
  const [survived] = await readLocalWals(disk, root);
  assert.deepEqual(survived?.stream, dataStream());
  assert.equal(survived.lineage, LINEAGE);
  const { end, batches } = await read(survived);
  assert.deepEqual(end, { kind: 'complete' });
  assert.deepEqual(
    batches,
    entries.map(({ baseOffset, lastOffset, hlc, bytes }) => ({
      topicId: TOPIC_ID,
      partition: 7,
      leaderEpoch: 3,
      baseOffset,
      lastOffset,
      hlc,
      bytes,
      isCommitted: false,
    })),
  );
});

test('callers that come together share one write and one fsync, and one promise', async (t) => {
  const { root, disk } = await volume(t);
  let syncs = 0;
  const counting = spyOn(disk, (file) => ({ sync: () => ((syncs += 1), file.sync()) }));
  const wal = await LocalWal.create(counting, root, dataStream(), OPTIONS);
  syncs = 0;
  const promises = Array.from({ length: 100 }, (_, index) => {
    wal.append(batch(context, `${index}`));
    return wal.sync();
  });
  assert.equal(new Set(promises).size, 1);
  await Promise.all(promises);
  assert.equal(syncs, 1);
  await wal.sync();
  assert.equal(syncs, 1);
});

test('batches that nobody waits for are written without an fsync', async (t) => {
  const { root, disk } = await volume(t);
  let syncs = 0;
  let appended: (() => void) | undefined;
  const spied = spyOn(disk, (file) => ({
    sync: () => ((syncs += 1), file.sync()),
    append: (buffers) => file.append(buffers).finally(() => appended?.()),
  }));
  const wal = await LocalWal.create(spied, root, dataStream(), OPTIONS);
  syncs = 0;
  const written = new Promise<void>((resolve) => (appended = resolve));
  wal.append(batch(context, 'unwaited'));
  await written;
  assert.equal(syncs, 0);
  const [survived] = await readLocalWals(disk, root);
  assert.deepEqual((await read(survived!)).texts, ['unwaited']);
});

test('a batch that comes while an fsync is under way is not covered by it', async (t) => {
  const { root, disk } = await volume(t);
  const fsyncs: (() => void)[] = [];
  let isHeld = false;
  let onFsync = (): void => undefined;
  const slow = spyOn(disk, (file) => ({
    sync: async () => {
      if (isHeld) {
        await new Promise<void>((resolve) => {
          fsyncs.push(resolve);
          onFsync();
        });
      }
      await file.sync();
    },
  }));
  const nextFsync = (): Promise<void> => new Promise((resolve) => (onFsync = resolve));
  const wal = await LocalWal.create(slow, root, dataStream(), OPTIONS);
  isHeld = true;
  let underWay = nextFsync();
  wal.append(batch(context, 'first'));
  const first = wal.sync();
  await underWay;
  wal.append(batch(context, 'second'));
  const second = watch(wal.sync());
  underWay = nextFsync();
  fsyncs.shift()?.();
  await first;
  await underWay;
  assert.equal(second.outcome, 'pending');
  isHeld = false;
  fsyncs.shift()?.();
  await wal.sync();
  assert.equal(second.outcome, 'resolved');
});

test('a failed fsync is final: it is told to all who wait, and nothing is ever called durable again', async (t) => {
  const { root, disk } = await volume(t);
  let fails = false;
  const broken = spyOn(disk, (file) => ({
    sync: () => (fails ? Promise.reject(Object.assign(new Error('EIO'), { code: 'EIO' })) : file.sync()),
  }));
  const wal = await LocalWal.create(broken, root, dataStream(), OPTIONS);
  fails = true;
  wal.append(batch(context, 'a'));
  await assert.rejects(wal.sync(), { code: 'LOCAL_WAL_FAILED' });
  fails = false;
  assert(wal.failed.aborted);
  wal.append(batch(context, 'b'));
  await assert.rejects(wal.sync(), { code: 'LOCAL_WAL_FAILED' });
});

test('files are rotated, and a whole file goes when its batches are in the bucket', async (t) => {
  const { root, disk } = await volume(t);
  const wal = await LocalWal.create(disk, root, dataStream(), { ...OPTIONS, fileBytes: 400 });
  for (let slot = 1; slot <= 12; slot += 1) {
    wal.append(batch(context, `${slot}`.padEnd(100, '.')));
    wal.slotFrozen(slot, 1);
    await wal.sync();
  }
  const before = await readdir(wal.directory);
  assert(before.length >= 3, before.join());
  wal.slotCommitted(6);
  await wal.close();
  const after = await readdir(wal.directory);
  assert(after.length < before.length);
  const [survived] = await readLocalWals(disk, root);
  const { end, batches } = await read(survived!);
  assert.deepEqual(end, { kind: 'complete' });
  const uncommitted = batches.filter(({ isCommitted }) => !isCommitted);
  assert.deepEqual(
    uncommitted.map(({ bytes }) => Number.parseInt(bytes.toString(), 10)),
    [7, 8, 9, 10, 11, 12],
  );
});

/** Writes one batch a slot, durable; the slots up to `committed` are in the bucket. */
async function slots(wal: LocalWal, from: number, to: number, committed: (slot: number) => number): Promise<void> {
  for (let slot = from; slot <= to; slot += 1) {
    wal.append(batch(context, `${slot}`.padEnd(100, '.')));
    wal.slotFrozen(slot, 1);
    await wal.sync();
    if (committed(slot) > 0) wal.slotCommitted(committed(slot));
  }
}

test('files that are done with are written over: a few are enough for any number of batches, and none is ever empty', async (t) => {
  const { root, disk } = await volume(t);
  const opened: string[] = [];
  const spied = new Proxy(disk, {
    get: (target, name) => {
      if (name === 'open') {
        return (path: string, mode: OpenMode) => {
          opened.push(mode);
          return target.open(path, mode);
        };
      }
      const value: unknown = Reflect.get(target, name);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
  const wal = await LocalWal.create(spied, root, dataStream(), { ...OPTIONS, fileBytes: 400 });
  await slots(wal, 1, 60, (slot) => slot - 1);
  assert(opened.filter((mode) => mode === 'overwrite').length > 15, opened.join());
  assert(opened.filter((mode) => mode === 'create').length < 6, opened.join());
  const names = await readdir(wal.directory);
  assert(names.length <= 5, names.join());
});

test('what an earlier use left in a file is never taken for a batch of this one, wherever the write of it ended', async (t) => {
  const { root, disk } = await volume(t);
  const wal = await LocalWal.create(disk, root, dataStream(), { ...OPTIONS, fileBytes: 2000 });
  // Twice through the same file, with frames of one size, so that those of the first use begin where those of the second end.
  for (let slot = 1; ; slot += 1) {
    await slots(wal, slot, slot, (one) => one - 1);
    const [survived] = await readLocalWals(disk, root);
    const { end, batches } = await read(survived!);
    assert(end.kind !== 'corrupt', `slot ${slot}: ${JSON.stringify(end)}`);
    assert.equal(Number.parseInt(batches.at(-1)!.bytes.toString(), 10), slot);
    const numbers = batches.map(({ bytes }) => Number.parseInt(bytes.toString(), 10));
    assert.deepEqual(
      numbers,
      Array.from(numbers, (_, index) => numbers[0]! + index),
    );
    if (survived!.files.at(-1)!.endsWith('00012.log')) return;
  }
});

/**
 * Uses a file twice in a stream. What the first use leaves behind the end of the second is the middle of a record, in which its producer
 * wrote frames with checksums that begin with `guess`.
 */
async function overForgedFrames(
  t: TestContext,
  random: Random,
  guess: number,
): Promise<{ readonly ends: ReadonlySet<string>; readonly texts: ReadonlySet<string> }> {
  const { root, disk } = await volume(t);
  const forged = batch(context, 'forged');
  const frame = [encodeBatchFrame(forged, guess), forged.bytes];
  const frameBytes = frame.reduce((sum, { length }) => sum + length, 0);
  const record = Buffer.concat(Array.from({ length: 12 }, () => frame).flat());
  // The second use ends at every place there is within a frame.
  for (let epoch = 1; epoch <= frameBytes; epoch += 1) {
    const stream = dataStream(epoch);
    const directory = `${root}/${stream.timeline}/${stream.broker}/${epoch}`;
    await mkdir(directory, { recursive: true });
    const files = await WalFiles.open({ disk, random }, directory, stream, LINEAGE);
    const write = async (one: BatchBytes, number: number): Promise<void> => {
      await files.append([encodeBatchFrame(one, files.crcStart), one.bytes], number);
    };
    await write(batch(context, record), 1);
    await files.next();
    await files.release(files.takeCommitted(1, 'but the last'));
    await files.next();
    await write(batch(context, 'x'.repeat(epoch)), 2);
    await files.sync();
  }
  const reads = await Promise.all((await readLocalWals(disk, root)).map(read));
  return {
    ends: new Set(reads.map(({ end }) => end.kind)),
    texts: new Set(reads.flatMap(({ texts }) => texts).map((text) => text.replaceAll('x', ''))),
  };
}

test('what a producer wrote into a record is never taken for a frame, wherever a later use of the file ended', async (t) => {
  // With a salt that can be guessed it would be: 2 is the number of the file in its second use.
  const unsalted = { ...systemRandom, bytes: (count: number) => Buffer.alloc(count) };
  assert((await overForgedFrames(t, unsalted, 2)).texts.has('forged'));
  const salted = await overForgedFrames(t, systemRandom, 2);
  assert.deepEqual([...salted.texts], ['']);
  assert.deepEqual([...salted.ends], ['torn']);
});

test('a spare that was cut off before it had its new name is a spare still', async (t) => {
  const { root, disk } = await volume(t);
  let writes = Number.POSITIVE_INFINITY;
  const broken = new Proxy(disk, {
    get: (target, name) => {
      if (name === 'rename') {
        return (from: string, to: string) =>
          from.includes('spare-') && (writes -= 1) < 0 ? Promise.reject(new Error('cut off')) : target.rename(from, to);
      }
      const value: unknown = Reflect.get(target, name);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
  const wal = await LocalWal.create(broken, root, dataStream(), { ...OPTIONS, fileBytes: 400 });
  await slots(wal, 1, 30, (slot) => slot - 1);
  writes = 0;
  await assert.rejects(
    slots(wal, 31, 60, (slot) => slot - 1),
    { code: 'LOCAL_WAL_FAILED' },
  );
  const [survived] = await readLocalWals(disk, root);
  const { end } = await read(survived!);
  assert.deepEqual(end, { kind: 'complete' });
});

test('hole-14 an earlier file without its end is damage, also if it ends behind a whole frame', async (t) => {
  const { root, disk } = await volume(t);
  const texts = Array.from({ length: 12 }, (_, index) => `${index}`.padEnd(100, '.'));
  const wal = await crashed(disk, root, texts, 400);
  const [first] = wal.files;
  const whole = await readFile(first!);
  await truncate(first!, whole.length - 12 - 8);
  const { end } = await read(wal);
  assert(end.kind === 'corrupt');
  assert.match(end.reason, /its end is missing/);
});

test('a clean close with everything in the bucket leaves nothing', async (t) => {
  const { root, disk } = await volume(t);
  const wal = await LocalWal.create(disk, root, dataStream(), { ...OPTIONS, fileBytes: 400 });
  for (let slot = 1; slot <= 12; slot += 1) {
    wal.append(batch(context, `${slot}`.padEnd(100, '.')));
    wal.slotFrozen(slot, 1);
    await wal.sync();
  }
  wal.slotCommitted(12);
  await wal.close();
  assert.deepEqual(await readdir(wal.directory), []);
});

test('a clean close keeps what is not in the bucket yet', async (t) => {
  const { root, disk } = await volume(t);
  const wal = await LocalWal.create(disk, root, dataStream(), OPTIONS);
  wal.append(batch(context, 'a'));
  wal.slotFrozen(1, 1);
  wal.append(batch(context, 'b'));
  wal.slotCommitted(1);
  await wal.close();
  const [survived] = await readLocalWals(disk, root);
  const { batches } = await read(survived!);
  assert.deepEqual(
    batches.map(({ bytes, isCommitted }) => [bytes.toString(), isCommitted]),
    [
      ['a', true],
      ['b', false],
    ],
  );
});

test('streams come in the order of broker and epoch, also across a power of ten; other directories are left alone', async (t) => {
  const { root, disk } = await volume(t);
  for (const epoch of [10, 9, 2]) {
    const wal = await LocalWal.create(disk, root, dataStream(epoch), OPTIONS);
    await wal.close();
    const kept = await LocalWal.create(disk, root, dataStream(epoch + 100), OPTIONS);
    kept.append(batch(context, `${epoch}`));
    await kept.sync();
  }
  await disk.makeDirectory(`${root}/__meta`);
  await disk.makeDirectory(`${root}/__meta/0`);
  const wals = await readLocalWals(disk, root);
  assert.deepEqual(
    wals.map(({ stream }) => stream.epoch),
    [2, 9, 10, 102, 109, 110],
  );
  assert.deepEqual(await readLocalWals(disk, `${root}/absent`), []);
  await wals.at(-1)!.remove();
  assert.equal((await readLocalWals(disk, root)).length, 5);
});

test('a tail cut at any byte is the normal end of the last file: everything before it is handed out', async (t) => {
  const { root, disk } = await volume(t);
  const wal = await crashed(disk, root, ['first', 'second']);
  const path = wal.files[0]!;
  const whole = await readFile(path);
  const texts = ['first', 'second'];
  // The header is durable before the file has its name.
  const headerBytes = 12 + whole.readUInt32LE(0);
  for (let length = whole.length - 1; length >= 0; length -= 1) {
    await truncate(path, length);
    const [cut] = await readLocalWals(disk, root);
    const { end, texts: left } = await read(cut!);
    assert.deepEqual(left, texts.slice(0, left.length), `cut to ${length}`);
    if (length < headerBytes) assert.equal(end.kind, 'corrupt');
    else if (end.kind === 'torn') assert.equal(end.position + end.tornBytes, length);
    else assert.equal(end.kind, 'complete');
  }
});

test('a tail of zeros, as some file systems leave, is a torn tail', async (t) => {
  const { root, disk } = await volume(t);
  const wal = await crashed(disk, root, ['first']);
  const path = wal.files[0]!;
  await writeFile(path, Buffer.concat([await readFile(path), Buffer.alloc(10_000)]));
  const { end, texts } = await read(wal);
  assert.equal(end.kind, 'torn');
  assert.deepEqual(texts, ['first']);
});

test('hole-14 a flipped bit with intact frames behind it is damage, named, and nothing behind it is handed out', async (t) => {
  const { root, disk } = await volume(t);
  const wal = await crashed(disk, root, ['first', 'second', 'third']);
  const path = wal.files[0]!;
  const whole = await readFile(path);
  const last = whole.length - 12 - 48 - 'third'.length;
  for (let bit = 0; bit < last * 8; bit += 7) {
    const flipped = Buffer.from(whole);
    flipped[bit >> 3]! ^= 1 << (bit & 7);
    await writeFile(path, flipped);
    const { end, texts } = await read(wal);
    assert(end.kind === 'corrupt', `bit ${bit}`);
    assert.equal(end.path, path);
    assert(end.position <= bit >> 3);
    assert(texts.length < 3);
    assert.deepEqual(texts, ['first', 'second'].slice(0, texts.length));
  }
});

test('hole-14 an earlier file that was cut, or is missing, is damage: it was durable before the next one existed', async (t) => {
  const { root, disk } = await volume(t);
  const texts = Array.from({ length: 12 }, (_, index) => `${index}`.padEnd(100, '.'));
  const wal = await crashed(disk, root, texts, 400);
  assert(wal.files.length >= 3);
  const [first, second] = wal.files;
  const whole = await readFile(first!);
  await truncate(first!, whole.length - 1);
  const cut = await read(wal);
  assert(cut.end.kind === 'corrupt');
  assert.equal(cut.end.path, first);
  await writeFile(first!, whole);
  await rm(second!);
  const [gap] = await readLocalWals(disk, root);
  const { end } = await read(gap!);
  assert(end.kind === 'corrupt');
  assert.match(end.reason, /missing/);
});

test('a file of another stream is not taken for one of this', async (t) => {
  const { root, disk } = await volume(t);
  const wal = await crashed(disk, root, ['a']);
  await LocalWal.create(disk, root, dataStream(2), OPTIONS);
  const [, other] = await readLocalWals(disk, root);
  await writeFile(other!.files[0]!, await readFile(wal.files[0]!));
  const { end, texts } = await read(other!);
  assert.equal(end.kind, 'corrupt');
  assert.deepEqual(texts, []);
});

/** The disk with some methods of its files replaced. */
function spyOn(disk: Disk, change: (file: DiskFile) => Partial<DiskFile>): Disk {
  const wrap = (file: DiskFile): DiskFile => ({
    append: (buffers) => file.append(buffers),
    read: (position, length) => file.read(position, length),
    sync: () => file.sync(),
    truncate: (sizeBytes) => file.truncate(sizeBytes),
    close: () => file.close(),
    ...change(file),
  });
  return new Proxy(disk, {
    get: (target, name) => {
      if (name === 'open') return async (...args: Parameters<Disk['open']>) => wrap(await target.open(...args));
      const value: unknown = Reflect.get(target, name);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}

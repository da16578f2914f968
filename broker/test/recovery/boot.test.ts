import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { SystemDisk, hasCode, silentLogger, systemClock, systemRandom } from '../../src/edge/index.ts';
import { buildBatch } from '../../src/kafka/index.ts';
import { CommitWakeups, PartitionManager, StreamTable, TailCache } from '../../src/partition/index.ts';
import type { PartitionLog } from '../../src/partition/index.ts';
import { boot } from '../../src/recovery/index.ts';
import type { BootOptions, BootedBroker } from '../../src/recovery/index.ts';
import type { Clock, DiskFile, OpenMode, Timer } from '../../src/edge/index.ts';
import { MemoryStore, PatientStore } from '../../src/store/index.ts';
import type { ObjectStore } from '../../src/store/index.ts';
import { WalReader } from '../../src/tier/index.ts';

const disk = new SystemDisk();
let root: string;
let objects: MemoryStore;
const running: BootedBroker[] = [];
const clocks: MortalClock[] = [];

/** The clock of a process that can die: its timers then never fire. */
class MortalClock implements Clock {
  readonly #timers = new Set<Timer>();
  #dead = false;

  nowMs(): number {
    return systemClock.nowMs();
  }

  monotonicMs(): number {
    return systemClock.monotonicMs();
  }

  setTimer(delayMs: number, callback: () => void): Timer {
    if (this.#dead) return { cancel: () => undefined };
    const timer = systemClock.setTimer(delayMs, callback);
    this.#timers.add(timer);
    return timer;
  }

  defer(callback: () => void): void {
    systemClock.defer(callback);
  }

  die(): void {
    this.#dead = true;
    for (const timer of this.#timers) timer.cancel();
  }
}

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'chronik-boot-'));
  objects = new MemoryStore();
});

afterEach(async () => {
  for (const clock of clocks.splice(0)) clock.die();
  for (const broker of running.splice(0)) await broker.lock.release();
  await rm(root, { recursive: true, force: true });
});

function patient(store: ObjectStore, clock: Clock): PatientStore {
  return new PatientStore(store, { clock, random: systemRandom });
}

async function start(overrides: Partial<BootOptions> = {}): Promise<BootedBroker> {
  const clock = new MortalClock();
  clocks.push(clock);
  const store = patient(objects, clock);
  const broker = await boot({
    clock,
    random: systemRandom,
    disk,
    logger: silentLogger,
    store,
    replicas: [],
    dataDirectory: join(root, 'data'),
    broker: 0,
    address: { host: '127.0.0.1', port: 9092 },
    installation: 'here',
    lineage: undefined,
    onDamage: 'hold',
    version: 'test',
    lockOwner: `pid ${process.pid}`,
    metadata: { heartbeatMs: 60_000, uploadIntervalMs: 0 },
    data: { lingerMs: 0, targetBytes: 1_000_000 },
    makePartitions: (hlc) =>
      new PartitionManager(
        {
          clock,
          hlc,
          tail: new TailCache(1_000_000),
          streams: new StreamTable(),
          wakeups: new CommitWakeups(),
          cold: new WalReader({ store }),
          uncommitted: { add: () => undefined, release: () => undefined },
          producerIdExpirationMs: 86_400_000,
        },
        0,
      ),
    ...overrides,
  });
  running.push(broker);
  return broker;
}

async function stop(broker: BootedBroker): Promise<void> {
  await broker.stream.close().catch(() => undefined);
  await broker.localWal.close().catch(() => undefined);
  await broker.metadata.close().catch(() => undefined);
  await broker.lock.release();
}

/** As a crash leaves it: nothing sealed, nothing flushed; only the lock goes, as it does with the process. */
async function crash(broker: BootedBroker): Promise<void> {
  running.splice(running.indexOf(broker), 1);
  await broker.lock.release();
}

const TOPIC_ID = 'AAAAAAAAAAAAAAAAAAAAAQ';

async function createTopic(broker: BootedBroker): Promise<void> {
  const streamEpoch = broker.stream.stream.epoch;
  const image = await broker.metadata.append([
    {
      kind: 'topicCreated',
      name: 'orders',
      topicId: TOPIC_ID,
      partitions: [{ replicas: [0], leader: 0, streamEpoch }],
      configs: new Map(),
    },
  ]);
  for (const topic of image.topics()) broker.partitions.sync(topic);
}

function log(broker: BootedBroker): PartitionLog {
  const found = broker.partitions.topicById(TOPIC_ID)?.logs[0];
  assert.ok(found !== undefined);
  return found;
}

function batch(text: string): Buffer {
  return Buffer.from(
    buildBatch({ records: [{ key: null, value: Buffer.from(text), timestampMs: 1_767_225_600_000 }] }),
  );
}

async function batches(broker: BootedBroker): Promise<readonly Buffer[]> {
  const partition = log(broker);
  const found: Buffer[] = [];
  for (let offset = partition.logStartOffset; offset < partition.highWatermark; offset += 1) {
    const read = partition.read({ offset, maxBytes: 1, minOneBatch: true });
    assert.ok(read.kind === 'batches' || read.kind === 'cold', read.kind);
    found.push(...(read.kind === 'cold' ? await read.load() : read.batches));
  }
  return found;
}

test('an empty bucket becomes a cluster; a second start on a wiped disk restores it', async () => {
  const first = await start();
  assert.equal(first.report.mode, 'created');
  await createTopic(first);
  log(first).append(batch('=one'));
  log(first).append(batch('=two'));
  await first.stream.flush();
  const before = await batches(first);
  await crash(first);
  await rm(join(root, 'data'), { recursive: true });

  const second = await start();
  assert.equal(second.report.mode, 'restored');
  assert.equal(second.lineage, first.lineage);
  assert.equal(second.report.records, 2);
  assert.deepEqual(await batches(second), before);
  assert.equal(log(second).leaderEpoch, 1);
});

test('rule-11: what only the surviving disk holds is re-appended first, with its offsets, in the new stream', async () => {
  const first = await start();
  await createTopic(first);
  log(first).append(batch('=one'));
  await first.stream.flush();
  // From now on the bucket takes nothing: the batch is durable on the disk and nowhere else.
  objects.create = () => new Promise(() => undefined);
  log(first).append(batch('=two'));
  await first.localWal.sync();
  await crash(first);
  const kept = objects.contents();
  objects = new MemoryStore();
  for (const [key, body] of kept) await objects.create(key, [body]);

  const second = await start();
  assert.equal(second.report.mode, 'attached');
  assert.equal(second.report.reappendedRecords, 1);
  assert.equal(log(second).highWatermark, 2);
  assert.equal((await batches(second)).length, 2);
});

test('rule-11: the tail of a volume that was overtaken by another goes to salvage, never into the history', async () => {
  const first = await start();
  await createTopic(first);
  objects.create = () => new Promise(() => undefined);
  log(first).append(batch('=only on the first volume'));
  await first.localWal.sync();
  await crash(first);
  const kept = objects.contents();
  objects = new MemoryStore();
  for (const [key, body] of kept) await objects.create(key, [body]);

  const other = await start({ dataDirectory: join(root, 'other') });
  log(other).append(batch('=written on the other'));
  await other.stream.flush();
  await crash(other);

  const back = await start();
  assert.equal(back.report.reappendedRecords, 0);
  assert.equal(log(back).highWatermark, 1);
  assert.ok(back.report.anomalies.some((anomaly) => anomaly.kind === 'local-tail-salvaged'));
  assert.ok([...objects.contents().keys()].some((key) => key.startsWith('salvage/')));
});

test('a clean stop leaves nothing to seal and nothing to re-append', async () => {
  const first = await start();
  await createTopic(first);
  log(first).append(batch('=one'));
  await first.stream.flush();
  running.splice(0);
  await stop(first);
  const second = await start();
  assert.equal(second.report.mode, 'attached');
  assert.equal(second.report.reappendedRecords, 0);
  assert.equal(log(second).highWatermark, 1);
  assert.deepEqual(second.report.anomalies, []);
});

test('a volume in use is refused, naming its holder, and the holder is not disturbed', async () => {
  const first = await start();
  await assert.rejects(start(), (error) => {
    assert.ok(hasCode(error, 'VOLUME_LOCKED'));
    assert.match(String(error), new RegExp(`pid ${process.pid}`));
    return true;
  });
  await first.metadata.proveOpen();
});

test('rule-02: a copy of the bucket under another address holds and is not written to', async () => {
  const first = await start();
  await stop(first);
  running.splice(0);
  const copy = new MemoryStore('elsewhere');
  for (const [key, body] of objects.contents()) await copy.create(key, [body]);
  const before = copy.contents().size;
  const booting = start({ store: patient(copy, systemClock), dataDirectory: join(root, 'other') });
  await assert.rejects(booting, (error) => hasCode(error, 'STORE_IS_REPLICA'));
  assert.equal(copy.contents().size, before);
});

test('hole-06, hole-07: an emptied bucket is refused by a volume with a history, and stays empty', async () => {
  const first = await start();
  await stop(first);
  running.splice(0);
  objects = new MemoryStore();
  await assert.rejects(start(), (error) => hasCode(error, 'BUCKET_EMPTIED'));
  assert.equal([...objects.contents().keys()].filter((key) => !key.startsWith('probe/')).length, 0);
});

test('hole-09: after a restore offsets go on where the stream ended; none is given twice', async () => {
  const first = await start();
  await createTopic(first);
  for (let count = 0; count < 5; count += 1) log(first).append(batch(`first ${count}`));
  await first.stream.flush();
  await crash(first);
  await rm(join(root, 'data'), { recursive: true });
  const second = await start();
  const appended = log(second).append(batch('second'));
  assert.ok(appended.kind === 'appended');
  assert.equal(appended.baseOffset, 5);
});

test('hole-17: over many restarts no name in the bucket is ever written twice', async () => {
  const written = new Map<string, string>();
  for (let round = 0; round < 4; round += 1) {
    const broker = await start({ dataDirectory: join(root, `data-${round % 2}`) });
    if (round === 0) await createTopic(broker);
    log(broker).append(batch(`round ${round}`));
    await broker.stream.flush();
    await crash(broker);
    for (const [key, body] of objects.contents()) {
      const content = Buffer.from(body).toString('base64');
      assert.equal(written.get(key) ?? content, content, key);
      written.set(key, content);
    }
  }
  assert.ok(written.size > 8);
});

test('rule-23: two first boots on one empty bucket: one cluster, and the later claim fences the earlier', async () => {
  const [one, other] = await Promise.all(
    [start({ dataDirectory: join(root, 'one') }), start({ dataDirectory: join(root, 'other') })].map((booting) =>
      booting.catch((error: unknown) => error as Error),
    ),
  );
  const booted = [one, other].filter((result): result is BootedBroker => !(result instanceof Error));
  assert.ok(booted.length > 0, 'at least one boots');
  assert.equal(new Set(booted.map((broker) => broker.lineage)).size, 1);
  const open = await Promise.allSettled(booted.map((broker) => broker.metadata.proveOpen()));
  assert.equal(open.filter((result) => result.status === 'fulfilled').length, 1, 'one of them is the controller');
});

/** A disk that is full for files below a path. */
class FullDisk extends SystemDisk {
  readonly #path: string;

  constructor(path: string) {
    super();
    this.#path = path;
  }

  override async open(path: string, mode: OpenMode): Promise<DiskFile> {
    const file = await super.open(path, mode);
    if (!path.startsWith(this.#path)) return file;
    const full = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
    return {
      append: () => Promise.reject(full),
      read: (position, length) => file.read(position, length),
      sync: () => file.sync(),
      truncate: (size) => file.truncate(size),
      close: () => file.close(),
    };
  }
}

test('a data directory on a full disk is refused by name, and the bucket keeps everything', async () => {
  const first = await start();
  await createTopic(first);
  log(first).append(batch('kept'));
  await first.stream.flush();
  await crash(first);
  const full = start({ disk: new FullDisk(join(root, 'full')), dataDirectory: join(root, 'full') });
  await assert.rejects(full, (error) => {
    assert.ok(hasCode(error, 'DISK_FULL'), String(error));
    assert.ok(String(error).includes(join(root, 'full')));
    return true;
  });
  const second = await start();
  assert.equal(log(second).highWatermark, 1);
});

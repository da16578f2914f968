import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SystemDisk, silentLogger, systemClock, systemRandom } from '../../../src/edge/index.ts';
import type { Clock, Timer } from '../../../src/edge/index.ts';
import { buildBatch, encodeGroupRecord } from '../../../src/kafka/index.ts';
import { HybridClock, slotKey } from '../../../src/log/index.ts';
import type { LogContext } from '../../../src/log/index.ts';
import { CommitWakeups, PartitionManager, StreamTable, TailCache } from '../../../src/partition/index.ts';
import type { PartitionLog } from '../../../src/partition/index.ts';
import { boot, examineBucket } from '../../../src/recovery/index.ts';
import type { BootedBroker, Examination } from '../../../src/recovery/index.ts';
import { MemoryStore, PatientStore } from '../../../src/store/index.ts';
import type { ObjectStore } from '../../../src/store/index.ts';
import { WalReader } from '../../../src/tier/index.ts';

export const ORDERS = { name: 'orders', id: 'AAAAAAAAAAAAAAAAAAAAAQ' };
export const OFFSETS = { name: '__consumer_offsets', id: 'AAAAAAAAAAAAAAAAAAAAAg' };

/** Its slot is larger than what a read of the tail alone fetches. */
const LARGE = 'b'.repeat(40_000);

/** The clock of a process that can die: its timers then never fire. */
class MortalClock implements Clock {
  readonly #timers = new Set<Timer>();

  nowMs(): number {
    return systemClock.nowMs();
  }

  monotonicMs(): number {
    return systemClock.monotonicMs();
  }

  setTimer(delayMs: number, callback: () => void): Timer {
    const timer = systemClock.setTimer(delayMs, callback);
    this.#timers.add(timer);
    return timer;
  }

  defer(callback: () => void): void {
    systemClock.defer(callback);
  }

  die(): void {
    for (const timer of this.#timers) timer.cancel();
  }
}

/** A broker's lives on one bucket in memory, as the real boot makes them. */
export class Lives {
  readonly objects = new MemoryStore();
  readonly #root: string;
  #clock = new MortalClock();
  #broker: BootedBroker | undefined;

  private constructor(root: string) {
    this.#root = root;
  }

  static async begin(): Promise<Lives> {
    return new Lives(await mkdtemp(join(tmpdir(), 'chronik-verify-')));
  }

  get broker(): BootedBroker {
    if (this.#broker === undefined) throw new Error('no broker is alive');
    return this.#broker;
  }

  async start(): Promise<BootedBroker> {
    this.#clock = new MortalClock();
    const clock = this.#clock;
    const store = new PatientStore(this.objects, { clock, random: systemRandom });
    this.#broker = await boot({
      clock,
      random: systemRandom,
      disk: new SystemDisk(),
      logger: silentLogger,
      store,
      replicas: [],
      dataDirectory: join(this.#root, 'data'),
      broker: 0,
      address: { host: '127.0.0.1', port: 9092 },
      installation: 'here',
      lineage: undefined,
      onDamage: 'hold',
      version: 'test',
      lockOwner: 'test',
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
    });
    return this.#broker;
  }

  async createTopic({ name, id }: typeof ORDERS, partitions: number): Promise<void> {
    const { metadata, stream, partitions: manager } = this.broker;
    const streamEpoch = stream.stream.epoch;
    const placement = Array.from({ length: partitions }, () => ({ replicas: [0], leader: 0, streamEpoch }));
    const image = await metadata.append([
      { kind: 'topicCreated', name, topicId: id, partitions: placement, configs: new Map() },
    ]);
    for (const topic of image.topics()) manager.sync(topic);
  }

  /** Appends one batch of these values and waits until it is in the bucket: one slot. */
  async append(partition: number, ...values: readonly string[]): Promise<void> {
    const records = values.map((value) => ({ key: null, value: Buffer.from(value), timestampMs: 1_767_225_600_000 }));
    this.#log(ORDERS.id, partition).append(Buffer.from(buildBatch({ records })));
    await this.broker.stream.flush();
  }

  /** Writes what a coordinator writes when a group of one member commits an offset. */
  async commitOffset(group: string, partition: number, offset: number): Promise<void> {
    const member = {
      memberId: 'm-1',
      groupInstanceId: null,
      clientId: 'client',
      clientHost: '/127.0.0.1',
      rebalanceTimeout: 60_000,
      sessionTimeout: 45_000,
      subscription: Buffer.alloc(0),
      assignment: Buffer.alloc(0),
    };
    const metadata = {
      protocolType: 'consumer',
      generation: 1,
      protocol: 'range',
      leader: 'm-1',
      currentStateTimestamp: 1_767_225_600_000,
      members: [member],
    };
    const committed = {
      offset,
      leaderEpoch: -1,
      metadata: '',
      commitTimestamp: 1_767_225_600_000,
      expireTimestamp: -1,
      topicId: ORDERS.id,
    };
    const records = [
      encodeGroupRecord('GroupMetadata', { group }, metadata, 3),
      encodeGroupRecord('OffsetCommit', { group, topic: ORDERS.name, partition }, committed, 3),
    ];
    const timestampMs = 1_767_225_600_000;
    const batch = buildBatch({ records: records.map(({ key, value }) => ({ key, value, timestampMs })) });
    this.#log(OFFSETS.id, 0).append(Buffer.from(batch));
    await this.broker.stream.flush();
  }

  /** As a crash leaves it: nothing sealed; only the lock goes, as it does with the process. */
  async crash(): Promise<void> {
    const { broker } = this;
    this.#broker = undefined;
    this.#clock.die();
    await broker.lock.release();
  }

  /** Seals both logs and takes a snapshot. */
  async stop(): Promise<void> {
    const { stream, localWal, metadata, lock } = this.broker;
    await stream.close();
    await localWal.close();
    await metadata.close();
    await lock.release();
    this.#broker = undefined;
    this.#clock.die();
  }

  async end(): Promise<void> {
    if (this.#broker !== undefined) await this.crash();
    await rm(this.#root, { recursive: true, force: true });
  }

  #log(topicId: string, partition: number): PartitionLog {
    const log = this.broker.partitions.topicById(topicId)?.logs[partition];
    if (log === undefined) throw new Error(`partition ${partition} of ${topicId} is not there`);
    return log;
  }
}

/**
 * Three lives. Data epoch 1: claim, six slots, sealed by the next life after a crash. Epoch 2: claim, two slots, sealed by itself,
 * with a snapshot. Epoch 3: claim, one slot, crashed: its end is open.
 */
export async function threeLives(): Promise<MemoryStore> {
  const lives = await Lives.begin();
  try {
    await lives.start();
    await lives.createTopic(ORDERS, 2);
    await lives.createTopic(OFFSETS, 1);
    for (const value of ['a', LARGE, 'c', 'd']) await lives.append(0, value, value);
    await lives.append(1, 'e');
    await lives.commitOffset('billing', 0, 5);
    await lives.crash();
    await lives.start();
    await lives.append(0, 'f');
    await lives.append(1, 'g');
    await lives.stop();
    await lives.start();
    await lives.append(0, 'h');
    return lives.objects;
  } finally {
    await lives.end();
  }
}

export async function copyOf(bucket: MemoryStore): Promise<MemoryStore> {
  const copy = new MemoryStore();
  for (const [key, body] of bucket.contents()) await copy.create(key, [body]);
  return copy;
}

/** The timeline of the one history in the bucket. */
export function timelineOf(bucket: MemoryStore): string {
  const key = [...bucket.contents().keys()].find((name) => name.startsWith('timelines/'));
  if (key === undefined) throw new Error('the bucket has no timeline');
  return key.slice('timelines/'.length, -'.json'.length);
}

export function dataKey(bucket: MemoryStore, epoch: number, slot: number): string {
  return slotKey({ log: 'data', timeline: timelineOf(bucket), broker: 0, epoch }, slot);
}

export function metadataKey(bucket: MemoryStore, epoch: number, slot: number): string {
  return slotKey({ log: 'metadata', timeline: timelineOf(bucket), broker: 0, epoch }, slot);
}

/** Replaces an object's bytes, as bit rot or a bad copy would. */
export async function replace(bucket: MemoryStore, key: string, change: (bytes: Buffer) => Buffer): Promise<void> {
  const bytes = await bucket.get(key);
  if (bytes === undefined) throw new Error(`${key} is not there`);
  await bucket.delete([key]);
  await bucket.create(key, [change(bytes)]);
}

/** Flips one bit, counted in bytes from the start, or from the end if negative. */
export function flipBit(at: number): (bytes: Buffer) => Buffer {
  return (bytes) => {
    const index = at < 0 ? bytes.length + at : at;
    bytes[index] = (bytes[index] ?? 0) ^ 0x10;
    return bytes;
  };
}

export function examine(
  bucket: ObjectStore,
  options: { deep?: boolean; placesOf?: string } = {},
): Promise<Examination> {
  const store = new PatientStore(bucket, { clock: systemClock, random: systemRandom });
  const { deep = false, placesOf } = options;
  return examineBucket({
    store,
    clock: systemClock,
    random: systemRandom,
    deep,
    ...(placesOf === undefined ? {} : { placesOf }),
  });
}

/** What a process of the bucket's own cluster works with: for forging slots that no writer would write. */
export function contextOf(bucket: MemoryStore): LogContext {
  const cluster = JSON.parse(bucket.contents().get('cluster.json')?.toString() ?? '{}') as { readonly lineage: string };
  return {
    store: new PatientStore(bucket, { clock: systemClock, random: systemRandom }),
    clock: systemClock,
    random: systemRandom,
    hlc: new HybridClock(systemClock),
    logger: silentLogger,
    lineage: cluster.lineage,
    broker: 0,
  };
}

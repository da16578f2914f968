import assert from 'node:assert/strict';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SystemDisk, silentLogger, systemRandom } from '../../src/edge/index.ts';
import { buildBatch, parseBatchHeader } from '../../src/kafka/index.ts';
import { CommitWakeups, PartitionManager, StreamTable, TailCache } from '../../src/partition/index.ts';
import type { PartitionLog } from '../../src/partition/index.ts';
import { boot } from '../../src/recovery/index.ts';
import type { BootOptions, BootedBroker } from '../../src/recovery/index.ts';
import { MemoryStore, PatientStore } from '../../src/store/index.ts';
import { WalReader } from '../../src/tier/index.ts';
import { type LastStep, MortalDisk, MortalStore, Mortality } from './mortal.ts';

export const TOPIC_ID = 'AAAAAAAAAAAAAAAAAAAAAQ';

/** One process of the broker. */
export interface Life {
  readonly mortality: Mortality;
  readonly store: MortalStore;
  readonly disk: MortalDisk;
  /** Rejects with what the boot refused; stays open for ever if the process dies first. */
  readonly booting: Promise<BootedBroker>;
}

export interface LifeOptions {
  readonly volume?: string;
  readonly endsAtStep?: number;
  readonly lastStep?: LastStep;
  /** How far the wall clock of the process is ahead. */
  readonly skewMs?: number;
  /** Called with the process before it boots. */
  readonly prepare?: (store: MortalStore) => void;
  readonly boot?: Partial<BootOptions>;
}

/** One bucket, any number of volumes, and processes of broker 0 that boot on them, die, or run on as zombies. */
export class BootBench {
  objects = new MemoryStore();
  readonly root: string;
  readonly #lives: Life[] = [];

  private constructor(root: string) {
    this.root = root;
  }

  static async create(): Promise<BootBench> {
    return new BootBench(await mkdtemp(join(tmpdir(), 'chronik-bench-')));
  }

  async close(): Promise<void> {
    for (const life of this.#lives) {
      life.mortality.die();
      await life.disk.releaseLocks();
    }
    await rm(this.root, { recursive: true, force: true });
  }

  directory(volume = 'data'): string {
    return join(this.root, volume);
  }

  async wipe(volume?: string): Promise<void> {
    await rm(this.directory(volume), { recursive: true, force: true });
  }

  begin(options: LifeOptions = {}): Life {
    const mortality = new Mortality(options.endsAtStep ?? Number.POSITIVE_INFINITY, options.lastStep ?? 'done');
    const store = new MortalStore(this.objects, mortality);
    const disk = new MortalDisk(new SystemDisk(), mortality);
    mortality.skewClock(options.skewMs ?? 0);
    options.prepare?.(store);
    const patient = new PatientStore(store, { clock: mortality.clock, random: systemRandom });
    const booting = boot({
      clock: mortality.clock,
      random: systemRandom,
      disk,
      logger: silentLogger,
      store: patient,
      replicas: [],
      dataDirectory: this.directory(options.volume),
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
            clock: mortality.clock,
            hlc,
            tail: new TailCache(1_000_000),
            streams: new StreamTable(),
            wakeups: new CommitWakeups(),
            cold: new WalReader({ store: patient }),
            uncommitted: { add: () => undefined, release: () => undefined },
            producerIdExpirationMs: 86_400_000,
          },
          0,
        ),
      ...options.boot,
    });
    booting.catch(() => undefined);
    const life = { mortality, store, disk, booting };
    this.#lives.push(life);
    return life;
  }

  async start(options: LifeOptions = {}): Promise<{ readonly life: Life; readonly broker: BootedBroker }> {
    const life = this.begin(options);
    return { life, broker: await life.booting };
  }

  /** As kill -9 leaves it: nothing sealed, nothing flushed; the lock goes with the process. */
  async kill(life: Life): Promise<void> {
    life.mortality.die();
    await life.disk.releaseLocks();
  }

  /** Boots a process that ends at a step of its boot; true if it did, false if the boot was over before. */
  async startAndDie(options: LifeOptions): Promise<boolean> {
    const life = this.begin(options);
    const isBooted = await Promise.race([life.booting.then(() => true), life.mortality.ended.then(() => false)]);
    await this.kill(life);
    return !isBooted;
  }

  /** A bench whose bucket and volumes are those of this one at this moment. */
  async copy(): Promise<BootBench> {
    const twin = await BootBench.create();
    for (const [key, body] of this.objects.contents()) await twin.objects.create(key, [body]);
    await cp(this.root, twin.root, { recursive: true });
    return twin;
  }
}

export async function createTopic(broker: BootedBroker, name = 'orders', topicId = TOPIC_ID): Promise<void> {
  const streamEpoch = broker.stream.stream.epoch;
  const partitions = [{ replicas: [0], leader: 0, streamEpoch }];
  const image = await broker.metadata.append([{ kind: 'topicCreated', name, topicId, partitions, configs: new Map() }]);
  for (const topic of image.topics()) broker.partitions.sync(topic);
}

export function logOf(broker: BootedBroker, topicId = TOPIC_ID): PartitionLog {
  const found = broker.partitions.topicById(topicId)?.logs[0];
  assert.ok(found !== undefined);
  return found;
}

/** A batch of one record; with a sequence it is of producer 7, epoch 0. */
export function batch(text: string, sequence?: number): Buffer {
  const records = [{ key: null, value: Buffer.from(text), timestampMs: 1_767_225_600_000 }];
  if (sequence === undefined) return Buffer.from(buildBatch({ records }));
  return Buffer.from(buildBatch({ records, producerId: 7, producerEpoch: 0, baseSequence: sequence }));
}

/** What each offset of the partition holds, from the log start to the high watermark: offset, text, sequence. */
export async function contents(broker: BootedBroker, topicId = TOPIC_ID): Promise<readonly string[]> {
  const partition = logOf(broker, topicId);
  const found: string[] = [];
  let offset = partition.logStartOffset;
  while (offset < partition.highWatermark) {
    const read = partition.read({ offset, maxBytes: 1, minOneBatch: true });
    assert.ok(read.kind === 'batches' || read.kind === 'cold', `offset ${offset}: ${read.kind}`);
    const [bytes] = read.kind === 'cold' ? await read.load() : read.batches;
    assert.ok(bytes !== undefined);
    const { baseOffset, lastOffsetDelta, baseSequence } = parseBatchHeader(bytes);
    const text = /=([\w ]+)/.exec(bytes.toString('latin1'))?.[1] ?? '?';
    found.push(`${baseOffset} ${text}${baseSequence < 0 ? '' : ` #${baseSequence}`}`);
    offset = baseOffset + lastOffsetDelta + 1;
  }
  return found;
}

/** What a broker does at a clean stop, once it has refused new work. */
export async function stop(broker: BootedBroker): Promise<void> {
  const sealed = await broker.stream.close();
  await broker.localWal.close();
  const { epoch } = broker.stream.stream;
  await broker.metadata.append([
    { kind: 'streamSealed', broker: 0, epoch, slot: sealed.sealedAt, hash: sealed.last.hash },
  ]);
  await broker.metadata.close();
  await broker.lock.release();
}

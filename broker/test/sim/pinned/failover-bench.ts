import { CutReader, openCopy, promote } from '../../../src/recovery/index.ts';
import type { CopyOptions, CutReading, PromotionRequest } from '../../../src/recovery/index.ts';
import { PatientStore } from '../../../src/store/index.ts';
import type { BrokerVariation } from '../cluster/environment.ts';
import { FinalCheck } from '../cluster/final-check.ts';
import { simLogger } from '../cluster/sim-logger.ts';
import type { RunOptions } from '../scenario.ts';
import type { SimBucket } from '../sim-store.ts';
import { VirtualProcess } from '../virtual-process.ts';
import { ClusterBench } from './cluster-bench.ts';

export const HEARTBEAT_MS = 1_000;
export const ORDER: PromotionRequest = { planId: 'plan', expectedParent: undefined, maxDataLossMs: 0, force: true };

/** A primary in the west with a replica in the east, which is copied to when and as the scenario says. */
export class FailoverBench extends ClusterBench {
  readonly west: SimBucket;
  readonly east: SimBucket;
  #observers = 0;

  constructor(name: string, options: RunOptions = {}, variation: Partial<BrokerVariation> = {}) {
    super(name, options, { metadataHeartbeatMs: HEARTBEAT_MS, bucket: 'west', ...variation });
    this.west = this.world.bucket;
    this.east = this.world.addBucket('east');
    this.world.host.moveTo({ active: this.west, replicas: [this.east] });
  }

  /** One that has written a batch, was copied whole, and is gone. */
  static async lostPrimary(name: string, options?: RunOptions): Promise<FailoverBench> {
    const bench = new FailoverBench(name, options);
    await bench.start();
    await bench.produce(-1);
    await bench.world.pass(3_000);
    bench.endPrimary();
    bench.copy();
    return bench;
  }

  /** What one store holds now goes to another, but for what is left out. */
  copy(isLeftOut: (key: string) => boolean = () => false, to: SimBucket = this.east, from = this.west): void {
    for (const [key, body] of from.contents()) {
      if (key.startsWith('probe/') || to.contents().has(key) || isLeftOut(key)) continue;
      to.plant(key, Buffer.from(body));
    }
  }

  /** The primary's process is gone, and nothing starts again. */
  endPrimary(): void {
    this.world.host.leaveEnded();
    for (const running of this.world.host.alive()) this.world.host.end(running);
  }

  copyOptions(store: SimBucket = this.east, others: readonly SimBucket[] = []): CopyOptions {
    const process = new VirtualProcess(this.world.scheduler, `observer-${++this.#observers}`);
    const { clock, random } = process;
    const patient = (bucket: SimBucket): PatientStore => new PatientStore(bucket.connect(process), { clock, random });
    const logger = simLogger(this.world.scheduler, process.name);
    return { store: patient(store), others: others.map(patient), clock, random, logger, broker: 7 };
  }

  /** What the copy allows now. */
  readCut(): Promise<CutReading> {
    const options = this.copyOptions();
    const reading = openCopy(options).then(({ context, tree, timeline }) =>
      new CutReader(context, tree.ancestry(timeline.timeline)).read(),
    );
    return this.world.settle(reading);
  }

  async promote(order: Partial<PromotionRequest> = {}, store = this.east): Promise<void> {
    await this.world.settle(promote(this.copyOptions(store), { ...ORDER, ...order }, store.name));
  }

  /** Promotes the east and starts a broker there, on an empty disk. */
  async failOver(): Promise<void> {
    await this.promote();
    await this.startIn(this.east);
  }

  async startIn(active: SimBucket, replicas: readonly SimBucket[] = []): Promise<void> {
    const { host } = this.world;
    host.newVolume();
    host.moveTo({ active, replicas });
    host.comeBack();
    await this.serving(60_000);
  }

  /** What `topic-0` holds: the number of each batch, by its producer's count. */
  async numbers(): Promise<readonly number[]> {
    const check = new FinalCheck(this.world, `reader-${++this.#observers}`);
    await this.world.settle(check.begin());
    const { batches } = await this.world.settle(check.readAll('topic', 0));
    const { sent } = this.world.model.partition('topic', 0);
    return batches.map((batch) => sent.get(batch.crc)?.number ?? -1);
  }
}

/** A data slot of the given epoch of broker 0. */
export function isDataSlot(key: string, epoch: number, slot: number): boolean {
  return key.startsWith('wal/') && key.endsWith(`/${pad(epoch, 10)}/${pad(slot, 20)}.wal`);
}

function pad(value: number, digits: number): string {
  return String(value).padStart(digits, '0');
}

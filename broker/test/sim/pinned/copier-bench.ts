import assert from 'node:assert/strict';
import { CorruptSlotError, HybridClock, parseSlotKey } from '../../../src/log/index.ts';
import { markDamagedSlotLost } from '../../../src/log/repair.ts';
import { readClusterFile } from '../../../src/meta/index.ts';
import type { ReplicaReport } from '../../../src/replication/index.ts';
import { PatientStore } from '../../../src/store/index.ts';
import { simLogger } from '../cluster/sim-logger.ts';
import { CopierWorld } from '../copier/world.ts';
import type { CopierPlan, CopierProcess } from '../copier/copier-host.ts';
import type { RunOptions } from '../scenario.ts';
import { VirtualProcess } from '../virtual-process.ts';
import { ClusterBench } from './cluster-bench.ts';

/** A broker with a history, and a copier to a second bucket. */
export class CopierBench {
  readonly cluster: ClusterBench;
  readonly world: CopierWorld;

  constructor(name: string, options: RunOptions = {}, plan: CopierPlan = {}) {
    this.cluster = new ClusterBench(name, options);
    this.world = new CopierWorld(this.cluster.world, plan);
  }

  /** Starts a broker and fills its bucket with one slot a batch. */
  async start(batches: number): Promise<void> {
    await this.cluster.start();
    await this.produce(batches);
  }

  async produce(batches: number): Promise<void> {
    for (let i = 0; i < batches; i++) await this.cluster.produce(-1);
  }

  copy(): CopierProcess {
    return this.world.startCopier();
  }

  get report(): ReplicaReport {
    return this.world.copier!.copier!.report();
  }

  async untilInSync(): Promise<void> {
    const { cluster } = this.world;
    await cluster.until('the copier is in sync', () => this.world.copier?.copier?.report().state === 'in sync');
  }

  async untilProblem(code: string): Promise<void> {
    const { cluster } = this.world;
    const codes = (): readonly string[] => this.world.copier?.copier?.report().problems.map((one) => one.code) ?? [];
    await cluster.until(`the copier says ${code}`, () => codes().includes(code));
  }

  /** What an operator does who accepts that a slot cannot be read. */
  async markLost(key: string): Promise<void> {
    const { bucket, scheduler } = this.world.cluster;
    const process = new VirtualProcess(scheduler, 'marker');
    const { clock, random } = process;
    const store = new PatientStore(bucket.connect(process), { clock, random });
    const lineage = (await this.world.cluster.settle(readClusterFile(store)))!.lineage;
    const { stream, slot } = parseSlotKey(key)!;
    const logger = simLogger(scheduler, process.name);
    const context = { store, clock, random, hlc: new HybridClock(clock), logger, lineage, broker: 0 };
    const damage = new CorruptSlotError(key, 'truncated', 'as the bench says');
    await this.world.cluster.settle(markDamagedSlotLost(context, stream, slot, { damage, metadataEpoch: 1 }));
  }

  pass(delayMs: number): Promise<void> {
    return this.world.cluster.pass(delayMs);
  }

  /** Name of the slot of the first stream in the bucket. */
  slotKey(log: 'wal/' | 'metadata-wal/', slot: number): string {
    const key = [...this.world.cluster.bucket.contents().keys()].find(
      (name) => name.startsWith(log) && name.endsWith(`${String(slot).padStart(20, '0')}.wal`),
    );
    assert.ok(key !== undefined, `there is no slot ${slot} of ${log}`);
    return key;
  }

  /** Names in the replica, but for probes. */
  replicaKeys(): readonly string[] {
    return [...this.world.replica.contents().keys()].filter((key) => !key.startsWith('probe/'));
  }
}

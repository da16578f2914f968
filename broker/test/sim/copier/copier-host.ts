import { hasCode } from '../../../src/edge/index.ts';
import { readClusterFile } from '../../../src/meta/index.ts';
import { Copier } from '../../../src/replication/index.ts';
import { PatientStore } from '../../../src/store/index.ts';
import type { ObjectStore } from '../../../src/store/index.ts';
import { simLogger } from '../cluster/sim-logger.ts';
import type { Scheduler } from '../scheduler.ts';
import type { SimBucket } from '../sim-store.ts';
import { GatedStore } from '../gated-store.ts';
import type { Gate } from '../gated-store.ts';
import { VirtualProcess } from '../virtual-process.ts';

export interface CopierPlan {
  readonly bytesPerSecond?: number | undefined;
  /** Holds back requests to the bucket. */
  readonly sourceGate?: Gate;
}

/** One process that copies; what it is told comes from the bucket alone. */
export class CopierProcess {
  readonly process: VirtualProcess;
  copier: Copier | undefined;
  readonly #bucket: SimBucket;
  readonly #replica: SimBucket;
  readonly #scheduler: Scheduler;
  readonly #plan: CopierPlan;

  constructor(scheduler: Scheduler, name: string, bucket: SimBucket, replica: SimBucket, plan: CopierPlan) {
    this.#scheduler = scheduler;
    this.process = new VirtualProcess(scheduler, name);
    this.#bucket = bucket;
    this.#replica = replica;
    this.#plan = plan;
    this.#start().catch((error: unknown) => {
      if (!hasCode(error, 'COPIER_STOPPED')) this.process.fail(error);
    });
  }

  async #start(): Promise<void> {
    const { clock, random } = this.process;
    const source = this.#patient(new GatedStore(this.#bucket.connect(this.process), this.#plan.sourceGate ?? {}));
    const target = this.#patient(this.#replica.connect(this.process));
    const cluster = await readClusterFile(source);
    if (cluster === undefined) throw new Error('There is no cluster to copy.');
    this.copier = new Copier({
      clock,
      random,
      logger: simLogger(this.#scheduler, this.process.name),
      source,
      target,
      lineage: cluster.lineage,
      timeline: cluster.rootTimeline,
      ...(this.#plan.bytesPerSecond === undefined ? {} : { bytesPerSecond: this.#plan.bytesPerSecond }),
    });
    this.copier.start();
  }

  #patient(store: ObjectStore): PatientStore {
    const { clock, random } = this.process;
    return new PatientStore(store, { clock, random });
  }

  kill(): void {
    this.process.kill('kill -9');
  }
}

import type { ClusterWorld } from '../cluster/world.ts';
import type { RunReport } from '../scenario.ts';
import { SimBucket } from '../sim-store.ts';
import { CopierProcess } from './copier-host.ts';
import type { CopierPlan } from './copier-host.ts';
import { ReplicaOracle } from './replica-oracle.ts';

/** A cluster, a second bucket, and processes that copy from the one to the other. */
export class CopierWorld {
  readonly cluster: ClusterWorld;
  readonly replica: SimBucket;
  readonly oracle: ReplicaOracle;
  readonly counts = { 'copier kills': 0, 'copier freezes': 0, 'rival copiers': 0, outages: 0 };
  readonly #plan: CopierPlan;
  readonly #copiers: CopierProcess[] = [];

  constructor(cluster: ClusterWorld, plan: CopierPlan) {
    this.cluster = cluster;
    const { scheduler, environment } = cluster;
    this.replica = new SimBucket({
      name: 'replica',
      clock: environment.clock,
      random: scheduler.random.fork('replica'),
      onTrace: (line) => {
        scheduler.note(line);
        try {
          this.oracle.onLine(line);
        } catch (error) {
          scheduler.fail(error);
        }
      },
    });
    this.oracle = new ReplicaOracle(this.cluster.bucket, this.replica);
    this.#plan = plan;
  }

  /** The one that was started last. */
  get copier(): CopierProcess | undefined {
    return this.#copiers.at(-1);
  }

  get copiers(): readonly CopierProcess[] {
    return this.#copiers;
  }

  startCopier(): CopierProcess {
    const name = `copier-${this.#copiers.length + 1}`;
    const { scheduler, bucket } = this.cluster;
    const copier = new CopierProcess(scheduler, name, bucket, this.replica, this.#plan);
    this.#copiers.push(copier);
    return copier;
  }

  report(): RunReport {
    const report = this.cluster.report();
    return { ...report, counts: { ...report.counts, ...this.counts, copied: this.oracle.copied } };
  }
}

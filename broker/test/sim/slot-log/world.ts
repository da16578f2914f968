import { silentLogger } from '../../../src/edge/index.ts';
import { HybridClock } from '../../../src/log/index.ts';
import type { LogContext } from '../../../src/log/index.ts';
import { PatientStore } from '../../../src/store/index.ts';
import { GatedStore } from '../gated-store.ts';
import type { Gate } from '../gated-store.ts';
import type { RunOptions, RunReport } from '../scenario.ts';
import { Scheduler } from '../scheduler.ts';
import type { SimRandom } from '../sim-random.ts';
import { SimBucket } from '../sim-store.ts';
import { VirtualProcess } from '../virtual-process.ts';
import { SlotLogHistory } from './history.ts';
import { Incarnation } from './incarnation.ts';
import type { LinePlan } from './incarnation.ts';

export const LINEAGE = 'c2ltdWxhdGVkLWxpbmVhZw';
export const TIMELINE = '0000000001-0a1b2c3d';

/** The slot log on its own: writers, zombies, successors, rival sealers, restarts, a store that misbehaves. */
export class SlotLogWorld {
  readonly scheduler: Scheduler;
  readonly bucket: SimBucket;
  readonly history: SlotLogHistory;
  readonly environment: VirtualProcess;
  readonly random: SimRandom;
  /** Sees what the store does. */
  onStoreLine: (line: string) => void = () => undefined;
  #processes = 0;

  constructor(seed: number | string, options: RunOptions = {}) {
    this.scheduler = new Scheduler(seed, options);
    this.random = this.scheduler.random.fork('scenario');
    this.environment = new VirtualProcess(this.scheduler, 'environment');
    this.bucket = new SimBucket({
      clock: this.environment.clock,
      random: this.scheduler.random.fork('bucket'),
      onTrace: (line) => {
        this.scheduler.note(line);
        this.onStoreLine(line);
      },
    });
    this.history = new SlotLogHistory((key) => this.bucket.contents().has(key));
  }

  /** A new process with its own clock, randomness and view of the store. */
  process(name = `p${++this.#processes}`): VirtualProcess {
    const process = new VirtualProcess(this.scheduler, name);
    if (this.random.chance(0.3)) process.setWallSkew(this.random.between(-90_000, 90_000));
    return process;
  }

  contextOf(process: VirtualProcess, broker: number, gate: Gate = {}): LogContext {
    const { clock, random } = process;
    const store = new GatedStore(this.bucket.connect(process), gate);
    return {
      store: new PatientStore(store, { clock, random }),
      clock,
      random,
      hlc: new HybridClock(clock),
      logger: silentLogger,
      lineage: LINEAGE,
      broker,
    };
  }

  incarnation(plan: LinePlan, process: VirtualProcess = this.process()): Incarnation {
    return new Incarnation(process, this.contextOf(process, plan.broker), this.history, plan);
  }

  report(): RunReport {
    return {
      virtualMs: this.scheduler.nowMs,
      events: this.scheduler.eventsExecuted,
      traceHash: this.scheduler.trace.hash,
      counts: this.history.counts,
    };
  }
}

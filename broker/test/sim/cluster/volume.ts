import type { Scheduler } from '../scheduler.ts';
import { SimDisk } from '../sim-disk.ts';
import type { VirtualProcess } from '../virtual-process.ts';

/** A data volume: what an acks=1 answer stands on until the bucket has it. */
export class Volume {
  readonly name: string;
  readonly disk: SimDisk;
  /** When it was wiped, or a process on another volume took over: what lay only here before may be lost. */
  readonly abandonedAtMs: number[] = [];
  wiped = false;
  /** Its disk was full, or failed, at some time. */
  hadTrouble = false;

  constructor(scheduler: Scheduler, environment: VirtualProcess, name: string) {
    this.name = name;
    this.disk = new SimDisk({
      clock: environment.clock,
      random: scheduler.random.fork(`disk ${name}`),
      name,
      onTrace: (line) => scheduler.note(line),
    });
  }
}

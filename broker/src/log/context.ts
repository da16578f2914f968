import type { Clock, Logger, Random } from '../edge/index.ts';
import type { PatientStore } from '../store/index.ts';
import type { HybridClock } from './hlc.ts';

/** What every part of the slot log works with. */
export interface LogContext {
  readonly store: PatientStore;
  readonly clock: Clock;
  readonly random: Random;
  /** The process's one hybrid clock; every slot read is merged into it (rule 12). */
  readonly hlc: HybridClock;
  readonly logger: Logger;
  /** The cluster id that every slot must carry. */
  readonly lineage: string;
  /** Our own broker id: author of claims and seals. */
  readonly broker: number;
}

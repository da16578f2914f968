import type { Clock, Logger } from '../edge/index.ts';
import type { LogContext } from '../log/index.ts';
import type { PatientStore } from '../store/index.ts';
import type { Throttle } from './throttle.ts';

/** What every part of a copier works with. */
export interface CopyContext {
  readonly source: PatientStore;
  readonly target: PatientStore;
  /** The slot logs of both, for reading. */
  readonly sourceLog: LogContext;
  readonly targetLog: LogContext;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly lineage: string;
  readonly timeline: string;
  readonly throttle: Throttle;
  readonly signal: AbortSignal;
  /** What was copied by this process. */
  readonly counts: { objects: number; bytes: number };
}

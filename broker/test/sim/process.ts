/**
 * A simulated process as the simulated disk and store see it. The scheduler of the simulation supplies it; killing,
 * freezing and starting processes is its business.
 */
export interface SimProcess {
  readonly name: string;
  /** False from the moment of a kill or a power loss; a process that starts again is a new SimProcess. */
  readonly alive: boolean;
  /** Calls `fn` after `delayMs` of virtual time: dropped if the process is dead by then, delayed while it is frozen. */
  schedule(delayMs: number, fn: () => void): void;
}

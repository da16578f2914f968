// The door of recovery/: boot = restore. `decide.ts` holds the table, `boot.ts` the steps.
export { boot } from './boot.ts';
export type { BootOptions, BootedBroker } from './boot.ts';
export { HoldError, RefusalError } from './boot-error.ts';
export type { PhaseProgress } from './progress.ts';
export type { Anomaly, RestoreReport } from './report.ts';

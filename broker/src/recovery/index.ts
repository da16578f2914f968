// The door of recovery/: boot = restore. `decide.ts` holds the table, `boot.ts` the steps.
export { boot } from './boot.ts';
export type { BootOptions, BootedBroker } from './boot.ts';
export { abandonTimeline } from './abandon-timeline.ts';
export { HoldError } from './boot-error.ts';
export { readBootPlan } from './boot-plan.ts';
export type { BootPlan, PromotionOrder } from './boot-plan.ts';
export {
  CutReader,
  accountFor,
  awaitBarrier,
  demandBoundedLoss,
  nameOf,
  openCopy,
  previewPromotion,
  promote,
  readBarrier,
  readBeyond,
  refuseLivePrimary,
  salvageRecords,
  stateOfCut,
  tellHole,
  tellHolder,
} from './cut/index.ts';
export type {
  Beyond,
  CutPromotion,
  PromotionAccount,
  PromotionRequest,
  BeyondPartition,
  CopyOptions,
  CutPosition,
  CutReading,
  Hole,
  LogReach,
  SalvagedRecord,
} from './cut/index.ts';
export { prepare } from './prepare.ts';
export type { Prepared, VolumeClass } from './prepare.ts';
export type { PhaseProgress } from './progress.ts';
export type { Anomaly, RestoreReport } from './report.ts';
export { describeAddress } from './store-address.ts';
export { TimelineWatch } from './timeline-watch.ts';
export { PROBLEM_CLASSES } from './verify/problem.ts';
export type { Problem, ProblemClass } from './verify/problem.ts';
export { examineBucket } from './verify/examine-bucket.ts';
export type { Examination, ExaminedHistory, ExamineProgress } from './verify/examine-bucket.ts';
export { OFFSETS_TOPIC, readGroups } from './verify/read-groups.ts';
export type { StoredGroup, StoredGroups } from './verify/read-groups.ts';
